/**
 * The directory in which the code of functions is unpacked, with the runtime that runs it and the AWS SDK. It is
 * removed with the service.
 */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { buildSync } from 'esbuild';
import { unzipSync } from 'fflate';
import { AwsError } from '../service';
import { TemporaryDirectory } from '../temporary-directory';

export class TaskDirectory {
  readonly runner: string;
  private readonly temporary = new TemporaryDirectory('local-aws-lambda');
  private tasks = 0;

  constructor() {
    this.runner = join(this.root, 'runtime.cjs');
    buildSync({
      entryPoints: [join(__dirname, 'child.ts')],
      outfile: this.runner,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'cjs',
    });
    this.linkSdk();
  }

  /** The AWS SDK of the runtime is in its `node_modules`. */
  get root(): string {
    return this.temporary.path;
  }

  unpack(zip: Uint8Array): string {
    const directory = this.create();
    for (const [name, content] of Object.entries(this.read(zip))) {
      const path = normalize(join(directory, name));
      if (!path.startsWith(directory)) {
        throw new AwsError('InvalidParameterValueException', `Could not unzip uploaded file: ${name} leaves its directory.`);
      }
      if (name.endsWith('/')) {
        continue;
      }
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, content);
    }
    return directory;
  }

  writeInline(source: string): string {
    const directory = this.create();
    writeFileSync(join(directory, 'index.js'), source);
    return directory;
  }

  remove(): void {
    this.temporary.remove();
  }

  private read(zip: Uint8Array): Record<string, Uint8Array> {
    try {
      return unzipSync(zip);
    } catch {
      throw new AwsError(
        'InvalidParameterValueException',
        'Could not unzip uploaded file. Please check your file, then try to upload again.',
      );
    }
  }

  private create(): string {
    this.tasks += 1;
    const directory = join(this.root, 'task', String(this.tasks));
    mkdirSync(directory, { recursive: true });
    return directory;
  }

  /** Lambda's runtime has the AWS SDK and nothing else, from wherever the function loads it. */
  private linkSdk(): void {
    const installed = dirname(dirname(dirname(require.resolve('@aws-sdk/client-dynamodb/package.json'))));
    mkdirSync(join(this.root, 'node_modules'));
    for (const scope of ['@aws-sdk', '@smithy']) {
      if (existsSync(join(installed, scope))) {
        symlinkSync(join(installed, scope), join(this.root, 'node_modules', scope));
      }
    }
  }
}
