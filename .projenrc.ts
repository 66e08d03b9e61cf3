import { awscdk, javascript } from 'projen';

/** Every AWS SDK client moves together: their code is in the handler bundles, and so in the asset hashes. */
const awsSdkVersion = '3.1048.0';

/** What users of today have; the tests as a whole run with the oldest that is supported. */
const newestCdkVersion = '2.276.0';

const project = new awscdk.AwsCdkConstructLibrary({
  name: 'cdk-cleanrooms-protected-job',
  description: 'Run an AWS Clean Rooms protected job (PySpark analysis) on cdk deploy, exactly once per intended run',
  author: 'The cdk-cleanrooms-protected-job authors',
  authorAddress: 'cdk-cleanrooms-protected-job@example.com',
  authorOrganization: true,
  repositoryUrl: 'https://github.com/example/cdk-cleanrooms-protected-job.git',
  keywords: ['aws', 'cdk', 'clean-rooms', 'cleanrooms', 'protected-job', 'pyspark', 'custom-resource'],
  license: 'Apache-2.0',
  defaultReleaseBranch: 'main',
  sampleCode: false,

  // --- toolchain
  packageManager: javascript.NodePackageManager.NPM,
  projenVersion: '0.103.25', // exact: another projen regenerates every file
  projenrcTs: true,
  jsiiVersion: '~6.0.0', // jsii 6.0 = TypeScript 6.0. Omitted, projen takes ~5.9.0
  typescriptVersion: '~6.0.3', // same minor as jsii; ts-jest needs < 7
  minNodeVersion: '20.19.0', // engines.node, and @types/node@^20
  workflowNodeVersion: '24', // CI only; Node 20 is end-of-life

  // --- dependencies
  cdkVersion: '2.257.0', // the peer floor: the oldest that cdk-nag 3 supports; aws-cdk-lib/interfaces needs 2.224.0
  constructsVersion: '10.5.1',
  devDeps: [
    // In the bundles of the handlers, so exact.
    `@aws-sdk/client-cleanrooms@${awsSdkVersion}`,
    `@aws-sdk/client-cloudformation@${awsSdkVersion}`,
    `@aws-sdk/client-dynamodb@${awsSdkVersion}`,
    `@aws-sdk/client-sfn@${awsSdkVersion}`,
    `@aws-sdk/lib-dynamodb@${awsSdkVersion}`,
    'zod@4.6.7',
    '@types/aws-lambda',
    // The tests.
    'cdk-nag@3.0.2',
    'aws-cdk@2.1148.1', // 3.0.0 was published by accident and reads no current assembly (aws/aws-cdk#38113)
    '@vscode/tree-sitter-wasm@0.3.1', // parses the generated Python, Java, C# and Go without their tools
    'aws-sdk-client-mock@4.1.0',
    `@aws-sdk/client-lambda@${awsSdkVersion}`, // the CDK's Provider framework wants it from the Lambda runtime
    '@smithy/core', // reads the schemas of the Clean Rooms client
    'dynalite@4.0.0',
    'fast-check@4.10.2',
    'fast-xml-parser@5.12.1',
    'fflate@0.8.3',
    'selfsigned@5.5.0',
    '@sinonjs/fake-timers@15.5.0', // the time of functions in the embedded AWS
    'tsx@4.23.15', // runs the demo and the example from their sources
  ],

  // --- compile, lint, test
  tsconfigDevFile: 'tsconfig.dev.json', // projen 0.103 writes test/tsconfig.json by default
  excludeTypescript: ['src/engine/**'], // the handlers are bundled by esbuild; nothing of them belongs in lib/
  bundlerOptions: { esbuildVersion: '0.28.2' }, // exact, for the same reason as the SDK clients
  lambdaAutoDiscover: false, // it would generate a construct per handler into lib/; the runner makes its functions itself
  typecheckTests: true, // ts-jest only transpiles (isolatedModules); this adds tsc --noEmit
  eslintOptions: {
    dirs: ['src'],
    devdirs: ['test', 'examples'],
    projectService: false, // the default only reads files named tsconfig.json
    tsconfigPath: './tsconfig.dev.json',
    commandOptions: { extraArgs: ['--cache'] }, // 10 s -> 1.5 s when warm
  },
  jestOptions: {
    coverageText: false, // the journeys run the handlers in other processes, so its figures say little
    updateSnapshot: javascript.UpdateSnapshot.NEVER, // the default ALWAYS means that no snapshot test can ever fail
    jestConfig: {
      collectCoverage: false, // a third to a half of the CPU time of large files: `npx projen test:coverage`
      coverageProvider: 'babel', // v8 costs +1.3 s, babel +0.3 s
      maxWorkers: '100%', // on two cores the default is one, and the journeys mostly wait for the CLI
      collectCoverageFrom: ['src/**/*.ts'],
      modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/lib/', '<rootDir>/cdk.out/'],
      testTimeout: 900_000, // ends a test that hangs; how long one takes depends on the machine
      testPathIgnorePatterns: [
        '/node_modules/',
        '\\.snapshot/',
        'test/consumer/project/', // another project: `npx projen consumer`
        'test/newest-cdk/', // with a newer aws-cdk-lib: `npx projen compat`
        '/slow/', // `npx projen faults --slow`
      ],
      moduleNameMapper: { '^cdk-cleanrooms-protected-job$': '<rootDir>/src' }, // the examples import the package by name
    },
  },

  // --- GitHub: build.yml only until there is something to release
  release: false,
  depsUpgrade: false,
  pullRequestTemplate: false,
  githubOptions: { mergify: false, pullRequestLint: false },
  buildWorkflowOptions: {
    mutableBuild: false, // npm ci; fail on a diff instead of pushing a commit
    workflowTriggers: { push: { branches: ['main'] }, pullRequest: {}, workflowDispatch: {} },
  },
  gitignore: ['cdk.out/', '.eslintcache', '.DS_Store'],
});

