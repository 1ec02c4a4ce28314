/** RFC 3261 §17.1.1.1: estimate of the round trip, and the longest interval between retransmissions. */
const T1_MS = 500;
const T2_MS = 4_000;
/** Transactions that are being repeated at once; a terminal has a handful. */
const MAX_ENTRIES = 4_096;

type Entry = {
  readonly text: string;
  readonly isInvite: boolean;
  interval: number;
  readonly deadline: number;
  timer: NodeJS.Timeout;
};

const BRANCH = /^(?:via|v)[ \t]*:[^\r\n]*?;[ \t]*branch[ \t]*=[ \t]*([^;,\s]+)/im;
const CSEQ_METHOD = /^cseq[ \t]*:[ \t]*\d+[ \t]+(\S+)/im;
const STATUS = /^SIP\/2\.0 (\d{3})/i;

/**
 * What unreliable transports need below the transactions (RFC 3261 §17): repeats requests until they are answered
 * (Timers A and E) and final refusals of INVITE until they are acknowledged (Timer G), for 64·T1 at most. JsSIP has
 * none of it, since it only knows WebSocket.
 */
export class Retransmission {
  readonly #send: (text: string) => void;
  readonly #t1: number;
  readonly #entries = new Map<string, Entry>();

  /** `t1` in ms replaces T1, and with it every other time, for tests. */
  constructor(send: (text: string) => void, t1: number = T1_MS) {
    this.#send = send;
    this.#t1 = t1;
  }

  /** A message left. */
  sent(text: string): void {
    const branch = BRANCH.exec(text)?.[1];
    const method = CSEQ_METHOD.exec(text)?.[1];
    if (branch === undefined || method === undefined) return;
    const code = Number(STATUS.exec(text)?.[1]);
    if (Number.isNaN(code)) {
      if (method !== 'ACK') this.#repeat(`${branch} ${method}`, text, method === 'INVITE');
    } else if (method === 'INVITE' && code >= 300) {
      this.#repeat(`${branch} answer`, text, false);
    }
  }

  /** A message came, which may be what a repetition waits for. */
  received(text: string): void {
    const branch = BRANCH.exec(text)?.[1];
    const method = CSEQ_METHOD.exec(text)?.[1];
    if (branch === undefined || method === undefined) return;
    const code = Number(STATUS.exec(text)?.[1]);
    if (Number.isNaN(code)) {
      if (method === 'ACK') this.#stop(`${branch} answer`);
    } else {
      this.#answered(`${branch} ${method}`, code);
    }
  }

  /** Ends every repetition. */
  close(): void {
    for (const key of [...this.#entries.keys()]) this.#stop(key);
  }

  #answered(key: string, code: number): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (code >= 200 || entry.isInvite) this.#stop(key);
    // A provisional answer slows a non-INVITE down but does not end it (RFC 3261 §17.1.2.2).
    else entry.interval = this.#t2;
  }

  get #t2(): number {
    return (this.#t1 * T2_MS) / T1_MS;
  }

  #repeat(key: string, text: string, isInvite: boolean): void {
    this.#stop(key);
    if (this.#entries.size >= MAX_ENTRIES) return;
    const timer = setTimeout(() => this.#again(key), this.#t1);
    const deadline = performance.now() + 64 * this.#t1;
    this.#entries.set(key, { text, isInvite, interval: this.#t1, deadline, timer });
  }

  #again(key: string): void {
    const entry = this.#entries.get(key);
    if (entry === undefined) return;
    if (performance.now() > entry.deadline) {
      this.#entries.delete(key);
      return;
    }
    this.#send(entry.text);
    entry.interval = entry.isInvite ? entry.interval * 2 : Math.min(entry.interval * 2, this.#t2);
    entry.timer = setTimeout(() => this.#again(key), entry.interval);
  }

  #stop(key: string): void {
    const entry = this.#entries.get(key);
    if (entry !== undefined) clearTimeout(entry.timer);
    this.#entries.delete(key);
  }
}
