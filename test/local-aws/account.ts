/** The account that the embedded AWS stands for. */
export interface Account {
  readonly region: string;
  readonly accountId: string;
  readonly partition: string;
}

/** `AWS::URLSuffix`: the end of the host names of a partition. */
export function urlSuffixOf(partition: string): string {
  return partition === 'aws-cn' ? 'amazonaws.com.cn' : 'amazonaws.com';
}
