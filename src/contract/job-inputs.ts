/**
 * The inputs of a job. The construct reads them from its props, and the handlers read them from the properties of the
 * custom resource.
 *
 * To add one, add it here: the compiler then names every place that has to know it, from the props to Clean Rooms.
 *
 * @internal
 */
export interface JobInputs {
  readonly type: string;
  readonly membershipIdentifier: string;
  readonly analysisTemplateArn: string;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly workerType?: string;
  readonly workerNumber?: number;
  readonly sparkProperties?: Readonly<Record<string, string>>;
  readonly resultReceiver?: string;
  readonly computePayer?: string;
  readonly triggers?: Readonly<Record<string, string>>;
  /** How long the job has, over all its slices. */
  readonly timeoutSeconds: number;
  /** Between two looks at a running job; absent where the runner chooses. */
  readonly pollIntervalSeconds?: number;
}

/**
 * The property of the custom resource that carries each input. CloudFormation turns every scalar into a string.
 *
 * @internal
 */
export const INPUT_PROPERTIES = {
  type: 'Type',
  membershipIdentifier: 'MembershipIdentifier',
  analysisTemplateArn: 'AnalysisTemplateArn',
  parameters: 'Parameters',
  workerType: 'WorkerType',
  workerNumber: 'WorkerNumber',
  sparkProperties: 'SparkProperties',
  resultReceiver: 'ResultReceiverAccountId',
  computePayer: 'ComputePayerAccountId',
  triggers: 'Triggers',
  timeoutSeconds: 'Timeout',
  pollIntervalSeconds: 'PollInterval',
} as const satisfies { readonly [Input in keyof Required<JobInputs>]: string };

/**
 * All entries of a type, the optional ones too: of an object that forgets none.
 *
 * @internal
 */
export type Complete<T> = { readonly [Key in keyof Required<T>]: T[Key] };

/**
 * Compiles only where nothing is left of an object that was taken apart: an entry that is added later must be taken out, too.
 *
 * @internal
 */
export function assertNothingLeft(_rest: Readonly<Record<string, never>>): void {}
