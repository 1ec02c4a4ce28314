import { randomBytes } from 'node:crypto';
import type { SipRequest, SipResponse } from '../../sip/message.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { aorToUri, escapeUser, parseSipUri, parseUri, uriParameter } from '../../sip/uri.ts';
import type { CoreAuth } from './auth.ts';
import type { CoreBinding } from './bindings.ts';
import type { DialogRoutes } from './dialog-routes.ts';
import { type Flow, isSecure } from './flow.ts';
import { type Branch, ForkedRequest, type ForkTimers } from './forking.ts';
import { forwardedRequest } from './forwarding.ts';
import type { OwnAnswers } from './own-answers.ts';
import { PRESENCE_EVENT } from './presence-package.ts';
import { REG_EVENT } from './reg-package.ts';
import { isOwnTag, respond } from './responses.ts';
import type { Router } from './router.ts';
import { Transactions } from './transactions.ts';

/** Methods that form or refresh dialogs, so that the core stays on their path (RFC 3261 §16.6 step 4). */
const DIALOG_METHODS = new Set(['INVITE', 'SUBSCRIBE', 'REFER', 'NOTIFY', 'UPDATE']);
/** Most copies of one request. */
const MAX_BRANCHES = 50;

/** One forwarded request and what became of it. `code` is what the sender was answered, `targets` the copies sent. */
export type CoreExchange = {
  readonly at: string;
  readonly method: string;
  readonly uri: string;
  readonly from: string;
  readonly targets: number;
  readonly code: number;
};

/** Where one copy goes. `binding` is null when only the dialog's flow is known. */
type Target = { readonly uri: string; readonly flow: Flow; readonly binding: CoreBinding | null };
type Sender = { readonly kind: 'user'; readonly uri: string } | { readonly kind: 'stranger' };
/** The core answers by itself. */
type Answer = {
  readonly kind: 'answer';
  readonly code: number;
  readonly headers?: readonly (readonly [string, string])[];
};

type Targets =
  | Answer
  | { readonly kind: 'core' }
  | { readonly kind: 'targets'; readonly targets: readonly Target[] };

export type ProxyParts = {
  readonly auth: CoreAuth;
  readonly router: Router;
  readonly routes: DialogRoutes;
  readonly flowOf: (id: string) => Flow | undefined;
  readonly isOwnAddress: (host: string, port: number | null) => boolean;
  readonly domain: string;
  readonly answers: OwnAnswers;
  readonly allowAnySender: boolean;
  readonly timers: ForkTimers;
  readonly onExchange: (exchange: CoreExchange) => void;
};

/**
 * The stateful proxy of the sandbox (RFC 3261 §16): asserts who sends (RFC 3325), forks to the targets the router
 * chooses, and keeps requests within dialogs on the connections of their ends.
 */
export class SipProxy {
  readonly #parts: ProxyParts;
  readonly #transactions = new Transactions();
  /** By AOR, of which there are no more than users. */
  readonly #callers = new Map<string, { readonly contact: string; readonly flow: Flow }>();

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  /** Takes a well-formed request whose Via names where it came from. */
  request(request: SipRequest, upstream: Flow): void {
    const known = this.#transactions.ofRequest(request, upstream);
    if (request.method === 'CANCEL') {
      this.#parts.answers.give(request, upstream, respond(request, known === undefined ? 481 : 200));
      known?.cancel();
      return;
    }
    if (known !== undefined) {
      if (request.method === 'ACK' && known.answeredWithFailure) known.acknowledge();
      else if (request.method === 'ACK') this.#forward(request, upstream);
      else known.repeatAnswer();
      return;
    }
    // The ACK to an answer of the core's own ends here.
    if (request.method === 'ACK' && isOwnTag(request.toTag)) return;
    this.#forward(request, upstream);
  }

  /** Takes a response to a request this proxy forwarded; any other is dropped (RFC 3261 §16.7). */
  response(response: SipResponse, flow: Flow): void {
    const found = this.#transactions.ofResponse(response);
    found?.transaction.receive(found.branchId, response, flow);
  }

  flowClosed(flow: Flow): void {
    this.#transactions.flowClosed(flow);
  }

  close(): void {
    this.#transactions.close();
  }

