/**
 * The generated Python, Java, C# and Go, checked as far as that goes without their registries: it parses, it declares
 * what the assembly of jsii has, and nothing else.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import { Assembly } from './assembly';
import { GENERATORS } from './declarations';
import { Parsers } from './parsers';

const ROOT = path.join(__dirname, '..', '..');
const GENERATED = path.join(ROOT, 'dist', 'code-only');

async function main(): Promise<string[]> {
  const assembly = new Assembly(readFileSync(path.join(ROOT, '.jsii'), 'utf8'));
  const parsers = await Parsers.load();
  const problems: string[] = [];
  for (const { language, extension, spelling, declarationsOf, isOfTheLanguage } of GENERATORS) {
    const files = filesOf(path.join(GENERATED, language), extension);
    const found = files.flatMap((file) => {
      const root = parsers.parse(language, readFileSync(file, 'utf8'));
      if (root.hasError) {
        problems.push(`${language}: ${path.relative(ROOT, file)} does not parse`);
      }
      return declarationsOf(root);
    });
    problems.push(...assembly.differences(found, isOfTheLanguage).map((problem) => `${language}: ${problem}`));
    const names = found.flatMap(({ member, parameters = [] }) => [member, ...parameters]);
    problems.push(...names.filter((name) => !spelling.test(name)).map((name) => `${language}: ${name} is not spelled as usual there`));
    say(`${language}: ${files.length} files parsed, ${found.length} declarations compared with ${assembly.size} of the assembly`);
  }
  return [...problems, ...compilePython()];
}

function filesOf(folder: string, extension: string): string[] {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith(extension));
  return files.map((file) => path.join(folder, file));
}

/** What the interpreter refuses beyond a grammar, where there is one. */
function compilePython(): string[] {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
  } catch {
    say('python: there is no python3 to compile it with');
    return [];
  }
  try {
    execFileSync('python3', ['-m', 'compileall', '-q', '-f', path.join(GENERATED, 'python')], { stdio: 'inherit' });
    say('python: compiled to byte code');
    return [];
  } catch {
    return ['python: it does not compile'];
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

void main().then((problems) => {
  problems.forEach(say);
  process.exitCode = problems.length === 0 ? 0 : 1;
});
