/**
 * The inputs of a job. The construct reads them from its props, and the handlers read them from the properties of the
 * custom resource.
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
