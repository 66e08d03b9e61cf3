import { Resource } from 'aws-cdk-lib';
import { type aws_cleanrooms as cleanrooms } from 'aws-cdk-lib/interfaces';
import { type Construct } from 'constructs';
import { arnSegment, environmentOf, referencePath } from './reference';
import { findAnalysisTemplateArnProblems } from '../contract/input-rules';
import { assertNoProblems, isKnownAtSynth } from '../synth/synth-check';

/**
 * Analysis templates that are not resources of this app.
 */
export class AnalysisTemplate {
  /**
   * Refers to an existing analysis template. It may belong to another member of the collaboration, and so to another
   * account. Clean Rooms requires that the member who receives the results of a PySpark template is the member who
   * created the template.
   *
   * @param scope the scope that the reference belongs to
   * @param id the reference's ID in that scope
   * @param analysisTemplateArn the template's ARN, or a token:
   *   `arn:<partition>:cleanrooms:<region>:<account>:membership/<ID>/analysistemplate/<ID>`
   * @throws if it is not such an ARN
   */
  public static fromAnalysisTemplateArn(
    scope: Construct,
    id: string,
    analysisTemplateArn: string,
  ): cleanrooms.IAnalysisTemplateRef {
    const path = referencePath(scope, id);
    assertNoProblems(scope, findAnalysisTemplateArnProblems(analysisTemplateArn, isKnownAtSynth), path);
    return new ReferencedAnalysisTemplate(scope, id, analysisTemplateArn);
  }

  private constructor() {}
}

class ReferencedAnalysisTemplate extends Resource implements cleanrooms.IAnalysisTemplateRef {
  public readonly analysisTemplateRef: cleanrooms.AnalysisTemplateReference;

  constructor(scope: Construct, id: string, analysisTemplateArn: string) {
    super(scope, id, environmentOf(analysisTemplateArn));
    this.analysisTemplateRef = {
      analysisTemplateArn,
      membershipIdentifier: arnSegment(analysisTemplateArn, 1),
      analysisTemplateIdentifier: arnSegment(analysisTemplateArn, 3),
    };
  }
}
