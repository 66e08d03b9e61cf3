import { runOverHttp, type RunOptions, type RunResult } from './run-over-http';
import { withCommas } from '../figures';
import { GUARANTEES } from '../guarantees';
import { type Part } from '../part';

/** Deployments over HTTP, and a report on them. */
export async function httpPart(options: RunOptions, say: (line: string) => void): Promise<Part> {
  say(`seed ${options.seed}`);
  const result = await runOverHttp(options);
  linesOn(result).forEach(say);
  const { findings, deployments, stacks } = result;
  return {
    name: 'over HTTP',
    tried: `${withCommas(deployments)} deployments of ${withCommas(stacks)} stacks`,
    repeatedBy: argumentsOf(options),
    kept: Object.fromEntries(GUARANTEES.map((guarantee) => [guarantee, findings[guarantee].kept])),
    broken: new Set(GUARANTEES.filter((guarantee) => findings[guarantee].violations.length > 0)),
  };
}

function argumentsOf({ seed, deployments, life }: RunOptions): string {
  return [`--seed ${seed} --http ${deployments}`, ...(life === undefined ? [] : [`--life ${life}`])].join(' ');
}

function linesOn({ deployments, stacks, findings, tally, traces }: RunResult): string[] {
  const counts = Object.entries(tally).sort(([one], [other]) => one.localeCompare(other));
  return [
    `${deployments} deployments of ${stacks} stacks`,
    ...traces.flatMap(({ lines, isViolated }) => (isViolated ? lines : [])),
    ...counts.map(([what, count]) => `${String(count).padStart(8)} ${what}`),
    ...Object.entries(findings).flatMap(([guarantee, { kept, excused, violations }]) => [
      `${violations.length === 0 ? 'ok  ' : 'FAIL'} ${guarantee}: ${kept} kept, ${violations.length} violated`,
      ...Object.entries(excused).map(([excuse, count]) => `       ${count} excluded: ${excuse}`),
      ...violations.map((violation) => `VIOLATED ${violation}`),
    ]),
  ];
}