  #forward(request: SipRequest, upstream: Flow): void {
    const plan = this.#plan(request, upstream);
    if (plan.kind === 'branches') this.#send(request, upstream, plan.branches);
    else if (request.method !== 'ACK') {
      this.#parts.answers.give(request, upstream, respond(request, plan.code, plan.headers));
      this.#report(request, plan.code, 0);
    }
  }

  /** The steps of RFC 3261 §16.3 to §16.6: the copies to send, or the answer the core gives itself. */
  #plan(
    request: SipRequest,
    upstream: Flow,
  ): Answer | { readonly kind: 'branches'; branches: readonly Branch[] } {
    if (Number(request.header('Max-Forwards') ?? 1) === 0) return { kind: 'answer', code: 483 };
    if (this.#transactions.isLoop(request)) return { kind: 'answer', code: 482 };
    const extensions = request.headers('Proxy-Require');
    if (extensions.length > 0) {
      return { kind: 'answer', code: 420, headers: [['Unsupported', extensions.join(', ')]] };
    }
    if (this.#transactions.isFull) return { kind: 'answer', code: 503, headers: [['Retry-After', '5']] };
    const dialogFlows = this.#takeOwnRoutes(request, upstream);
    const targets = this.#targets(request, dialogFlows ?? []);
    if (targets.kind === 'core') return answerAsCore(request);
    const sender = this.#authenticate(request, dialogFlows !== null);
    if (sender.kind === 'answer') return sender;
    if (sender.kind === 'user') this.#remember(sender.uri, request, upstream);
    if (targets.kind === 'answer') return targets;
    this.#parts.auth.removeProxyCredentials(request);
    const branches = targets.targets.map((target) =>
      this.#branch(request, target, sender, upstream, dialogFlows !== null),
    );
    return { kind: 'branches', branches };
  }

  /** Removes the Route values of this core. Flows of the dialog they name, or null when they name none. */
  #takeOwnRoutes(request: SipRequest, upstream: Flow): readonly string[] | null {
    const routes = [...request.headers('Route')];
    let flows: readonly string[] | null = null;
    while (routes[0] !== undefined) {
      const uri = parseSipUri(parseNameAddr(routes[0])?.uri ?? '');
      if (uri === null || !this.#parts.isOwnAddress(uri.host, uri.port)) break;
      flows ??= this.#parts.routes.otherFlows(uri, upstream.id);
      routes.shift();
    }
    request.fields.replace('Route', routes);
    return flows;
  }

  /** Who sends: CORE-SEC-05, X-09. Within a dialog of this core, and for ACK, nobody is asked. */
  #authenticate(request: SipRequest, inDialog: boolean): Sender | Answer {
    const { auth, domain } = this.#parts;
    if (inDialog || request.method === 'ACK') return { kind: 'stranger' };
    if (this.#parts.allowAnySender && !auth.hasProxyCredentials(request) && !this.#claimsUser(request)) {
      return { kind: 'stranger' };
    }
    const result = auth.check(request, 'proxy');
    if (result.kind === 'challenge') return { kind: 'answer', code: result.code, headers: result.headers };
    return { kind: 'user', uri: `sip:${escapeUser(result.username)}@${domain}` };
  }

  /** A user who does not register can still be called back, over the connection of the last dialog it began. */
  #remember(aor: string, request: SipRequest, flow: Flow): void {
    const contact = parseNameAddr(request.header('Contact') ?? '')?.uri;
    if (request.method === 'INVITE' && contact !== undefined) this.#callers.set(aor, { contact, flow });
  }

  /** Where to call back the user that a request is for; null for one who never called. */
  #caller(request: SipRequest): Target | null {
    const uri = parseSipUri(request.uri);
    if (uri === null || uri.user === null) return null;
    const caller = this.#callers.get(`sip:${escapeUser(uri.user)}@${this.#parts.domain}`);
    if (caller === undefined || !caller.flow.isOpen || (isSips(request) && !isSecure(caller.flow)))
      return null;
    return { uri: caller.contact, flow: caller.flow, binding: null };
  }

  #claimsUser(request: SipRequest): boolean {
    const from = parseSipUri(parseNameAddr(request.header('From') ?? '')?.uri ?? '');
    if (from === null || from.user === null || !this.#parts.isOwnAddress(from.host, from.port)) return false;
    return this.#parts.auth.hasUser(from.user);
  }

  /** Where the request goes. `dialogFlows` lead to the other end of its dialog and are empty outside one. */
  #targets(request: SipRequest, dialogFlows: readonly string[]): Targets {
    const dialogFlow = dialogFlows.map((id) => this.#parts.flowOf(id)).find((flow) => flow?.isOpen === true);
    const uri = parseUri(request.uri);
    const isGruu = uri !== null && uriParameter(uri, 'gr') !== undefined;
    // A contact is reached over the flow of its dialog, whatever its URI says; a GRUU wherever its instance is now.
    if (dialogFlow === undefined || isGruu) {
      const selected = this.#selectedTargets(request);
      if (selected.kind === 'targets' || dialogFlows.length === 0) return selected;
    }
    if (dialogFlow === undefined) return { kind: 'answer', code: 430 };
    return { kind: 'targets', targets: [{ uri: request.uri, flow: dialogFlow, binding: null }] };
  }

  #selectedTargets(request: SipRequest): Targets {
    const selection = this.#parts.router.select(request);
    if (selection.kind === 'core') return selection;
    if (selection.kind === 'refused') {
      const caller = selection.code === 480 && request.method === 'INVITE' ? this.#caller(request) : null;
      if (caller !== null) return { kind: 'targets', targets: [caller] };
      return { kind: 'answer', code: selection.code };
    }
    const mustBeSecure = isSips(request);
    const targets = selection.bindings.slice(0, MAX_BRANCHES).flatMap((binding): Target[] => {
      const flow = this.#parts.flowOf(binding.flowId);
      if (flow === undefined || (mustBeSecure && !isSecure(flow))) return [];
      return [{ uri: binding.contact, flow, binding }];
    });
    return targets.length === 0 ? { kind: 'answer', code: 480 } : { kind: 'targets', targets };
  }

  #branch(request: SipRequest, target: Target, sender: Sender, upstream: Flow, inDialog: boolean): Branch {
    const id = `z9hG4bK${randomBytes(12).toString('hex')}`;
    const { binding, flow } = target;
    const copy = forwardedRequest(request, {
      uri: target.uri,
      via: `SIP/2.0/${flow.transport} ${flow.sentBy};branch=${id}`,
      recordRoutes: DIALOG_METHODS.has(request.method)
        ? this.#parts.routes.recordRoutes(upstream, flow, isSips(request))
        : [],
      path: binding?.path ?? [],
      assertedIdentity: sender.kind === 'user' ? sender.uri : null,
      calledParty: inDialog || request.toTag !== undefined ? null : request.uri,
    });
    return { id, request: copy, flow, assertedIdentity: binding === null ? null : aorToUri(binding.aor) };
  }

  #send(request: SipRequest, upstream: Flow, branches: readonly Branch[]): void {
    if (request.method === 'ACK') {
      for (const branch of branches) branch.flow.send(branch.request.toBytes());
      return;
    }
    if (request.method === 'INVITE') upstream.send(respond(request, 100).toBytes());
    const transaction: ForkedRequest = new ForkedRequest({
      request,
      upstream,
      branches,
      timers: this.#parts.timers,
      onAnswered: (code) => this.#report(request, code, branches.length),
      onEnded: () => this.#transactions.remove(transaction),
    });
    this.#transactions.add(transaction);
    transaction.start();
  }

  #report(request: SipRequest, code: number, targets: number): void {
    this.#parts.onExchange(exchangeOf(request, code, targets));
  }
}

