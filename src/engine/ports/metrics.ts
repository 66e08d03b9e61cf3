import { type Measurements } from '../core/measurements';
/** Where measurements of a job go. */
export type Measure = (constructPath: string, measurements: Measurements) => void;
