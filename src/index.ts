export * from './analysis-template';
export * from './collaboration';
export * from './configured-table-association';
export * from './membership';
export * from './protected-job';
export * from './protected-job-runner';
export * from './protected-job-type';
export * from './worker';
