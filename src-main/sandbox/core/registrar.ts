import { announcedApplications } from '../../sip/feature-tags.ts';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import {
  formatParameters,
  type HeaderParameter,
  headerParameter,
  type NameAddr,
  parseNameAddr,
} from '../../sip/name-addr.ts';
import { aorOf, aorToUri, parseSipUri, uriParameter } from '../../sip/uri.ts';
import type { CoreAuth } from './auth.ts';
import { type Bindings, type CoreBinding, MAX_BINDINGS_PER_AOR, type RegistrationEvent } from './bindings.ts';
import { type Flow, isReliable } from './flow.ts';
import type { Gruus } from './gruu.ts';
import { respond } from './responses.ts';

/** Seconds a binding lives when the client names no time. */
const DEFAULT_EXPIRES = 3600;
/** Shortest and longest time granted, in seconds. Shorter wishes get 423, longer ones are cut. */
const MIN_EXPIRES = 60;
const MAX_EXPIRES = 604_800;
/** Seconds between keep-alives told to clients of RFC 5626 (Flow-Timer); NATs forget UDP after 30 s (§4.4.2). */
const FLOW_TIMER = 120;
const DATAGRAM_FLOW_TIMER = 25;
const EXTENSIONS = ['pref', 'gruu', 'path', 'outbound'];
/** Contact parameters that belong to the registrar; all others are stored and echoed (RFC 3840 §6). */
const OWN_PARAMETERS = new Set([
  'expires',
  'q',
  'reg-id',
  '+sip.instance',
  'pub-gruu',
  'temp-gruu',
  'temp-gruu-cookie',
]);

/** One Contact of a REGISTER. `expires` is in seconds. */
type WantedContact = {
  readonly uri: string;
  readonly expires: number;
  readonly instance: string | null;
  readonly regId: number | null;
  readonly q: string | null;
  readonly parameters: readonly HeaderParameter[];
};

/** A refusal on the way through the steps of RFC 3261 §10.3. */
type Refusal = {
  readonly kind: 'refused';
  readonly code: number;
  readonly reason?: string;
  readonly headers?: readonly (readonly [string, string])[];
};
/** What became of a REGISTER. */
type Registered = { readonly aor: string | null; readonly response: SipResponse };
type Wanted =
  | { readonly kind: 'query' }
  | { readonly kind: 'remove-all' }
  | { readonly kind: 'contacts'; readonly contacts: readonly WantedContact[] };

/**
 * The registrar of the sandbox (RFC 3261 §10.3) with GRUUs (RFC 5627 §5), outbound flows (RFC 5626 §6)
 * and feature tags (RFC 3840 §6). CORE-REG-01, CORE-REG-05, CORE-REG-06, X-05 to.
 */
export class Registrar {
  readonly #auth: CoreAuth;
  readonly #bindings: Bindings;
  readonly #gruus: Gruus;
  readonly #isOwnAddress: (host: string, port: number | null) => boolean;
  readonly #domain: string;

  constructor(parts: {
    readonly auth: CoreAuth;
    readonly bindings: Bindings;
    readonly gruus: Gruus;
    readonly domain: string;
    readonly isOwnAddress: (host: string, port: number | null) => boolean;
  }) {
    this.#auth = parts.auth;
    this.#bindings = parts.bindings;
    this.#gruus = parts.gruus;
    this.#domain = parts.domain;
    this.#isOwnAddress = parts.isOwnAddress;
  }

  /** Answers a REGISTER. All of its contacts are taken, or none. `aor` is null when it was refused. */
  register(request: SipRequest, flow: Flow): Registered {
    const outcome = this.#outcome(request, flow);
    if (outcome.kind === 'accepted') return outcome;
    const { code, headers, reason } = outcome;
    return { aor: null, response: respond(request, code, headers, reason) };
  }

