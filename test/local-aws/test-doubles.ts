import { AwsError } from './service';

/** The least of S3 and CloudWatch Logs that the tests of single services need. */

export class S3Double {
  readonly objects = new Map<string, Buffer>();

  putObject(bucket: string, key: string, body: string | Buffer): void {
    this.objects.set(`${bucket}/${key}`, Buffer.from(body));
  }

  getObject(bucket: string, key: string): Buffer {
    const body = this.objects.get(`${bucket}/${key}`);
    if (!body) {
      throw new AwsError('NoSuchKey', 'The specified key does not exist.', 404);
    }
    return body;
  }
}

export class LogsDouble {
  private readonly groups = new Map<string, string[]>();

  append(group: string, line: string): void {
    this.groups.set(group, [...this.lines(group), line]);
  }

  lines(group: string): readonly string[] {
    return this.groups.get(group) ?? [];
  }
}
