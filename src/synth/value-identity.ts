import { DefaultTokenResolver, IPostProcessor, IResolvable, IResolveContext, Reference, StringConcat, Tokenization } from 'aws-cdk-lib';
import { IConstruct } from 'constructs';

/**
 * Returns the same text for two values that are the same when they are deployed, as far as this is known at synth.
 *
 * @internal
 */
export function identityOfValue(scope: IConstruct, value: unknown): string {
  return JSON.stringify(Tokenization.resolve(value, { scope, resolver: new ReferencesByPath() }));
}

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
