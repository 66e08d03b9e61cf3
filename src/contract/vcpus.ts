/**
 * What the workers of a job are counted as.
 *
 * @see https://aws.amazon.com/clean-rooms/pricing/
 */
const VCPUS_BY_WORKER = new Map(Object.entries({ 'CR.1X': 4, 'CR.4X': 16 }));

/**
 * The vCPUs of all workers of a job, or undefined where the library does not know the worker type. Where nothing was asked for, Clean Rooms
 * takes 16 workers of the smaller type.
 *
 * @internal
 */
export function vcpusOf({ workerType = 'CR.1X', workerNumber = 16 }: { workerType?: string; workerNumber?: number }): number | undefined {
  const vcpus = VCPUS_BY_WORKER.get(workerType);
  return vcpus === undefined ? undefined : vcpus * workerNumber;
}

/**
 * What an account can have of them, unless AWS has raised it (quota L-26B93E43). In us-east-1 it is 1,024.
 *
 * @see https://docs.aws.amazon.com/clean-rooms/latest/userguide/quotas.html
 * @internal
 */
export const USUAL_VCPU_QUOTA = 512;
