import { randomBytes } from 'node:crypto';
import { announcedApplications, isPushTag } from '../../sip/feature-tags.ts';
import { HeaderFields } from '../../sip/header-fields.ts';
import { SipRequest, type SipResponse } from '../../sip/message.ts';
import { headerParameter } from '../../sip/name-addr.ts';
import { newTag } from '../../sip/reply.ts';
import { aorToUri } from '../../sip/uri.ts';
import type { Bindings, CoreBinding } from './bindings.ts';
import { coreUriAt, type Flow } from './flow.ts';
import type { Repetitions } from './repetition.ts';

/**
 * Which server is told of which registrations, as an initial filter criterion does (TS 24.229 §5.4.1.7).
 */
export type RegistrationFilter = {
  /** URI of the application server, here the Push Sender Agent: a user of the core, who is told where it registered. */
  readonly server: string;
  /** Feature tag that a contact must have; the push tag when absent. */
  readonly tag?: string;
  /** Embeds the REGISTER and its 200 in the body as message/sip. */
  readonly embed?: boolean;
};

export type ThirdPartyParts = {
  readonly filter: RegistrationFilter;
  readonly bindings: Bindings;
  readonly repetitions: Repetitions;
  /** The flow and contact the application server is reached by now, or null. */
  readonly findServer: () => { readonly flow: Flow; readonly contact: string } | null;
  /** Longest wait for an answer, in milliseconds. */
  readonly answerTimeout: number;
  /** One REGISTER came to its end; `code` is 408 when there was no answer. */
  readonly onAnswered: (request: SipRequest, code: number) => void;
};

type Told = { readonly callId: string; readonly fromTag: string; cseq: number };
type Open = { readonly request: SipRequest; readonly flow: Flow; readonly timer: NodeJS.Timeout };
type Cause = { readonly request: SipRequest; readonly response: SipResponse };

/** REGISTERs under way at a time; more are not sent. */
const MAX_OPEN = 1000;

/**
 * Third-party REGISTER: tells an application server that a user with a matching contact registered, and that the
 * last of them is gone (CORE-REG-02 to CORE-REG-04, RFC 3261 §10.3, TS 24.229 §5.4.1.7).
 */
export class ThirdPartyRegistrations {
  readonly #parts: ThirdPartyParts;
  readonly #told = new Map<string, Told>();
  readonly #open = new Map<string, Open>();
  #serverFlowId: string | null = null;

  constructor(parts: ThirdPartyParts) {
    this.#parts = parts;
  }

