import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { runOverHttp } from './run-over-http';

/** Deploys with faults over HTTP: `tsx --tsconfig tsconfig.dev.json test/faults/http/command.ts [--seed N] [--deployments N] [--life N]` */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string', default: String(randomInt(1_000_000_000)) },
      deployments: { type: 'string', default: '100' },
      life: { type: 'string' },
      concurrency: { type: 'string' },
      factor: { type: 'string' },
    },
  });
  const began = performance.now();
  console.log(`seed ${values.seed}`);
  const { deployments, stacks, findings, tally, traces } = await runOverHttp({
    seed: Number(values.seed),
    deployments: Number(values.deployments),
    life: values.life === undefined ? undefined : Number(values.life),
    concurrency: values.concurrency === undefined ? undefined : Number(values.concurrency),
    clockFactor: values.factor === undefined ? undefined : Number(values.factor),
  });
  traces.forEach((trace) => console.log(`${trace.join('\n')}\n`));
  for (const [what, count] of Object.entries(tally).sort(([one], [other]) => one.localeCompare(other))) {
    console.log(`${String(count).padStart(6)} ${what}`);
  }
  for (const [guarantee, { kept, excused, violations }] of Object.entries(findings)) {
    console.log(`${violations.length === 0 ? 'ok  ' : 'FAIL'} ${guarantee}: ${kept} kept, ${violations.length} violated`);
    Object.entries(excused).forEach(([excuse, count]) => console.log(`       ${count} excluded: ${excuse}`));
    violations.forEach((violation) => console.log(`       VIOLATED ${violation}`));
  }
  console.log(`${deployments} deployments of ${stacks} stacks in ${((performance.now() - began) / 1000).toFixed(1)} s`);
  process.exitCode = Object.values(findings).some(({ violations }) => violations.length > 0) ? 1 : 0;
}

void main();
