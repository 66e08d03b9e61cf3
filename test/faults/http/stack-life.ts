import { type FaultPlan } from './fault-plan';
import { type FaultyAws } from './faulty-aws';
import { groupsOf, type Shape } from './shape';
import { SECRET } from '../../engine/fakes/events';
import { type Stack } from '../../local-aws/cloudformation/stack';
import { type JsonObject } from '../../local-aws/json';
import { type Execution } from '../../local-aws/step-functions/execution';
import { type Random } from '../random/random';

const MINUTE = 60_000;

/** The attributes of the resources, by logical ID, to which a rollback goes back. */
export type Attributes = ReadonlyMap<string, Readonly<Record<string, unknown>>>;

/** What a deployment asks for, and what happens to it on its way. */
interface Deployment {
  readonly variants: ReadonlyMap<number, string>;
  readonly siblingFails: boolean;
  readonly disablesRollback: boolean;
  /** Milliseconds of the embedded clock. */
  readonly cancelledAfter?: number;
}

/** The life of one stack, which somebody creates, updates, rolls back, tries again, cancels and deletes. */
export class StackLife {
  /** What somebody did, in words. */
  readonly operations: string[] = [];
  /** By when an update began. */
  readonly stableAttributes: { readonly since: number; readonly attributes: Attributes }[] = [];
  /** Items of the ledger that are left when nothing is waited for. */
  readonly ledgerItems: string[] = [];
  /** Whether it came to an end by itself. */
  hasSettled = false;
  settledAt = 0;
  /** Creations, updates, and tries once more. */
  deployments = 0;
  private readonly parameters: Record<string, string> = {};
  private variants: ReadonlyMap<number, string>;
  private existing?: Stack;

  constructor(
    private readonly world: FaultyAws,
    readonly shape: Shape,
    private readonly templateBody: string,
  ) {
    this.variants = new Map(groupsOf(shape).map((group) => [group, 'A']));
  }

  get plan(): FaultPlan {
    return this.world.plan;
  }

  get name(): string {
    return this.plan.stackName;
  }

  get stack(): Stack {
    if (this.existing === undefined) {
      throw new Error(`${this.name} was never created`);
    }
    return this.existing;
  }

  get executions(): readonly Execution[] {
    return this.world.aws.stepFunctions.executions();
  }

  /** Lets time pass until the life is over. */
  live(): Promise<void> {
    return this.world.aws.clock.until(this.liveOn());
  }

  private async liveOn(): Promise<void> {
    for (let index = 0; index < this.shape.memberships; index++) {
      const { membershipId, templateArn } = await this.world.addMembership();
      Object.assign(this.parameters, { [`Membership${index}`]: membershipId, [`Template${index}`]: templateArn });
    }
    await this.create();
    const random = this.plan.stream('life');
    for (let updates = random.whole(0, this.plan.runTimeFactor > 1 ? 1 : 3); updates > 0 && this.isUpdatable(); updates--) {
      await this.world.aws.clock.sleep(random.between(1_000, 30_000));
      await this.update();
    }
    await this.lookAtLedger();
    await this.delete();
    await this.settle();
  }

  // --- what somebody does

  private async create(): Promise<void> {
    const random = this.plan.stream('create');
    const deployment = this.drawDeployment(random, this.variants);
    await this.deploy('create', deployment, 'CreateStack', async () => {
      await (this.existing?.status === 'CREATE_IN_PROGRESS' ? this.deleteOnce() : undefined);
    });
    if (this.stack.status === 'CREATE_FAILED') {
      await this.retry(random, deployment);
    }
  }

  private async update(): Promise<void> {
    const random = this.plan.stream('update');
    const variants = new Map([...this.variants].map(([group, variant]) => [group, random.chance(0.6) ? random.pick(['A', 'B', 'C']) : variant]));
    const deployment = this.drawDeployment(random, variants);
    await this.sendUpdate(deployment);
    if (this.stack.status === 'UPDATE_FAILED') {
      await this.retryOrRollBack(random, deployment);
    }
    if (this.stack.status === 'UPDATE_ROLLBACK_FAILED') {
      await this.world.aws.clock.sleep(20 * MINUTE); // somebody has looked into it
      await this.act('continue the rollback', 'ContinueUpdateRollback');
    }
    if (this.stack.status === 'UPDATE_COMPLETE') {
      this.variants = deployment.variants;
    }
  }

  private async retryOrRollBack(random: Random, deployment: Deployment): Promise<void> {
    if (random.chance(0.6)) {
      await this.retry(random, deployment);
    }
    if (this.stack.status === 'UPDATE_FAILED') {
      await this.act('roll back', 'RollbackStack');
    }
  }

  /** The same once more, except that somebody has corrected the value of the sibling. */
  private async retry(random: Random, deployment: Deployment): Promise<void> {
    this.operations.push('retry');
    await this.sendUpdate({ ...deployment, siblingFails: false, disablesRollback: random.chance(0.3), cancelledAfter: undefined });
  }

