import { z } from 'zod';
import { type CallName, type CallResults, callSchemas } from './contract.ts';

/** One function a call of the contract; its argument has passed the call's schema. */
export type Handlers = {
  readonly [N in CallName]: (
    argument: z.output<(typeof callSchemas)[N]>,
  ) => CallResults[N] | Promise<CallResults[N]>;
};

/**
 * Checks one call from a window and runs it. Everything that crosses the bridge comes through here, so nothing
 * unknown and nothing malformed gets further. Rejects with an Error whose message is a sentence for the user.
 */
export async function routeCall(handlers: Handlers, name: unknown, argument: unknown): Promise<unknown> {
  if (typeof name !== 'string' || !Object.hasOwn(callSchemas, name))
    throw new Error('This call is not known.');
  return runCall(handlers, name as CallName, argument);
}

async function runCall<N extends CallName>(handlers: Handlers, name: N, argument: unknown): Promise<unknown> {
  const schema: z.ZodType = callSchemas[name];
  const parsed = schema.safeParse(argument);
  if (!parsed.success) throw new Error(`The call ${name} is malformed: ${z.prettifyError(parsed.error)}`);
  try {
    return await handlers[name](parsed.data as z.output<(typeof callSchemas)[N]>);
  } catch (error) {
    // Only the sentence crosses the bridge: no stack, no path of the source.
    throw new Error(error instanceof Error ? error.message : String(error));
  }
}
