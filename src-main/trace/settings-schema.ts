import { z } from 'zod';

/** Megabytes (MiB) that a trace may hold. */
export const TRACE_SIZES = [16, 64, 256] as const;

export const traceSettingsSchema = z.strictObject({
  /** Whether the trace is there again after a restart: it is then written to disk too. */
  keep: z.boolean(),
  /** The oldest is forgotten beyond this. */
  megabytes: z.literal(TRACE_SIZES),
});
export type TraceSettings = z.infer<typeof traceSettingsSchema>;
