import { type Surroundings } from './process';
import { type JobShape } from './shape';
import { type Deployment, type Manner, type SimulatedStack } from './simulated-stack';
import { parameterNames, REVISION, type StackTemplate } from './template';
import { MAX_SLICE_SECONDS, sliceCountOf } from '../../../src/contract/custom-resource';
import { SECRET } from '../../engine/fakes/events';

/** The life of a stack from its creation to its deletion, with what those who deploy it do. */
export class StackLife {
  private readonly inputs: Record<string, string> = {};
  private readonly formerInputs = new Set<string>();
  private revision = 0;
  private template: StackTemplate;

  constructor(
    private readonly surroundings: Surroundings,
    private readonly stack: SimulatedStack,
    private readonly templates: readonly StackTemplate[],
  ) {
    [this.template] = templates;
  }

  async live(): Promise<void> {
    const { random, scheduler } = this.surroundings;
    if (await this.create()) {
      for (let updates = random.whole(0, 4); updates > 0; updates--) {
        await scheduler.sleep(random.between(1_000, random.pick([20_000, 600_000])));
        if (!(await this.update())) {
          break;
        }
      }
    }
    await this.stack.tearDown('DELETE');
  }

  private async create(): Promise<boolean> {
    const { exercised } = this.surroundings;
    exercised.note('a stack is created');
    const manner = this.newManner();
    const deployment = this.nextDeployment(this.template);
    if (await this.stack.create(deployment, manner)) {
      return true;
    }
    if (manner.cancelAfter !== undefined) {
      exercised.note('a stack is deleted while it is created');
    }
    return manner.isRollbackDisabled && this.tryAgain(deployment);
  }

  private async update(): Promise<boolean> {
    const { exercised, random } = this.surroundings;
    exercised.note('a stack is updated');
    const manner = this.newManner();
    if (manner.cancelAfter !== undefined) {
      exercised.note('an update is cancelled');
    }
    const template = random.chance(0.5) ? this.template : random.pick(this.templates);
    const deployment = this.nextDeployment(template);
    if (await this.stack.update(deployment, manner)) {
      return true;
    }
    return manner.isRollbackDisabled ? this.goOnAfterFailure(deployment) : this.continueRollback();
  }

  private async goOnAfterFailure(deployment: Deployment): Promise<boolean> {
    const { exercised, random } = this.surroundings;
    if (random.chance(0.3)) {
      exercised.note('a failed update is rolled back by hand');
      return this.rollBack();
    }
    return this.tryAgain(deployment);
  }

  /** After a failure with the rollback disabled: the same again, or something else. */
  private async tryAgain(deployment: Deployment): Promise<boolean> {
    const { random, scheduler, exercised } = this.surroundings;
    exercised.note('a failed deployment is tried again');
    await scheduler.sleep(random.between(8_000, 60_000));
    const isSame = random.chance(0.7);
    const again = isSame ? deployment : this.nextDeployment(random.pick(this.templates));
    // A stack that never was complete has no state to which it could be rolled back.
    return this.stack.update(again, { isRollbackDisabled: this.stack.hasBeenComplete ? random.chance(0.3) : true });
  }

  private async rollBack(): Promise<boolean> {
    return (await this.stack.rollBack()) || this.continueRollback();
  }

  private async continueRollback(): Promise<boolean> {
    const { random, exercised, scheduler } = this.surroundings;
    if (this.stack.status !== 'UPDATE_ROLLBACK_FAILED' || !random.chance(0.5)) {
      return this.stack.status === 'UPDATE_ROLLBACK_COMPLETE';
    }
    exercised.note('a rollback is continued after it failed');
    await scheduler.sleep(random.between(8_000, 600_000));
    return this.stack.rollBack();
  }

  private newManner(): Manner {
    const { random } = this.surroundings;
    if (random.chance(0.25)) {
      return { isRollbackDisabled: false, cancelAfter: random.between(0, random.pick([2_000, 60_000, 1_500_000, 9_000_000])) };
    }
    return { isRollbackDisabled: random.chance(0.25) };
  }

  private nextDeployment(template: StackTemplate): Deployment {
    const former = { template: this.template, inputs: { ...this.inputs } };
    template.shape.forEach((job) => this.chooseInputs(job));
    this.revision += 1;
    this.template = template;
    this.noteShape(former.template, template, JSON.stringify(former.inputs) === JSON.stringify(this.inputs));
    return { template, parameters: { ...this.inputs, [REVISION]: `revision-${this.revision}` } };
  }

  private chooseInputs({ inputs }: JobShape): void {
    const { random, exercised } = this.surroundings;
    const { segment, trigger } = parameterNames(inputs);
    const isChanged = this.inputs[segment] === undefined || random.chance(0.5);
    if (!isChanged) {
      return;
    }
    this.inputs[segment] = `${SECRET}-${inputs}-${random.pick(['A', 'B', 'C'])}`;
    this.inputs[trigger] = `${random.whole(1, 2)}`;
    const chosen = `${this.inputs[segment]} ${this.inputs[trigger]}`;
    if (this.formerInputs.has(chosen)) {
      exercised.note('an update goes back to former inputs');
    }
    this.formerInputs.add(chosen);
  }

  private noteShape(former: StackTemplate, next: StackTemplate, areInputsSame: boolean): void {
    const isUpdate = this.revision > 1;
    const isOnlyTimeout = former !== next && withoutTimeouts(former) === withoutTimeouts(next);
    if (isUpdate && areInputsSame && isOnlyTimeout) {
      this.surroundings.exercised.note('an update changes nothing but a timeout');
    }
    for (const job of next.shape) {
      this.noteChange(former.shape.find(({ name }) => name === job.name), job, isUpdate);
      this.noteJob(job, next.shape.filter(({ name, membership }) => name !== job.name && membership === job.membership));
    }
  }

  private noteJob(job: JobShape, neighbours: readonly JobShape[]): void {
    const { exercised } = this.surroundings;
    const slices = sliceCountOf(job.timeoutSeconds);
    if (slices > 1) {
      exercised.note(slices > 3 ? 'a timeout takes more than three slices' : 'a timeout takes two or three slices');
    }
    if (neighbours.length > 0) {
      exercised.note(job.isSequential ? 'jobs of one membership are in line' : 'jobs of one membership are not in line');
    }
    if (neighbours.some(({ inputs }) => inputs === job.inputs)) {
      exercised.note('two jobs of a stack have the same inputs');
    }
  }

  private noteChange(before: JobShape | undefined, job: JobShape, isUpdate: boolean): void {
    const { exercised } = this.surroundings;
    if (before === undefined) {
      exercised.note('an update adds a job');
    } else if (isUpdate && before.membership !== job.membership) {
      exercised.note('an update moves a job to another membership');
    } else if (isUpdate && before.timeoutSeconds <= MAX_SLICE_SECONDS && job.timeoutSeconds > MAX_SLICE_SECONDS) {
      exercised.note('an update adds a slice');
    }
  }
}

function withoutTimeouts({ shape }: StackTemplate): string {
  return JSON.stringify(shape.map(({ timeoutSeconds: _setting, ...job }) => job));
}