  private async sendUpdate(deployment: Deployment): Promise<void> {
    this.stableAttributes.push({ since: this.world.aws.clock.now(), attributes: attributesOf(this.stack) });
    await this.deploy('update', deployment, 'UpdateStack', async () => {
      await (this.stack.status === 'UPDATE_IN_PROGRESS' ? this.act('cancel the update', 'CancelUpdateStack') : undefined);
    });
  }

  private async delete(): Promise<void> {
    for (let attempt = 1; !this.stack.isDeleted && attempt <= 5; attempt++) {
      await this.deleteOnce();
      await (this.stack.isDeleted ? undefined : this.world.aws.clock.sleep(10 * MINUTE));
    }
  }

  private deleteOnce(): Promise<void> {
    return this.act('delete', 'DeleteStack');
  }

  private drawDeployment(random: Random, variants: ReadonlyMap<number, string>): Deployment {
    return {
      variants,
      siblingFails: random.chance(0.15),
      disablesRollback: random.chance(0.25),
      cancelledAfter: random.chance(0.15) ? random.between(0, random.pick([10_000, MINUTE, 5 * MINUTE])) : undefined,
    };
  }

  private isUpdatable(): boolean {
    return ['CREATE_COMPLETE', 'UPDATE_COMPLETE', 'UPDATE_ROLLBACK_COMPLETE'].includes(this.stack.status);
  }

  // --- calls

  private request({ variants, siblingFails, disablesRollback }: Deployment): JsonObject {
    const segments = [...variants].map(([group, variant]): [string, string] => [`Segment${group}`, segmentOf(this.name, group, variant)]);
    // The number makes every deployment a change of something.
    const sibling = `${this.operations.length}${'x'.repeat(siblingFails ? 3_000 : 10)}`;
    const parameters: Record<string, string> = { ...this.parameters, ...Object.fromEntries(segments), Sibling: sibling };
    return {
      TemplateBody: this.templateBody,
      DisableRollback: String(disablesRollback),
      Capabilities: ['CAPABILITY_IAM'],
      Parameters: Object.entries(parameters).map(([ParameterKey, ParameterValue]) => ({ ParameterKey, ParameterValue })),
    };
  }

  private async deploy(what: string, deployment: Deployment, operation: string, cancel: () => Promise<void>): Promise<void> {
    this.deployments += 1;
    const { cancelledAfter, siblingFails, disablesRollback } = deployment;
    const extras = [siblingFails && 'with a failing sibling', disablesRollback && 'without rollback'].filter(Boolean);
    const done = this.act([what, ...extras].join(' '), operation, this.request(deployment));
    if (cancelledAfter !== undefined) {
      await this.world.aws.clock.sleep(cancelledAfter);
      await cancel();
    }
    await done;
  }

  /** Resolves when the stack has settled. */
  private async act(what: string, operation: string, parameters: JsonObject = {}): Promise<void> {
    this.operations.push(what);
    const { cloudFormation } = this.world.aws;
    const done = cloudFormation.call(operation, { StackName: this.name, ...parameters });
    this.existing ??= cloudFormation.findStack(this.name);
    await done;
    await cloudFormation.settled(this.stack.id);
  }

  // --- the end

  /** In half of the lives, somebody waits until the ledger holds only what it keeps. */
  private async lookAtLedger(): Promise<void> {
    const table = [...this.stack.resources.values()].find(({ definition }) => definition.type === 'AWS::DynamoDB::Table');
    if (!this.stack.isDeleted && this.plan.stream('ledger').chance(0.5) && table?.physicalId !== undefined && (await this.becomesIdle(30 * MINUTE))) {
      const { clock, dynamoDb } = this.world.aws;
      const items = await clock.during(() => dynamoDb.items(table.physicalId ?? ''));
      this.ledgerItems.push(...items.map((item) => JSON.stringify(item)));
    }
  }

  private async settle(): Promise<void> {
    const isIdle = await this.becomesIdle(180 * MINUTE);
    this.hasSettled = isIdle && !this.stack.isInProgress;
    this.settledAt = this.world.aws.clock.now();
  }

  private async becomesIdle(milliseconds: number): Promise<boolean> {
    const { clock } = this.world.aws;
    const limit = clock.now() + milliseconds;
    while (this.executions.some(({ status }) => status === 'RUNNING')) {
      if (clock.now() > limit) {
        return false;
      }
      await clock.sleep(10_000);
    }
    return true;
  }
}

function segmentOf(stackName: string, group: number, variant: string): string {
  return `${SECRET}-${stackName}-g${group}-${variant}`;
}

function attributesOf({ stable }: Stack): Attributes {
  return new Map([...stable.resources].map(([logicalId, { attributes }]) => [logicalId, attributes]));
}
