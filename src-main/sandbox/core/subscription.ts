import { randomBytes } from 'node:crypto';
import { HeaderFields } from '../../sip/header-fields.ts';
import { SipRequest, type SipResponse } from '../../sip/message.ts';
import { headerParameter } from '../../sip/name-addr.ts';
import type { Watch } from './event-package.ts';
import { coreUriAt, type Flow, isSamePeer } from './flow.ts';
import type { Repetitions } from './repetition.ts';

/** What stays the same for as long as a subscription lives. Header values are as written in its NOTIFYs. */
export type NotifierDialog = {
  readonly aor: string;
  /** Digest name of the subscriber. */
  readonly user: string;
  readonly callId: string;
  readonly from: string;
  readonly to: string;
  readonly localTag: string;
  readonly remoteTag: string;
  readonly routes: readonly string[];
  /** Name of the package. */
  readonly eventName: string;
  /** As written in Event: `reg`, or `reg;id=…`. */
  readonly event: string;
};

/** What a SUBSCRIBE sets anew. */
export type SubscribeTerms = {
  readonly flow: Flow;
  /** Contact URI of the subscriber. */
  readonly target: string;
  readonly seconds: number;
  readonly cseq: number;
  /** Via branch of the SUBSCRIBE, and the answer to give to its repetition. */
  readonly branch: string;
  readonly answer: SipResponse;
};

/** What a subscription needs of the core. */
export type NotifierParts = {
  readonly repetitions: Repetitions;
  /** Longest wait for the answer to a NOTIFY, in milliseconds. */
  readonly answerTimeout: number;
};

/**
 * One subscription to the state of an AOR, seen by the notifier (RFC 6665 §4.2.2). Only one NOTIFY is
 * under way at a time: changes meanwhile are told in the next. Every NOTIFY has full state.
 */
export class Subscription {
  readonly dialog: NotifierDialog;
  readonly #parts: NotifierParts;
  readonly #watch: Watch;
  readonly #onEnded: (subscription: Subscription) => void;
  #terms: SubscribeTerms;
  #expiresAt = 0;
  #expiry: NodeJS.Timeout | null = null;
  #cseq = 0;
  #version = 0;
  #open: { readonly branch: string; readonly timer: NodeJS.Timeout } | null = null;
  #isBehind = false;
  #isOver = false;

  constructor(options: {
    readonly dialog: NotifierDialog;
    readonly terms: SubscribeTerms;
    readonly watch: Watch;
    readonly parts: NotifierParts;
    readonly onEnded: (subscription: Subscription) => void;
  }) {
    this.dialog = options.dialog;
    this.#terms = options.terms;
    this.#watch = options.watch;
    this.#parts = options.parts;
    this.#onEnded = options.onEnded;
  }

  /** The terms that hold now. */
  get terms(): SubscribeTerms {
    return this.#terms;
  }

  /** Starts or refreshes the subscription on these terms and tells the full state. Zero seconds end it. */
  subscribe(terms: SubscribeTerms): void {
    // No answer comes from a flow the subscriber has left.
    if (terms.flow !== this.#terms.flow) this.#forgetOpen();
    this.#terms = terms;
    this.#expiresAt = Date.now() + terms.seconds * 1000;
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#expiry = null;
    if (terms.seconds === 0) {
      this.#timeOut();
      return;
    }
    this.#expiry = setTimeout(() => this.#timeOut(), terms.seconds * 1000);
    this.#expiry.unref();
    this.notify();
  }

  /** Tells the state, now or as soon as the last NOTIFY is answered. */
  notify(): void {
    if (this.#isOver) return;
    this.#isBehind = this.#open !== null;
    if (this.#isBehind) return;
    const left = Math.max(0, Math.round((this.#expiresAt - Date.now()) / 1000));
    const branch = newBranch();
    const timer = setTimeout(() => this.end(), this.#parts.answerTimeout);
    this.#open = { branch, timer };
    if (!this.#send(branch, `active;expires=${left}`)) this.end();
  }

  /** Takes a response to a NOTIFY. Any final one but 2xx ends the subscription (RFC 6665 §4.2.2). */
  receive(response: SipResponse, flow: Flow): void {
    const via = response.topVia;
    const branch = via === null ? undefined : headerParameter(via, 'branch');
    if (this.#open === null || branch !== this.#open.branch || response.code < 200) return;
    if (!isSamePeer(this.#terms.flow, flow)) return;
    this.#forgetOpen();
    if (response.code >= 300) this.end();
    else if (this.#isBehind) this.notify();
  }

  /** Ends the subscription without a word: its subscriber is gone or wants no more. */
  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#expiry !== null) clearTimeout(this.#expiry);
    this.#forgetOpen();
    this.#watch.close();
    this.#onEnded(this);
  }

  #forgetOpen(): void {
    if (this.#open !== null) {
      clearTimeout(this.#open.timer);
      this.#parts.repetitions.stop(this.#open.branch);
    }
    this.#open = null;
  }

  /** Ran out or was unsubscribed: the last NOTIFY, whose answer changes nothing any more. */
  #timeOut(): void {
    this.#send(newBranch(), 'terminated;reason=timeout');
    this.end();
  }

  #send(branch: string, state: string): boolean {
    const { callId, from, to, routes, event } = this.dialog;
    const { flow, target } = this.#terms;
    const fields = new HeaderFields();
    this.#cseq += 1;
    fields.append('Via', `SIP/2.0/${flow.transport} ${flow.sentBy};branch=${branch}`);
    fields.append('Max-Forwards', '70');
    for (const route of routes) fields.append('Route', route);
    fields.append('From', from);
    fields.append('To', to);
    fields.append('Call-ID', callId);
    fields.append('CSeq', `${this.#cseq} NOTIFY`);
    fields.append('Contact', `<${coreUriAt(flow)}>`);
    fields.append('Event', event);
    fields.append('Subscription-State', state);
    const { type, body } = this.#watch.document(this.#version);
    fields.append('Content-Type', type);
    const request = new SipRequest('NOTIFY', target, fields, body);
    this.#version += 1;
    const bytes = request.toBytes();
    if (flow.send(bytes) !== 'sent') return false;
    this.#parts.repetitions.begin(branch, flow, bytes);
    return true;
  }
}

function newBranch(): string {
  return `z9hG4bK${randomBytes(12).toString('hex')}`;
}
