export * from './analysis-template';
export * from './membership';
export * from './protected-job';
export * from './protected-job-dashboard';
export * from './protected-job-runner';
export * from './protected-job-type';
export * from './worker';
