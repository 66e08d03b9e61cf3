import * as z from 'zod';

const answerSchema = z.object({
  Status: z.enum(['SUCCESS', 'FAILED']),
  Reason: z.string().default(''),
  PhysicalResourceId: z.string().min(1),
  Data: z.record(z.string(), z.string()).optional(),
});

export type ParsedAnswer = z.infer<typeof answerSchema>;

/** An answer as CloudFormation reads it. */
export function parseAnswer(body: string): ParsedAnswer {
  return answerSchema.parse(JSON.parse(body));
}
