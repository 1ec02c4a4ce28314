import { maskCredentials } from './mask.ts';
import type { Recorder } from './recorder.ts';
import type { Endpoint, TraceLink } from './records.ts';

/** Bytes of one SIP message that are kept; what lies beyond is only counted. */
export const MAX_SIP_BYTES = 64 * 1024;

const NOWHERE: Endpoint = { host: '', port: 0 };

type Flow = {
  readonly transport: string;
  readonly local: Endpoint | null;
  readonly remote: Endpoint | null;
};

/** Records what one SIP flow of a terminal carries; fits the tap of the sip folder's sockets. */
export class SipTrace {
  readonly #recorder: Recorder;
  readonly #link: TraceLink;

  constructor(recorder: Recorder, terminal: string, { transport, local, remote }: Flow) {
    this.#recorder = recorder;
    this.#link = {
      protocol: 'sip',
      transport,
      terminal,
      local: local ?? NOWHERE,
      remote: remote ?? NOWHERE,
      opened: 'out',
    };
  }

  message(direction: 'in' | 'out', text: string): void {
    if (!this.#recorder.recording) return;
    const { length } = text;
    const kept = length > MAX_SIP_BYTES ? text.slice(0, MAX_SIP_BYTES) : text;
    this.#recorder.record(
      {
        direction,
        kind: 'message',
        link: this.#link,
        bytes: length,
        elided: length - kept.length,
      },
      maskCredentials(kept),
    );
  }

  keepAlive(direction: 'in' | 'out', what: Buffer | string): void {
    if (!this.#recorder.recording) return;
    const text = typeof what === 'string' ? what : what.toString('latin1', 0, MAX_SIP_BYTES);
    const record = {
      direction,
      kind: 'keep-alive',
      link: this.#link,
      bytes: what.length,
      elided: 0,
    } as const;
    this.#recorder.record(record, text);
  }
}
