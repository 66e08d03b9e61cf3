// A job, and what is set of it.
export { ProtectedJob } from './job/protected-job';
export type { ProtectedJobProps } from './job/protected-job-props';
export { ProtectedJobType } from './job/protected-job-type';
export { type Worker, WorkerType } from './job/worker';

// What runs jobs, and what it may do.
export { ProtectedJobRunner } from './runner/protected-job-runner';
export type { ProtectedJobRunnerProps } from './runner/protected-job-runner-props';
export { RunnerLogLevel } from './runner/runner-log-level';
export type { ProtectedJobAccess } from './runner/protected-job-access';

// The jobs of a runner at a glance.
export { ProtectedJobDashboard, type ProtectedJobDashboardProps } from './job/protected-job-dashboard';

// References to what is not in the app.
export { AnalysisTemplate } from './references/analysis-template';
export { Collaboration } from './references/collaboration';
export { ConfiguredTableAssociation } from './references/configured-table-association';
export { Membership } from './references/membership';
