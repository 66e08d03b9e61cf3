import * as z from 'zod';

/** What the API returns of a job and the pinned client drops, because it does not know it yet. */
const rawJobSchema = z.object({
  type: z.string().optional().catch(undefined),
  jobComputePayerAccountId: z.string().optional().catch(undefined),
  error: z.object({ retry: z.object({ retryable: z.boolean() }) }).optional().catch(undefined),
});

export type RawJob = z.infer<typeof rawJobSchema>;

const answerSchema = z.object({ protectedJob: rawJobSchema });

/** Where it reads: next to the wire, before the client does. */
export const READS_RAW_JOB = { name: 'readRawJob', step: 'deserialize', priority: 'low' } as const;

/** Reads the body of one answer. Where that can not be read nothing is known, and the client says why. */
export class RawJobReader {
  private read: RawJob = {};

  get job(): RawJob {
    return this.read;
  }

  async from<Result extends { response: unknown }>(call: Promise<Result>): Promise<Result> {
    const result = await call;
    const { response } = result;
    if (hasBody(response)) {
      response.body = await bytesOf(response.body);
      this.read = readRawJob(response.body);
    }
    return result;
  }
}

function hasBody(response: unknown): response is { body: AsyncIterable<Uint8Array> | Uint8Array } {
  const body: unknown = Object(response).body;
  return body instanceof Uint8Array || (typeof body === 'object' && body !== null && Symbol.asyncIterator in body);
}

async function bytesOf(body: AsyncIterable<Uint8Array> | Uint8Array): Promise<Uint8Array> {
  if (body instanceof Uint8Array) {
    return body;
  }
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) {
    chunks.push(chunk);
  }
  return new Uint8Array(Buffer.concat(chunks));
}

function readRawJob(body: Uint8Array): RawJob {
  try {
    return answerSchema.safeParse(JSON.parse(new TextDecoder().decode(body))).data?.protectedJob ?? {};
  } catch {
    return {};
  }
}
