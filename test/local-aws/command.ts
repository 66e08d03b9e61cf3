/**
 * `tsx test/local-aws/command.ts`: an embedded AWS for a shell. It prints the environment as `export` lines, and ends
 * with SIGINT, SIGTERM, the end of its standard input, or when it has had no request for some minutes.
 */
import { LocalAws } from './local-aws';

const idleMinutes = 15;

function quoted(value: string): string {
  return `'${value.replace(/'/g, "'\\''")}'`;
}

async function main(): Promise<void> {
  const aws = await LocalAws.start({ pace: Number(process.env.LOCAL_AWS_PACE ?? 1) });
  for (const [name, value] of Object.entries(aws.environment())) {
    console.log(`export ${name}=${quoted(value)}`);
  }
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
    process.stdin.once('end', resolve).resume();
    setInterval(() => {
      if (Date.now() - aws.lastRequestAt > idleMinutes * 60_000) {
        resolve();
      }
    }, 10_000).unref();
  });
  await aws.stop();
  // Standard input may still be open.
  process.stdin.destroy();
}

void main();
