import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PushResult } from '../sender/results.ts';
import type { PushSender } from '../sender/sender.ts';
import { sipAddressOf } from './pap-address.ts';
import { type MessageState, type PapCode, papOutcome } from './pap-codes.ts';
import { resultNotification } from './pap-document.ts';
import type { PapRequest } from './pap-message.ts';

export type PushMessage = Extract<PapRequest, { kind: 'push-message' }>;

/** What is to be pushed. */
export type PapContent = {
  readonly contentType: string;
  readonly body: Buffer;
  /** Application Resource Identifier. */
  readonly application: string;
};

/** Where a push stands for one address, as the push initiator wrote it. `at` in ms since the epoch. */
export type AddressState = {
  readonly address: string;
  readonly state: MessageState;
  readonly code: PapCode;
  readonly desc: string;
  readonly at: number;
};

type Delivery = { state: AddressState; readonly to: string; result: string | null };

type Push = {
  readonly message: PushMessage;
  readonly content: PapContent;
  readonly receivedAt: number;
  /** By the address as written. */
  readonly deliveries: Map<string, Delivery>;
  timer: NodeJS.Timeout | null;
};

export type PapGatewayOptions = {
  readonly sender: PushSender;
  /** Domain of addresses that name none. */
  readonly domain: string;
  /** Told of each end of a push for one address. */
  readonly ended?: (pushId: string, state: AddressState) => void;
};

/** Pushes that are remembered; the oldest that are over are forgotten, and more are refused. */
const MAX_PUSHES = 1_000;
/** Content above goes by INVITE and MSRP (PSA-SES-01), in bytes. */
export const SESSION_BYTES = 64 * 1024;
const MAX_TIMER_MS = 2 ** 31 - 1;
const NOTIFY_TIMEOUT_MS = 10_000;
/** Waits before a result is told again, in milliseconds. */
const NOTIFY_RETRIES_MS: readonly number[] = [1_000, 5_000];

/** Maps PAP to the Push Sender Agent (PSA-STA-02): a push-message is a MESSAGE or an INVITE for each of its addresses. */
export class PapGateway {
  readonly #options: PapGatewayOptions;
  readonly #pushes = new Map<string, Push>();
  readonly #notifying = new AbortController();
  #folder: Promise<string> | null = null;
  #files = 0;

  constructor(options: PapGatewayOptions) {
    this.#options = options;
  }

