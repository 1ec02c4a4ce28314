import { maskCredentials } from '../trace/mask.ts';
import type { RegisterExchange } from './events.ts';

/** Keeps the last REGISTER and its answer as they went over the wire, to show them. */
export class RegisterExchanges {
  #last: RegisterExchange | null = null;
  #sentAt = 0;

  /** Credentials masked; null before the first. */
  get last(): RegisterExchange | null {
    return this.#last;
  }

  /** Name of the digest algorithm the last REGISTER signed in with, or null when it carried no credentials. */
  get algorithm(): string | null {
    const credentials = /^(?:Proxy-)?Authorization:(.*)$/im.exec(this.#last?.request ?? '')?.[1];
    if (credentials === undefined) return null;
    return /\balgorithm="?([\w-]+)/i.exec(credentials)?.[1] ?? 'MD5';
  }

  /** Takes note of any message; only those of a registration are kept. */
  wire(direction: 'in' | 'out', message: string): void {
    if (direction === 'out' && message.startsWith('REGISTER ')) {
      this.#sentAt = performance.now();
      const at = new Date().toISOString();
      this.#last = { at, request: maskCredentials(message), response: null, milliseconds: null };
    } else if (direction === 'in' && this.#last !== null && isRegisterAnswer(message)) {
      const milliseconds = Math.round(performance.now() - this.#sentAt);
      this.#last = { ...this.#last, response: maskCredentials(message), milliseconds };
    }
  }
}

function isRegisterAnswer(message: string): boolean {
  return message.startsWith('SIP/2.0 ') && /^CSeq[ \t]*:[ \t]*\d+[ \t]+REGISTER/im.test(message);
}
