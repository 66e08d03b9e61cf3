import { DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference, StringConcat, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * The same text for values that are the same when deployed, as far as that is known at synth.
 *
 * @internal
 */
export function identityOfValue(scope: IConstruct, value: unknown): string {
  return JSON.stringify(Tokenization.resolve(value, { scope, resolver: new ReferencesByPath() }));
}

/**
 * Resolves a reference to the path of its target. Its CloudFormation form holds only a logical ID, which resources of two
 * stacks can share.
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