// A lock file with registry addresses in it would tie every clone to one registry.
project.npmrc.addConfig('omit-lockfile-registry-resolved', 'true');

// 1.13.0 lacks its non-Linux builds: npm leaves them out of the lock file in silence, and `npm ci` refuses that file.
project.package.addPackageResolutions('unrs-resolver@1.12.2');

// lib-dynamodb takes any newer one, and the newest wants another client-dynamodb than ours.
project.package.addPackageResolutions('@aws-sdk/util-dynamodb@3.996.2');

// Language targets without publishing: publishToPypi & co. would make a local `projen build` call mvn, pip, dotnet, go.
project.package.file.addOverride('jsii.targets', {
  python: { distName: 'cdk-cleanrooms-protected-job', module: 'cdk_cleanrooms_protected_job' },
  java: { package: 'com.example.cleanrooms', maven: { groupId: 'com.example', artifactId: 'cdk-cleanrooms-protected-job' } },
  dotnet: { namespace: 'Example.CleanRooms', packageId: 'Example.CleanRooms' },
  go: { moduleName: 'github.com/example/cdk-cleanrooms-protected-job-go' },
});
project.addTask('check:languages', {
  description: 'Generate the sources for every language, parse them, and compare what they declare with the assembly of jsii (offline)',
  steps: [
    { exec: 'node -e "fs.rmSync(\'dist/code-only\', { recursive: true, force: true })"' },
    { exec: 'jsii-pacmak --code-only --targets python java dotnet go --outdir dist/code-only' },
    { exec: 'tsx --tsconfig tsconfig.dev.json test/languages/run.ts' },
  ],
});

// --- the handlers, bundled when the library is built so that users need neither esbuild nor Docker
for (const handler of ['on-event', 'advance']) {
  project.bundler.addBundle(`src/engine/${handler}.lambda.ts`, {
    platform: 'node',
    target: 'node20', // the syntax that both Lambda's runtime and the test machines read
    sourcemap: false, // +2 MB in the npm tarball
    ...{
      minify: true, // also drops "// node_modules/..." comments: the hash then does not depend on the node_modules layout
      mainFields: ['module', 'main'], // the ES builds of the SDK tree-shake: 352 kB against 591 kB
    },
  });
}

// What the handlers import is bundled, so it is no dependency of the package.
project.eslint?.allowDevDeps('src/engine/**');

// --- the walls between the rooms of `src`: what a room may import of the others (docs/architecture.md)
const rooms = {
  'contract': [], // all that constructs and handlers share
  'synth': ['contract'],
  'references': ['contract', 'synth'],
  'runner': ['contract', 'synth'],
  'job': ['contract', 'synth', 'runner'],
  'engine/core': ['contract'], // what is decided, without any I/O
  'engine/ports': ['contract', 'engine/core'],
  'engine/aws': ['contract', 'engine/core', 'engine/ports'],
  'engine': ['contract'], // the constructs would bring the CDK into the bundles
};
project.eslint?.addRules({
  'import/no-cycle': ['error', { ignoreExternal: true }],
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false }], // what is left at run time shows
  'import/no-restricted-paths': ['error', {
    zones: [
      ...Object.entries(rooms).map(([room, others]) => ({ target: `src/${room}`, from: 'src', except: [room, ...others] })),
      { target: 'test/local-aws', from: 'src' }, // it plays AWS for any library
    ],
  }],
});
// Packages: the contract is read by both sides and needs none; what is decided needs no service.
for (const [room, packages] of Object.entries({
  'contract': ['aws-cdk-lib', 'constructs', '@aws-sdk', '@smithy', 'zod'],
  'engine/core': ['aws-cdk-lib', 'constructs', '@aws-sdk', '@smithy'],
  'engine/ports': ['aws-cdk-lib', 'constructs', '@aws-sdk', '@smithy', 'zod'],
})) {
  project.eslint?.addOverride({
    files: [`src/${room}/**`],
    rules: { 'no-restricted-imports': ['error', { patterns: packages.flatMap((name) => [name, `${name}/*`]) }] },
  });
}

