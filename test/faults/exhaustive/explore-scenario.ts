import { explore } from './explorer';
import { scenarioOf } from './scenarios';

/** Runs in a process of its own. It explores the scenario that its argument names, and sends what it found. */
void explore(scenarioOf(process.argv[2])).then((exploration) => process.send?.(exploration));