  #outcome(request: SipRequest, flow: Flow): Refusal | (Registered & { readonly kind: 'accepted' }) {
    const unknown = request.headers('Require').filter((tag) => !EXTENSIONS.includes(tag.toLowerCase()));
    if (unknown.length > 0) {
      return { kind: 'refused', code: 420, headers: [['Unsupported', unknown.join(', ')]] };
    }
    const user = this.#addressedUser(request);
    if (user === null) return { kind: 'refused', code: 404 };
    const auth = this.#auth.check(request, 'registrar');
    if (auth.kind === 'challenge') return { kind: 'refused', code: auth.code, headers: auth.headers };
    const aor = `sip:${user}@${this.#domain}`;
    if (Buffer.from(user, 'latin1').toString('utf8') !== auth.username) return { kind: 'refused', code: 403 };
    const wanted = readContacts(request, this.#isOwnAddress);
    const refusal = wanted.kind === 'refused' ? wanted : this.#apply(aor, wanted, request, flow);
    if (refusal !== null) return refusal;
    return { kind: 'accepted', aor, response: this.#accept(request, aor, flow) };
  }

  /** User part of the AOR in To, decoded, when it is one of this domain's users. */
  #addressedUser(request: SipRequest): string | null {
    const to = parseSipUri(parseNameAddr(request.header('To') ?? '')?.uri ?? '');
    if (
      to === null ||
      to.user === null ||
      !this.#isOwnAddress(to.host, to.port) ||
      !this.#auth.hasUser(to.user)
    )
      return null;
    const aor = aorOf(to);
    return aor.slice('sip:'.length, aor.lastIndexOf('@'));
  }

  #apply(aor: string, wanted: Wanted, request: SipRequest, flow: Flow): Refusal | null {
    const { number: cseq } = request.cseq;
    const isStale = (before: CoreBinding | undefined): boolean =>
      before !== undefined && before.callId === request.callId && before.cseq >= cseq;
    const outOfOrder: Refusal = { kind: 'refused', code: 500, reason: 'CSeq Out Of Order' };
    if (wanted.kind === 'query') return null;
    if (wanted.kind === 'remove-all') {
      const all = this.#bindings.list(aor);
      if (all.some(isStale)) return outOfOrder;
      for (const binding of all) this.#remove(binding);
      return null;
    }
    const steps = wanted.contacts.map((contact) => ({
      contact,
      before: this.#bindings.find({
        aor,
        contact: contact.uri,
        instance: contact.instance,
        regId: contact.regId,
      }),
    }));
    if (steps.some(({ before }) => isStale(before))) return outOfOrder;
    const added = steps.filter(({ before, contact }) => before === undefined && contact.expires > 0).length;
    if (this.#bindings.list(aor).length + added > MAX_BINDINGS_PER_AOR) {
      return { kind: 'refused', code: 403, reason: 'Too Many Bindings' };
    }
    for (const { contact, before } of steps) {
      if (contact.expires > 0) this.#put(aor, contact, before, request, flow);
      else if (before !== undefined) this.#remove(before);
    }
    return null;
  }

  #put(
    aor: string,
    contact: WantedContact,
    before: CoreBinding | undefined,
    request: SipRequest,
    flow: Flow,
  ): void {
    const { instance } = contact;
    const wantsGruu = instance !== null && hasOption(request, 'gruu');
    const now = Date.now();
    this.#bindings.put(
      {
        aor,
        contact: contact.uri,
        instance,
        regId: contact.regId,
        parameters: contact.parameters,
        q: contact.q,
        path: request.headers('Path'),
        callId: request.callId,
        cseq: request.cseq.number,
        registeredAt: now,
        expiresAt: now + contact.expires * 1000,
        flowId: flow.id,
        pubGruu: wantsGruu ? this.#gruus.publicGruu(aor, instance) : null,
        tempGruu: wantsGruu
          ? this.#gruus.newTemporaryGruu(aor, instance, request.callId, request.cseq.number)
          : null,
      },
      changeOf(before, contact),
    );
  }

  #remove(binding: CoreBinding): void {
    this.#bindings.remove(binding, 'unregistered');
  }

  #accept(request: SipRequest, aor: string, flow: Flow): SipResponse {
    const showsGruus = hasOption(request, 'gruu');
    const headers: [string, string][] = this.#bindings
      .list(aor)
      .map((binding) => ['Contact', formatContact(binding, showsGruus)]);
    headers.push(['Date', new Date().toUTCString()], ['Supported', EXTENSIONS.join(', ')]);
    headers.push(['P-Associated-URI', `<${aorToUri(aor)}>`]);
    for (const path of request.headers('Path')) headers.push(['Path', path]);
    const usesOutbound = this.#bindings
      .list(aor)
      .some((binding) => binding.regId !== null && binding.callId === request.callId);
    if (usesOutbound && hasOption(request, 'outbound')) {
      const flowTimer = isReliable(flow) ? FLOW_TIMER : DATAGRAM_FLOW_TIMER;
      headers.push(['Require', 'outbound'], ['Flow-Timer', String(flowTimer)]);
    }
    return respond(request, 200, headers);
  }
}

