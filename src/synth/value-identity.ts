import { Aws, DefaultTokenResolver, type IPostProcessor, type IResolvable, type IResolveContext, Reference, StringConcat, Tokenization } from 'aws-cdk-lib';
import { type IConstruct } from 'constructs';

/**
 * Returns the same text for two values that are the same when they are deployed, as far as this is known at synth. It
 * resolves tokens, so use it only when the app is complete: the value of a token such as `Lazy` may come until then, and
 * some tokens keep what they are first resolved to.
 *
 * @internal
 */
export function identityOfValue(scope: IConstruct, value: unknown): string {
  return JSON.stringify(Tokenization.resolve(value, { scope, resolver: new ReferencesByPath() }));
}

/**
 * The same text for texts of which it is known while the app is still being built that they are the same. It resolves no token: a
 * reference is known by its target, and any other token is the same as itself only.
 *
 * @internal
 */
export function identityWhileBuilding(scope: IConstruct, text: string): string {
  return JSON.stringify(Tokenization.resolve(text, { scope, resolver: new TokensAsTheyAre(scope.node.root) }));
}

/**
 * Whether the text has a token whose value may come later. It may then turn out to be the same as another text.
 *
 * @internal
 */
export function isKnownLater(text: string): boolean {
  return Tokenization.reverseString(text).tokens.some((token) => !Reference.isReference(token) && pseudoParameterOf(token) === undefined);
}

/**
 * The name of the pseudo parameter that the token stands for.
 *
 * @internal
 */
export function pseudoParameterOf(token: IResolvable): string | undefined {
  return Reference.isReference(token) && token.displayName.startsWith('AWS::') ? token.displayName : PSEUDO_PARAMETERS.get(token);
}

const PSEUDO_PARAMETERS: ReadonlyMap<IResolvable, string> = new Map(
  Object.entries({
    'AWS::AccountId': Aws.ACCOUNT_ID,
    'AWS::Partition': Aws.PARTITION,
    'AWS::Region': Aws.REGION,
    'AWS::StackId': Aws.STACK_ID,
    'AWS::StackName': Aws.STACK_NAME,
    'AWS::URLSuffix': Aws.URL_SUFFIX,
  }).flatMap(([name, text]) => Tokenization.reverseString(text).tokens.map((token): [IResolvable, string] => [token, name])),
);

/**
 * Resolves a reference to the path of its target. In CloudFormation's form, a reference holds only a logical ID, and
 * resources of two stacks can have the same one.
 */
class ReferencesByPath extends DefaultTokenResolver {
  constructor() {
    super(new StringConcat());
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    return Reference.isReference(token)
      ? `${token.target.node.path}.${token.displayName}`
      : super.resolveToken(token, context, postProcessor);
  }
}

/** Gives every token but references a number of its own. */
class TokensAsTheyAre extends ReferencesByPath {
  private readonly numbers: Map<IResolvable, number>;

  constructor(root: IConstruct) {
    super();
    this.numbers = NUMBERS.get(root) ?? new Map<IResolvable, number>();
    NUMBERS.set(root, this.numbers);
  }

  public resolveToken(token: IResolvable, context: IResolveContext, postProcessor: IPostProcessor): unknown {
    if (Reference.isReference(token)) {
      return super.resolveToken(token, context, postProcessor);
    }
    const number = this.numbers.get(token) ?? this.numbers.size + 1;
    this.numbers.set(token, number);
    return `<token ${number}>`;
  }
}

/** By app, so that one app gives the same texts whatever was made in the process before it. */
const NUMBERS = new WeakMap<IConstruct, Map<IResolvable, number>>();
