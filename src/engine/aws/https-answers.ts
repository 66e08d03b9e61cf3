import { Delivery } from '../core/observation';
import { DELIVERY_ABORT } from '../core/timing';
import { Answers } from '../ports/answers';
/** PUTs answers to the response URLs that CloudFormation signed. */
export class HttpsAnswers implements Answers {
  /** @param urlSuffix the partition's: `amazonaws.com` */
  constructor(private readonly urlSuffix: string) {}

  async deliver(responseUrl: string, answer: string): Promise<Delivery> {
    if (!this.isOfAws(responseUrl)) {
      return 'refused';
    }
    try {
      const response = await fetch(responseUrl, {
        method: 'PUT',
        body: Buffer.from(answer, 'utf8'),
        headers: { 'content-type': '' }, // CloudFormation signs the URL for a body without one
        signal: AbortSignal.timeout(DELIVERY_ABORT),
      });
      return response.ok ? 'accepted' : isRefusalOfStatus(response.status) ? 'refused' : 'unreachable';
    } catch {
      return 'unreachable'; // the error would show the URL
    }
  }

  /** The hosts differ by region and partition, so nothing stricter than the suffix can be asked for. */
  private isOfAws(responseUrl: string): boolean {
    const url = URL.canParse(responseUrl) ? new URL(responseUrl) : undefined;
    return url?.protocol === 'https:' && url.hostname.endsWith(`.${this.urlSuffix}`);
  }
}

function isRefusalOfStatus(httpStatus: number): boolean {
  return httpStatus >= 400 && httpStatus < 500 && httpStatus !== 408 && httpStatus !== 429;
}
