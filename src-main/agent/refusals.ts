import type { History } from '../history/history.ts';
import { sendReply } from '../sip/reply.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import type { Sender } from './checks.ts';
import type { Emit } from './events.ts';
import { recordOf } from './push-record.ts';
import { RefusedRows } from './refused-rows.ts';

/** A push that is not taken: the code for the sender and the reason for both. */
export type Refusal = {
  readonly code: number;
  readonly reason: string;
  readonly application: string | null;
  readonly sender: Sender;
  /** Further header lines of the answer. */
  readonly headers?: readonly string[];
};

/** A Warning text is for a header line, not for a novel. */
const MAX_WARNING_LENGTH = 200;

/**
 * Answers pushes that are not taken, says why in a Warning (RFC 3261 §20.43), and keeps a row without content so
 * that the user sees what came and why it was refused. The answer never waits for the row.
 */
export class Refusals {
  readonly #terminal: string;
  readonly #emit: Emit;
  readonly #rows: RefusedRows;

  constructor(terminal: string, history: History, emit: Emit) {
    this.#terminal = terminal;
    this.#emit = emit;
    this.#rows = new RefusedRows(history, emit);
  }

  refuse(request: IncomingRequest, refusal: Refusal): void {
    const { code, reason, sender } = refusal;
    // Before the answer: an answered request is not kept.
    const base = recordOf(request, { terminal: this.#terminal, application: refusal.application, sender });
    sendReply(request, { code, headers: [...(refusal.headers ?? []), warning(reason)] });
    const { application, callId } = base;
    this.#emit({
      event: 'refused',
      method: request.method,
      code,
      reason,
      application,
      from: sender.uri,
      callId,
    });
    const answered = { at: new Date().toISOString(), side: 'out', ok: false, title: `${code} sent` } as const;
    this.#rows.keep({
      ...base,
      state: 'refused',
      code,
      reason,
      body: { kind: 'none' },
      delivery: [...base.delivery, { ...answered, detail: reason, file: null }],
    });
  }

  /** Rows were removed from history. */
  removed(ids: readonly string[]): void {
    this.#rows.removed(ids);
  }

  /** Writes what waits. */
  close(): void {
    this.#rows.close();
  }
}

/** A Warning line with a reason as ASCII quoted string: reasons may quote what a hostile sender wrote. */
export function warning(reason: string, code = 399): string {
  const text = reason
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/["\\]/g, "'")
    .slice(0, MAX_WARNING_LENGTH);
  return `Warning: ${code} push-terminal "${text}"`;
}
