import * as z from 'zod';
import { runRandom } from './run-random';

/** Runs what its argument says, and sends the figures to the process that started it. */
const runs = z.object({ seed: z.number(), runs: z.number() }).parse(JSON.parse(process.argv[2]));
void runRandom(runs).then(({ figures }) => process.send?.(figures));
