import { explore } from './explorer';
import { scenarioOf } from './scenarios';

/** A process of its own: explores the scenario that it is told, and sends what it found. */
void explore(scenarioOf(process.argv[2])).then((exploration) => process.send?.(exploration));
