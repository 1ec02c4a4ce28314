import { parseSipMessage, type SipRequest } from '../../sip/message.ts';
import { CoreAuth, type CoreUser } from './auth.ts';
import { Bindings, type CoreBinding, type RegistrationChange, type RegistrationEvent } from './bindings.ts';
import { DialogRoutes } from './dialog-routes.ts';
import type { Flow } from './flow.ts';
import { FORK_TIMERS, type ForkTimers } from './forking.ts';
import { Gruus } from './gruu.ts';
import type { CoreCertificate, ListenAddress, Listener } from './listener.ts';
import { openListeners } from './listeners.ts';
import { hostPort } from './local-addresses.ts';
import { Notifier } from './notifier.ts';
import { OwnAddresses } from './own-addresses.ts';
import { OwnAnswers } from './own-answers.ts';
import { PRESENCE_EVENT, PresencePackage } from './presence-package.ts';
import { type CoreExchange, exchangeOf, SipProxy } from './proxy.ts';
import { Publications } from './publications.ts';
import { REG_EVENT, RegPackage } from './reg-package.ts';
import { Registrar } from './registrar.ts';
import { Repetitions } from './repetition.ts';
import { respond } from './responses.ts';
import { Router } from './router.ts';
import { type RegistrationFilter, ThirdPartyRegistrations } from './third-party.ts';
import { flowOfAnswers, noteSource } from './via.ts';

export type SandboxCoreOptions = CoreSettings & (OverTcp | OverAny);

/** Listens for TCP alone; port 0 takes any free one. */
type OverTcp = { readonly host: string; readonly port: number };

type OverAny = {
  /** At least one. TCP and UDP of one host that both have port 0 get the same free one. */
  readonly listen: readonly ListenAddress[];
  /** For `tls` and `wss`. */
  readonly tls?: CoreCertificate;
};

type CoreSettings = {
  /** Domain of the users, such as `push.test`. */
  readonly domain: string;
  readonly users: readonly CoreUser[];
  /** Digest realm; the domain when absent. */
  readonly realm?: string;
  /** Lets senders who are no users push, without an asserted identity. Off when absent. */
  readonly allowAnySender?: boolean;
  /** Tells an application server of registrations; nobody is told when absent (CORE-REG-02). */
  readonly registrationFilter?: RegistrationFilter;
  /** Replaces some of the proxy's times, in milliseconds. */
  readonly timers?: Partial<ForkTimers>;
};

/** Events after which an instance has no binding left, or may have none. */
const ENDING_EVENTS: ReadonlySet<RegistrationEvent> = new Set(['unregistered', 'expired', 'flow-closed']);

/**
 * A small SIP/IP core: registrar, GRUUs, registration events, presence and a forking proxy, so that push
 * terminals and a push sender meet on one machine with no network.
 */
export class SandboxCore {
  /** Where terminals and senders connect: `sip:127.0.0.1:5060;transport=tcp`. */
  readonly uri: string;
  /** One URI for each address it listens on, in the order they were asked for. */
  readonly uris: readonly string[];
  readonly domain: string;
  readonly #listeners: readonly Listener[];
  readonly #answers = new OwnAnswers();
  readonly #bindings: Bindings;
  readonly #proxy: SipProxy;
  readonly #registrar: Registrar;
  readonly #notifier: Notifier;
  readonly #publications: Publications;
  readonly #thirdParty: ThirdPartyRegistrations | null;
  readonly #registrationListeners = new Set<(change: RegistrationChange) => void>();
  readonly #exchangeListeners = new Set<(exchange: CoreExchange) => void>();