  /** Takes a push, or says by a code why not. It goes out at its time. */
  submit(message: PushMessage, content: PapContent): PapCode {
    if (message.replaces !== null) return 3011;
    if (this.#pushes.has(message.pushId)) return 2007;
    const now = Date.now();
    const deliveries = new Map<string, Delivery>();
    for (const address of message.addresses) {
      const to = sipAddressOf(address, this.#options.domain);
      if (to === null) return 2002;
      const state = { address, state: 'pending', code: 1001, desc: 'pending', at: now } as const;
      deliveries.set(address, { state, to, result: null });
    }
    this.#forgetOld();
    if (this.#pushes.size >= MAX_PUSHES) return 4001;
    const push: Push = { message, content, receivedAt: now, deliveries, timer: null };
    this.#pushes.set(message.pushId, push);
    const wait = (message.deliverAfter ?? now) - now;
    if (wait <= 0) this.#start(push);
    else push.timer = setTimeout(() => this.#start(push), Math.min(wait, MAX_TIMER_MS));
    return 1001;
  }

  /** Where a push stands for the addresses named, or for all; nothing when it is not known. */
  states(pushId: string, addresses: readonly string[]): readonly AddressState[] {
    const push = this.#pushes.get(pushId);
    if (push === undefined) return [];
    const all = [...push.deliveries.values()].map(({ state }) => state);
    return addresses.length === 0 ? all : all.filter(({ address }) => addresses.includes(address));
  }

  /** Cancels what has not been delivered: 2008 for what is too late, 2004 for an unknown push. */
  cancel(
    pushId: string,
    addresses: readonly string[],
  ): readonly { readonly address: string | null; readonly code: PapCode }[] {
    const push = this.#pushes.get(pushId);
    if (push === undefined) return [{ address: null, code: 2004 }];
    const wanted = addresses.length === 0 ? [...push.deliveries.keys()] : addresses;
    return wanted.map((address) => {
      const delivery = push.deliveries.get(address);
      if (delivery === undefined) return { address, code: 2003 };
      return { address, code: this.#cancelOne(push, delivery) };
    });
  }

  /** Gives up what waits, and tells nobody any more. */
  async close(): Promise<void> {
    this.#notifying.abort();
    for (const { timer } of this.#pushes.values()) if (timer !== null) clearTimeout(timer);
    const folder = await this.#folder?.catch(() => null);
    if (folder != null) await rm(folder, { recursive: true, force: true });
  }

  #cancelOne(push: Push, delivery: Delivery): PapCode {
    if (delivery.state.state !== 'pending') return 2008;
    // A MESSAGE that is on its way cannot be called back (RFC 3261 §9.1).
    if (delivery.result === null ? push.timer === null : push.content.body.length <= SESSION_BYTES) {
      return 2008;
    }
    this.#end(push, delivery, 'cancelled', 1000, 'cancelled');
    if (delivery.result !== null) this.#options.sender.cancel(delivery.result);
    return 1000;
  }

  #start(push: Push): void {
    push.timer = null;
    for (const delivery of push.deliveries.values()) {
      if (delivery.state.state === 'pending') void this.#deliver(push, delivery);
    }
  }

  async #deliver(push: Push, delivery: Delivery): Promise<void> {
    const { deliverBefore } = push.message;
    if (deliverBefore !== null && deliverBefore <= Date.now()) {
      this.#end(push, delivery, 'expired', 4000, 'The time to deliver it is over.');
      return;
    }
    const { sender } = this.#options;
    try {
      const { id } = await this.#send(push.content, delivery.to);
      delivery.result = id;
      const result = await sender.settled(id);
      const [state, code] = papOutcome(result);
      const desc = [result.code, result.reason].filter((part) => part !== null).join(' ');
      this.#end(push, delivery, state, code, desc);
    } catch (error) {
      const desc = error instanceof Error ? error.message : String(error);
      this.#end(push, delivery, 'undeliverable', 4000, desc);
    }
  }

  async #send({ application, contentType, body }: PapContent, to: string): Promise<PushResult> {
    const { sender } = this.#options;
    if (body.length <= SESSION_BYTES) return sender.message({ to, application, contentType, body });
    this.#folder ??= mkdtemp(join(tmpdir(), 'push-terminal-pap-'));
    this.#files += 1;
    const path = join(await this.#folder, `content-${this.#files}`);
    await writeFile(path, body);
    const files = [{ path, name: 'content', type: contentType }];
    const pushed = sender.files({ to, application, files, report: true });
    void sender.settled(pushed.id).then(() => rm(path, { force: true }));
    return pushed;
  }

  #end(push: Push, delivery: Delivery, state: MessageState, code: PapCode, desc: string): void {
    const { address } = delivery.state;
    if (delivery.state.state !== 'pending') return;
    delivery.state = { address, state, code, desc, at: Date.now() };
    const { notifyTo, pushId } = push.message;
    this.#options.ended?.(pushId, delivery.state);
    if (notifyTo === null) return;
    void this.#notify(notifyTo, resultNotification(pushId, push.receivedAt, delivery.state));
  }

  async #notify(url: URL, body: string): Promise<void> {
    for (const wait of [0, ...NOTIFY_RETRIES_MS]) {
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait).unref());
      if (this.#notifying.signal.aborted) return;
      const signal = AbortSignal.any([this.#notifying.signal, AbortSignal.timeout(NOTIFY_TIMEOUT_MS)]);
      const isTold = await tell(url, body, signal);
      if (isTold) return;
    }
  }

  #forgetOld(): void {
    for (const [id, { deliveries }] of this.#pushes) {
      if (this.#pushes.size < MAX_PUSHES) return;
      if ([...deliveries.values()].every(({ state }) => state.state !== 'pending')) this.#pushes.delete(id);
    }
  }
}

async function tell(url: URL, body: string, signal: AbortSignal): Promise<boolean> {
  try {
    const headers = { 'content-type': 'application/xml' };
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
