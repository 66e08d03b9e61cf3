/** The account that the embedded AWS is. */
export interface Account {
  readonly region: string;
  readonly accountId: string;
  readonly partition: string;
}

/** `AWS::URLSuffix`: what the host names of a partition end with. */
export function urlSuffixOf(partition: string): string {
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
}