  private constructor(
    options: CoreSettings,
    asked: readonly ListenAddress[],
    listeners: readonly Listener[],
  ) {
    const domain = options.domain.toLowerCase();
    const gruus = new Gruus(domain);
    const auth = new CoreAuth(options.realm ?? domain, options.users);
    const bindings = new Bindings((event, binding) => {
      if (ENDING_EVENTS.has(event)) forgetGruus(gruus, bindings, binding);
      regPackage.changed(event, binding);
      this.#notifier.changed(REG_EVENT, binding.aor);
      if (event === 'expired' || event === 'flow-closed') this.#thirdParty?.lapsed(binding.aor);
      const change = { at: new Date().toISOString(), event, binding };
      for (const tell of this.#registrationListeners) tell(change);
    });
    const regPackage = new RegPackage(bindings, gruus);
    const addresses = new OwnAddresses(domain, asked, listeners);
    const isOwnAddress = (host: string, port: number | null): boolean => addresses.includes(host, port);
    const shared = { auth, bindings, gruus, domain, isOwnAddress };
    this.uris = listeners.map(({ transport, host, port }, index) => {
      return `sip:${hostPort(asked[index]?.host ?? host, port)};transport=${transport}`;
    });
    this.uri = this.uris[0] ?? '';
    this.domain = domain;
    this.#listeners = listeners;
    this.#bindings = bindings;
    this.#registrar = new Registrar(shared);
    const timers = { ...FORK_TIMERS, ...options.timers };
    const repetitions = new Repetitions(timers.t1);
    const onAnswered = (request: SipRequest, code: number): void => {
      this.#report(exchangeOf(request, code, 0));
    };
    const own = { repetitions, answerTimeout: timers.answer, onAnswered };
    this.#publications = new Publications({
      ...shared,
      onChanged: (aor) => this.#notifier.changed(PRESENCE_EVENT, aor),
    });
    this.#notifier = new Notifier({
      ...shared,
      ...own,
      packages: [regPackage, new PresencePackage((aor) => this.#publications.documents(aor))],
      answers: this.#answers,
    });
    const { registrationFilter: filter } = options;
    this.#thirdParty =
      filter === undefined
        ? null
        : new ThirdPartyRegistrations({
            ...own,
            filter,
            bindings,
            findServer: () => newestFlow(listeners, bindings.list(filter.server)),
          });
    this.#proxy = new SipProxy({
      auth,
      router: new Router(shared),
      routes: new DialogRoutes(),
      answers: this.#answers,
      flowOf: (id) => flowOf(listeners, id),
      isOwnAddress,
      domain,
      allowAnySender: options.allowAnySender ?? false,
      timers,
      onExchange: (exchange) => this.#report(exchange),
    });
  }

  /** Starts a core. Rejects when it cannot listen on every address. */
  static async open(options: SandboxCoreOptions): Promise<SandboxCore> {
    // What comes before the last listener is open is dropped: nobody has been told yet where the core is.
    let core: SandboxCore | null = null;
    const asked = 'listen' in options ? options.listen : [overTcp(options)];
    const events = {
      onMessage: (flow: Flow, bytes: Buffer) => {
        if (core !== null) core.#receive(flow, bytes);
      },
      onClosed: (flow: Flow) => {
        if (core !== null) core.#flowClosed(flow);
      },
      isInUse: (flowId: string) => {
        if (core === null) return false;
        return core.#bindings.usesFlow(flowId);
      },
    };
    const certificate = 'listen' in options ? (options.tls ?? null) : null;
    core = new SandboxCore(options, asked, await openListeners(asked, events, certificate));
    return core;
  }

  /** The bindings of one AOR such as `sip:bob@push.test`, or all of them. */
  bindings(aor?: string): readonly CoreBinding[] {
    return this.#bindings.list(aor);
  }

  /** Calls back on every change of a binding. Returns what ends it. */
  onRegistration(listener: (change: RegistrationChange) => void): () => void {
    this.#registrationListeners.add(listener);
    return () => this.#registrationListeners.delete(listener);
  }

  /** Calls back for every request the proxy answered or forwarded. Returns what ends it. */
  onExchange(listener: (exchange: CoreExchange) => void): () => void {
    this.#exchangeListeners.add(listener);
    return () => this.#exchangeListeners.delete(listener);
  }

  /** Closes every connection and stops listening. */
  async close(): Promise<void> {
    this.#proxy.close();
    this.#notifier.close();
    this.#publications.close();
    this.#thirdParty?.close();
    await Promise.all(this.#listeners.map((listener) => listener.close()));
    this.#bindings.close();
  }

  #receive(flow: Flow, bytes: Buffer): void {
    const parsed = parseSipMessage(bytes);
    if (parsed.kind === 'bad') {
      if (!parsed.canAnswer) return;
      const phrase = `Bad Request: ${parsed.reason}`;
      flow.send(respond(parsed.request, parsed.code, [], parsed.code === 400 ? phrase : undefined).toBytes());
      return;
    }
    const { message } = parsed;
    if (message.kind === 'response') {
      const isOwn = this.#notifier.response(message, flow) || this.#thirdParty?.response(message, flow);
      if (isOwn !== true) this.#proxy.response(message, flow);
      return;
    }
    noteSource(message, flow);
    const upstream = flowOfAnswers(message, flow);
    if (this.#answers.giveAgain(message, upstream)) return;
    if (message.method === 'REGISTER') this.#register(message, upstream);
    else if (message.method === 'PUBLISH' && this.#publish(message, upstream)) return;
    else if (!this.#notifier.request(message, upstream)) this.#proxy.request(message, upstream);
  }

  #register(request: SipRequest, upstream: Flow): void {
    const { aor, response } = this.#registrar.register(request, upstream);
    this.#answers.give(request, upstream, response);
    if (aor !== null) this.#thirdParty?.registered(aor, { request, response });
  }

  /** False when the PUBLISH is for the proxy. */
  #publish(request: SipRequest, upstream: Flow): boolean {
    const response = this.#publications.request(request);
    if (response === null) return false;
    this.#answers.give(request, upstream, response);
    this.#report(exchangeOf(request, response.code, 0));
    return true;
  }

  #report(exchange: CoreExchange): void {
    for (const tell of this.#exchangeListeners) tell(exchange);
  }

  #flowClosed(flow: Flow): void {
    this.#notifier.flowClosed(flow);
    this.#proxy.flowClosed(flow);
    this.#bindings.flowClosed(flow.id);
  }
}

/** Temporary GRUUs end with the last binding of their instance (RFC 5627 §5.3). */
function forgetGruus(gruus: Gruus, bindings: Bindings, gone: CoreBinding): void {
  const { aor, instance } = gone;
  if (instance === null || bindings.list(aor).some((binding) => binding.instance === instance)) return;
  gruus.forget(aor, instance);
}

function flowOf(listeners: readonly Listener[], id: string): Flow | undefined {
  for (const listener of listeners) {
    const flow = listener.flow(id);
    if (flow !== undefined) return flow;
  }
  return undefined;
}

/** Where a user registered last, if the flow is still there. */
function newestFlow(
  listeners: readonly Listener[],
  bindings: readonly CoreBinding[],
): { readonly flow: Flow; readonly contact: string } | null {
  const newest = [...bindings].sort((a, b) => b.registeredAt - a.registeredAt)[0];
  const flow = newest === undefined ? undefined : flowOf(listeners, newest.flowId);
  return newest === undefined || flow === undefined ? null : { flow, contact: newest.contact };
}

function overTcp({ host, port }: OverTcp): ListenAddress {
  return { transport: 'tcp', host, port };
}