// A bundle left by an earlier configuration changes the asset hash: start clean, and never test a stale one.
const bundle = project.bundler.bundleTask;
bundle.prependExec('node -e "fs.rmSync(\'assets\', { recursive: true, force: true })"');
for (const name of ['test:update', 'test:watch']) {
  project.tasks.tryFind(name)?.prependSpawn(bundle);
}
// Lint reads and checks the types of everything anew, which takes as long as half of the tests: it is a step of the build and of CI.
project.testTask.removeStep(project.testTask.steps.findIndex(({ spawn }) => spawn === 'eslint'));
project.postCompileTask.spawn(project.tasks.tryFind('eslint')!);
project.testTask.prependSpawn(project.compileTask); // the package is tested as it would be published, and for jsii
project.testTask.prependSpawn(bundle);
// What imports the handlers' sources needs no fresh bundle; the constructs only want some to be there.
const bundleIfMissing = { spawn: bundle.name, condition: 'node -e "process.exit(Number(fs.existsSync(\'assets/engine/on-event.lambda\')))"' };
// Seconds: the engine, and the parts of the constructs that make no whole templates.
const slowTests = [
  'apps', 'consumer', 'faults', 'journeys', 'local-aws', 'newest-cdk', 'package', // other projects, other versions, or processes of their own
  'job/bad-input', 'job/metrics', 'job/output-limit', 'job/protected-job\\.', 'job/service-timeout', 'job/slices', 'job/waiting-line',
  'runner/job-permissions', 'runner/runner-settings',
];
project.addTask('test:fast', {
  description: 'Run the tests that take seconds: the engine, and what needs no whole templates',
  steps: [
    bundleIfMissing,
    { exec: `jest --ci --reporters=default --testPathIgnorePatterns /node_modules/ ${slowTests.map((name) => `"test/${name}"`).join(' ')}`, receiveArgs: true },
  ],
});
project.addTask('test:coverage', {
  description: 'Run all tests, and measure what they cover',
  steps: [{ spawn: bundle.name }, { exec: 'jest --ci --coverage', receiveArgs: true }],
});
project.addTask('test:under-load', {
  description: 'Run all tests three times while eight processes burn the CPU, and once with half a core where cgroups can be had',
  steps: [{ exec: '.ci/under-load', receiveArgs: true }],
});
project.addTask('faults', {
  description: 'Tries to break the guarantees in every way there is: counts what must hold, and prints seed and trace of a violation',
  steps: [bundleIfMissing, { exec: 'tsx --tsconfig tsconfig.dev.json test/faults/run.ts', receiveArgs: true }],
});
project.addTask('consumer', {
  description: 'Test the packed library in a project of a user, outside of the repository (--update writes its snapshot)',
  steps: [
    { spawn: bundle.name },
    { spawn: project.compileTask.name },
    { exec: 'tsx --tsconfig tsconfig.dev.json test/consumer/run.ts', receiveArgs: true },
  ],
});
// projen's own task of that name compares the API with the latest version on npm, and there is none yet.
project.removeTask('compat');
project.addTask('compat', {
  description: `Test with the newest aws-cdk-lib, ${newestCdkVersion}, in a temporary copy of the repository`,
  steps: [{ spawn: bundle.name }, { exec: `tsx --tsconfig tsconfig.dev.json test/newest-cdk/run.ts ${newestCdkVersion}` }],
});
project.addTask('demo', {
  description: 'Deploy examples/typescript/first-job with the real CDK CLI to the embedded AWS',
  steps: [{ spawn: bundle.name }, { exec: 'tsx --tsconfig tsconfig.dev.json test/demo/demo.ts', receiveArgs: true }],
});

project.tsconfigDev.removeInclude('**/*.ts'); // it would take in lib/ and cdk.out/
for (const pattern of ['.projenrc.ts', 'src/**/*.ts', 'test/**/*.ts', 'examples/**/*.ts']) {
  project.tsconfigDev.addInclude(pattern);
}
project.tsconfigDev.file.addOverride('compilerOptions.paths', { 'cdk-cleanrooms-protected-job': ['./src/index.ts'] });

for (const path of ['.ci/', '.eslintcache', 'cdk.out/', 'docs/', 'examples/', 'CONTRIBUTING.md']) {
  project.npmignore!.exclude(path);
}

project.tasks.addEnvironment('JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION', '20');
project.tasks.addEnvironment('AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED', 'true');
project.tasks.addEnvironment('CDK_DISABLE_CLI_TELEMETRY', 'true');
for (const task of [project.testTask, ...['test:fast', 'test:coverage', 'faults'].map((name) => project.tasks.tryFind(name)!)]) {
  task.env('CDK_VALIDATION', 'false'); // newer aws-cdk-lib validates at synth: +2 s per test file
  task.env('CDK_DISABLE_STACK_TRACE', '1'); // of constructs: a tenth of the time of a synthesis
}

project.synth();
