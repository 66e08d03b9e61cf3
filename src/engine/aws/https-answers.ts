import { type Delivery } from '../core/observation';
import { DELIVERY_ABORT } from '../core/timing';
import { type Answers } from '../ports/answers';
/** PUTs answers to the response URLs that CloudFormation signed. */
export class HttpsAnswers implements Answers {
  /** @param urlSuffix the partition's: `amazonaws.com` */
  constructor(
    private readonly urlSuffix: string,
    private readonly region = process.env.AWS_REGION ?? '',
  ) {}

  async deliver(responseUrl: string, answer: string): Promise<Delivery> {
    if (!this.isOfCloudFormation(responseUrl)) {
      return 'refused';
    }
    try {
      const response = await fetch(responseUrl, {
        method: 'PUT',
        body: Buffer.from(answer, 'utf8'),
        redirect: 'manual', // the answer is for the address that was checked, and for no other
        headers: { 'content-type': '' }, // CloudFormation signs the URL for a body without one
        signal: AbortSignal.timeout(DELIVERY_ABORT),
      });
      return response.ok ? 'accepted' : isRefusalOfStatus(response.status) ? 'refused' : 'unreachable';
    } catch {
      return 'unreachable'; // the error would show the URL
    }
  }

  /** Who can invoke the function could else have answers sent anywhere. */
  private isOfCloudFormation(responseUrl: string): boolean {
    const url = URL.canParse(responseUrl) ? new URL(responseUrl) : undefined;
    return url?.protocol === 'https:' && url.port === '' && url.username === '' && this.hasHost(url.hostname);
  }

  /**
   * The hosts of S3 differ by region and partition. Only for the commercial partition AWS documents how CloudFormation's buckets are named.
   *
   * @see https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/vpc-interface-endpoints.html
   */
  private hasHost(hostname: string): boolean {
    const isDocumented = this.urlSuffix === 'amazonaws.com' && !this.region.startsWith('us-gov-');
    const bucket = isDocumented ? /^cloudformation-custom-resource-response-[a-z0-9-]+\.s3[.-]/ : /^[a-z0-9.-]+\.s3[.-]/;
    return bucket.test(hostname) && hostname.endsWith(`.${this.urlSuffix}`);
  }
}

function isRefusalOfStatus(httpStatus: number): boolean {
  return httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408 && httpStatus !== 429;
}
