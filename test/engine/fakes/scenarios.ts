import { requestEvent } from './events';
import { type Answer, World } from './world';
import { type Job } from '../../../src/engine/core/job';
import { type RequestEvent } from '../../../src/engine/core/request';

/** A resource whose job has succeeded. */
export async function created(world: World, properties: Readonly<Record<string, unknown>> = {}): Promise<RequestEvent> {
  const create = requestEvent('Create', properties);
  await world.send(create);
  await world.tickUntil(() => world.cleanRooms.running().length > 0);
  world.cleanRooms.end(world.cleanRooms.running()[0].id);
  await world.settle();
  return create;
}

/** A resource whose job runs. */
export async function running(
  world: World,
  type: 'Create' | 'Update' = 'Create',
  properties: Readonly<Record<string, unknown>> = {},
  envelope: Partial<RequestEvent> = {},
): Promise<RequestEvent> {
  const event = requestEvent(type, properties, envelope);
  await world.send(event);
  await world.tick();
  return event;
}

/** A job that was started now with the usual inputs, and of which this world's ledger does not know. */
export async function jobOfAnotherWorld({ now }: World, properties: Readonly<Record<string, unknown>> = {}): Promise<Job> {
  const other = new World();
  other.now = now;
  await running(other, 'Create', properties);
  return other.cleanRooms.jobs[0];
}

export function onlyAnswerTo(world: World, event: RequestEvent): Answer {
  const answers = world.answersTo(event);
  expect(answers).toHaveLength(1);
  return answers[0];
}