/** Reads and checks the Contacts of a REGISTER (RFC 3261 §10.3 steps 6 and 7). */
function readContacts(
  request: SipRequest,
  isOwnAddress: (host: string, port: number | null) => boolean,
): Wanted | Refusal {
  const values = request.headers('Contact');
  const expiresHeader = readSeconds(request.header('Expires'));
  if (values.length === 0) return { kind: 'query' };
  if (values.includes('*')) {
    const removesAll = values.length === 1 && expiresHeader === 0;
    return removesAll
      ? { kind: 'remove-all' }
      : { kind: 'refused', code: 400, reason: 'Contact * Needs Expires 0' };
  }
  const contacts: WantedContact[] = [];
  for (const value of values) {
    const address = parseNameAddr(value);
    const uri = parseSipUri(address?.uri ?? '');
    if (address === null || uri === null) return { kind: 'refused', code: 400, reason: 'Malformed Contact' };
    // A contact that is itself a GRUU of this domain would loop (RFC 5627 §5.1).
    if (isOwnAddress(uri.host, uri.port) && uriParameter(uri, 'gr') !== undefined) {
      return { kind: 'refused', code: 403, reason: 'Contact Is A GRUU' };
    }
    const contact = readContact(address, expiresHeader ?? DEFAULT_EXPIRES);
    if (contact.expires > 0 && contact.expires < MIN_EXPIRES) {
      return { kind: 'refused', code: 423, headers: [['Min-Expires', String(MIN_EXPIRES)]] };
    }
    contacts.push(contact);
  }
  return { kind: 'contacts', contacts };
}

function readContact(address: NameAddr, expiresElse: number): WantedContact {
  const instance = headerParameter(address, '+sip.instance')?.replace(/^<|>$/g, '') ?? '';
  const regId = headerParameter(address, 'reg-id');
  return {
    uri: address.uri,
    // Contact's own expires wins over the Expires header.
    expires: Math.min(readSeconds(headerParameter(address, 'expires')) ?? expiresElse, MAX_EXPIRES),
    instance: instance === '' ? null : instance,
    regId: instance !== '' && regId !== undefined && /^[1-9]\d{0,8}$/.test(regId) ? Number(regId) : null,
    q: headerParameter(address, 'q') ?? null,
    parameters: address.parameters.filter(({ name }) => !OWN_PARAMETERS.has(name.toLowerCase())),
  };
}

/** A number of seconds; undefined when absent or malformed, which counts as absent (RFC 3261 §20.19). */
function readSeconds(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text.trim()) ? Number(text) : undefined;
}

/** A refresh that drops every push application withdraws from push but stays registered. */
function changeOf(before: CoreBinding | undefined, contact: WantedContact): RegistrationEvent {
  if (before === undefined) return 'created';
  const servedPush = announcedApplications(before.parameters).length > 0;
  return servedPush && announcedApplications(contact.parameters).length === 0 ? 'withdrawn' : 'refreshed';
}

function formatContact(binding: CoreBinding, showsGruus: boolean): string {
  const parameter = (name: string, value: string | null): HeaderParameter[] =>
    value === null ? [] : [{ name, value, quoted: true }];
  const seconds = Math.max(0, Math.round((binding.expiresAt - Date.now()) / 1000));
  return [
    `<${binding.contact}>`,
    formatParameters([
      ...binding.parameters,
      ...parameter('+sip.instance', binding.instance === null ? null : `<${binding.instance}>`),
      ...parameter('pub-gruu', showsGruus ? binding.pubGruu : null),
      ...parameter('temp-gruu', showsGruus ? binding.tempGruu : null),
    ]),
    binding.regId === null ? '' : `;reg-id=${binding.regId}`,
    binding.q === null ? '' : `;q=${binding.q}`,
    `;expires=${seconds}`,
  ].join('');
}

function hasOption(request: SipRequest, option: string): boolean {
  return request.headers('Supported').some((tag) => tag.toLowerCase() === option);
}
