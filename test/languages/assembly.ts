import { z } from 'zod';

/** A member that a generated class declares, or that the assembly of jsii has. */
export interface Declaration {
  readonly type: string;
  readonly member: string;
  /** The parameters, where the language's say more than their types do. */
  readonly parameters?: readonly string[];
}

const Parameter = z.object({ name: z.string(), type: z.object({ fqn: z.string().optional() }) });
const Callable = z.object({ parameters: z.array(Parameter).default([]) });
const Type = z.object({
  fqn: z.string(),
  name: z.string(),
  datatype: z.boolean().default(false),
  interfaces: z.array(z.string()).default([]),
  initializer: Callable.optional(),
  methods: z.array(Callable.extend({ name: z.string() })).default([]),
  properties: z.array(z.object({ name: z.string() })).default([]),
  members: z.array(z.object({ name: z.string() })).default([]),
});
type Type = z.infer<typeof Type>;

/** What jsii generates the languages from. */
export class Assembly {
  private readonly types: readonly Type[];

  constructor(text: string) {
    this.types = Object.values(z.object({ types: z.record(z.string(), Type) }).parse(JSON.parse(text)).types);
  }

  /** How many members its types have. */
  get size(): number {
    return this.types.reduce((sum, type) => sum + membersOf(type).length, 0);
  }

  /** What is missing in a language, and what should not be there. */
  differences(found: readonly Declaration[], isOfTheLanguage: (declaration: Declaration) => boolean): string[] {
    const all = new Map(found.map((declaration) => [keyOf(declaration), declaration]));
    const wanted = this.types.flatMap((type) => membersOf(type).map((member) => ({ type: type.name, member })));
    const inherited = this.types.flatMap((type) => this.inheritedOf(type).map((member) => ({ type: type.name, member })));
    const known = new Set([...wanted, ...inherited].map(keyOf));
    const missing = wanted.filter((declaration) => !all.has(keyOf(declaration)));
    const leaked = found.filter((declaration) => !known.has(keyOf(declaration)) && !isOfTheLanguage(declaration));
    return [
      ...missing.map(({ type, member }) => `${type}.${member} is missing`),
      ...leaked.map(({ type, member }) => `${type}.${member} is not in the assembly`),
      ...this.parameterDifferences(all),
    ];
  }

  private parameterDifferences(found: ReadonlyMap<string, Declaration>): string[] {
    return this.types.flatMap((type) =>
      [...type.methods, ...(type.initializer ? [{ ...type.initializer, name: 'constructor' }] : [])].flatMap(({ name, parameters }) => {
        const actual = found.get(keyOf({ type: type.name, member: name }))?.parameters;
        const expected = parameters.flatMap((parameter) => this.keywordsOf(parameter));
        // Where a struct is of another library, its keywords are not known here.
        const wrong = actual && expected.every((keyword) => keyword !== undefined) && normalized(actual) !== normalized(expected);
        return wrong ? [`${type.name}.${name}: expected the parameters ${expected.join()}, got ${actual.join()}`] : [];
      }),
    );
  }

  /** A struct is spread into keywords where a language has them. */
  private keywordsOf(parameter: z.infer<typeof Parameter>): (string | undefined)[] {
    const { fqn } = parameter.type;
    const struct = this.types.find((type) => type.datatype && type.fqn === fqn);
    if (struct) {
      return [...membersOf(struct), ...this.inheritedOf(struct)];
    }
    return [parameter.name === 'props' ? undefined : parameter.name];
  }

  private inheritedOf(type: Type): string[] {
    const bases = this.types.filter((base) => type.interfaces.includes(base.fqn));
    return bases.flatMap((base) => [...membersOf(base), ...this.inheritedOf(base)]);
  }
}

function membersOf(type: Type): string[] {
  return [...type.methods, ...type.properties, ...type.members].map(({ name }) => name);
}

/** Each language writes names its own way: `jobId`, `job_id`, `getJobId` and `JobId` are the same. */
function keyOf({ type, member }: Declaration): string {
  return `${type}.${member}`.toLowerCase().replaceAll('_', '');
}

function normalized(names: readonly (string | undefined)[]): string {
  return names.map((name) => name?.toLowerCase().replaceAll('_', '')).sort().join();
}
