/**
 * The inputs of a job, as the construct's props have them or as the custom resource's properties bring them.
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
  readonly timeoutSeconds: number;
  readonly pollIntervalSeconds?: number;
}