/** What to tell of a request that was answered just now. */
export function exchangeOf(request: SipRequest, code: number, targets: number): CoreExchange {
  const from = parseNameAddr(request.header('From') ?? '')?.uri ?? '';
  const { method, uri } = request;
  return { at: new Date().toISOString(), method, uri, from, targets, code };
}

/** A request to a sips URI travels over TLS all the way (RFC 3261 §26.2.2). */
function isSips(request: SipRequest): boolean {
  return parseSipUri(request.uri)?.scheme === 'sips';
}

/** OPTIONS asks what the core can do (RFC 3261 §11); of events it knows those of its users (RFC 6665 §4.2.1.2). */
function answerAsCore({ method }: SipRequest): Answer {
  if (method === 'SUBSCRIBE' || method === 'NOTIFY') {
    return { kind: 'answer', code: 489, headers: [['Allow-Events', EVENTS]] };
  }
  return { kind: 'answer', code: method === 'OPTIONS' ? 200 : 404, headers: CORE_CAPABILITIES };
}

const EVENTS = `${REG_EVENT}, ${PRESENCE_EVENT}`;
const CORE_CAPABILITIES: readonly (readonly [string, string])[] = [
  [
    'Allow',
    'REGISTER, OPTIONS, INVITE, ACK, CANCEL, BYE, MESSAGE, SUBSCRIBE, NOTIFY, REFER, PUBLISH, UPDATE',
  ],
  ['Supported', 'gruu, path, outbound, pref'],
  ['Allow-Events', EVENTS],
];