  /** A REGISTER for an AOR was answered 200. */
  registered(aor: string, cause: Cause): void {
    if (aor === this.#serverAor) this.#tellAll();
    else this.#tell(aor, cause);
  }

  /** A binding of an AOR ended without a REGISTER: it expired or its flow closed. */
  lapsed(aor: string): void {
    if (aor !== this.#serverAor) this.#tell(aor, null);
  }

  /** Takes a response if it is to a REGISTER of this core; false when it is not. */
  response(response: SipResponse, flow: Flow): boolean {
    const via = response.topVia;
    const branch = via === null ? '' : (headerParameter(via, 'branch') ?? '');
    const open = this.#open.get(branch);
    if (open === undefined || response.cseq.method !== 'REGISTER' || open.flow !== flow) return false;
    this.#parts.repetitions.answered(response);
    if (response.code >= 200) this.#finish(branch, response.code);
    return true;
  }

  /** Stops all timers. */
  close(): void {
    for (const { timer } of this.#open.values()) clearTimeout(timer);
    this.#open.clear();
  }

  get #serverAor(): string {
    return this.#parts.filter.server;
  }

  /** The server came (back): it is told of everybody who is there, also once more after it started anew. */
  #tellAll(): void {
    const flowId = this.#parts.findServer()?.flow.id ?? null;
    if (flowId !== this.#serverFlowId) this.#told.clear();
    this.#serverFlowId = flowId;
    for (const aor of new Set(this.#parts.bindings.list().map((binding) => binding.aor))) {
      if (aor !== this.#serverAor && !this.#told.has(aor)) this.#tell(aor, null);
    }
  }

  #tell(aor: string, cause: Cause | null): void {
    const matching = this.#parts.bindings.list(aor).filter((binding) => this.#matches(binding));
    const told = this.#told.get(aor);
    if (matching.length === 0 && told === undefined) return;
    const server = this.#parts.findServer();
    if (server === null || this.#open.size >= MAX_OPEN) {
      // It hears of everybody once it registers.
      this.#told.delete(aor);
      return;
    }
    const dialog = told ?? { callId: randomBytes(12).toString('hex'), fromTag: newTag(), cseq: 0 };
    dialog.cseq += 1;
    if (matching.length > 0) this.#told.set(aor, dialog);
    else this.#told.delete(aor);
    const latest = Math.max(0, ...matching.map(({ expiresAt }) => expiresAt));
    const seconds = matching.length === 0 ? 0 : Math.max(1, Math.round((latest - Date.now()) / 1000));
    this.#send(server.flow, this.#request(server, aor, dialog, seconds, cause));
  }

  #matches({ parameters }: CoreBinding): boolean {
    const { tag } = this.#parts.filter;
    if (tag === undefined || isPushTag(tag)) return announcedApplications(parameters).length > 0;
    return parameters.some(({ name }) => name.toLowerCase() === tag.toLowerCase());
  }

  #request(
    server: { readonly flow: Flow; readonly contact: string },
    aor: string,
    { callId, fromTag, cseq }: Told,
    seconds: number,
    cause: Cause | null,
  ): SipRequest {
    const { flow } = server;
    const core = coreUriAt(flow);
    const fields = new HeaderFields();
    const branch = `z9hG4bK${randomBytes(12).toString('hex')}`;
    fields.append('Via', `SIP/2.0/${flow.transport} ${flow.sentBy};branch=${branch}`);
    fields.append('Max-Forwards', '70');
    fields.append('From', `<${core}>;tag=${fromTag}`);
    fields.append('To', `<${aorToUri(aor)}>`);
    fields.append('Call-ID', callId);
    fields.append('CSeq', `${cseq} REGISTER`);
    fields.append('Contact', `<${core}>`);
    fields.append('Expires', String(seconds));
    const embeds = this.#parts.filter.embed === true && cause !== null;
    const body = embeds ? embeddedExchange(cause) : null;
    if (body !== null) fields.append('Content-Type', body.type);
    return new SipRequest('REGISTER', server.contact, fields, body?.bytes);
  }

  #send(flow: Flow, request: SipRequest): void {
    const via = request.topVia;
    const branch = via === null ? '' : (headerParameter(via, 'branch') ?? '');
    const bytes = request.toBytes();
    const timer = setTimeout(() => this.#finish(branch, 408), this.#parts.answerTimeout);
    timer.unref();
    this.#open.set(branch, { request, flow, timer });
    if (flow.send(bytes) === 'sent') this.#parts.repetitions.begin(branch, flow, bytes);
    else this.#finish(branch, 480);
  }

  #finish(branch: string, code: number): void {
    const open = this.#open.get(branch);
    if (open === undefined) return;
    clearTimeout(open.timer);
    this.#parts.repetitions.stop(branch);
    this.#open.delete(branch);
    this.#parts.onAnswered(open.request, code);
  }
}

/** The REGISTER without its credentials and the 200 to it, as two parts (TS 24.229 §5.4.1.7A). */
function embeddedExchange({ request, response }: Cause): { readonly type: string; readonly bytes: Buffer } {
  const copy = request.clone();
  for (const name of ['Authorization', 'Proxy-Authorization']) copy.fields.remove(name);
  const boundary = randomBytes(12).toString('hex');
  const parts = [copy.toBytes(), response.toBytes()].flatMap((bytes) => [
    Buffer.from(`--${boundary}\r\nContent-Type: message/sip\r\n\r\n`),
    bytes,
    Buffer.from('\r\n'),
  ]);
  const bytes = Buffer.concat([...parts, Buffer.from(`--${boundary}--\r\n`)]);
  return { type: `multipart/mixed;boundary=${boundary}`, bytes };
}
