import { formatVia, parseSipMessage, type SipRequest } from '../../sip/message.ts';
import { CoreAuth, type CoreUser } from './auth.ts';
import { Bindings, type CoreBinding, type RegistrationChange, type RegistrationEvent } from './bindings.ts';
import { DialogRoutes } from './dialog-routes.ts';
import type { Flow } from './flow.ts';
import { FORK_TIMERS, type ForkTimers } from './forking.ts';
import { Gruus } from './gruu.ts';
import { TcpListener } from './listener.ts';
import { type CoreExchange, exchangeOf, SipProxy } from './proxy.ts';
import { RegEvents } from './reg-event.ts';
import { Registrar } from './registrar.ts';
import { respond } from './responses.ts';
import { Router } from './router.ts';

export type SandboxCoreOptions = {
  /** Address to listen on; port 0 takes any free one. */
  readonly host: string;
  readonly port: number;
  /** Domain of the users, such as `push.test`. */
  readonly domain: string;
  readonly users: readonly CoreUser[];
  /** Digest realm; the domain when absent. */
  readonly realm?: string;
  /** Lets senders who are no users push, without an asserted identity. Off when absent. */
  readonly allowAnySender?: boolean;
  /** Replaces some of the proxy's times, in milliseconds. */
  readonly timers?: Partial<ForkTimers>;
};

const DEFAULT_SIP_PORT = 5060;
/** Events after which an instance has no binding left, or may have none. */
const ENDING_EVENTS: ReadonlySet<RegistrationEvent> = new Set(['unregistered', 'expired', 'flow-closed']);

/**
 * A small SIP/IP core on one TCP port: registrar, GRUUs, registration events and a forking proxy, so that push
 * terminals and a push sender meet on one machine with no network.
 */
export class SandboxCore {
  /** Where terminals and senders connect: `sip:127.0.0.1:5060;transport=tcp`. */
  readonly uri: string;
  readonly domain: string;
  readonly #listener: TcpListener;
  readonly #bindings: Bindings;
  readonly #proxy: SipProxy;
  readonly #registrar: Registrar;
  readonly #regEvents: RegEvents;
  readonly #registrationListeners = new Set<(change: RegistrationChange) => void>();
  readonly #exchangeListeners = new Set<(exchange: CoreExchange) => void>();

  private constructor(options: SandboxCoreOptions, listener: TcpListener) {
    const shownHost = options.host.includes(':') ? `[${options.host}]` : options.host;
    const hostPort = `${shownHost}:${listener.port}`;
    const domain = options.domain.toLowerCase();
    const gruus = new Gruus(domain);
    const auth = new CoreAuth(options.realm ?? domain, options.users);
    const bindings = new Bindings((event, binding) => {
      if (ENDING_EVENTS.has(event)) forgetGruus(gruus, bindings, binding);
      this.#regEvents.changed(event, binding);
      const change = { at: new Date().toISOString(), event, binding };
      for (const tell of this.#registrationListeners) tell(change);
    });
    const isOwnAddress = (host: string, port: number | null): boolean =>
      host.toLowerCase() === domain ||
      (host.toLowerCase() === shownHost.toLowerCase() && (port ?? DEFAULT_SIP_PORT) === listener.port);
    const shared = { auth, bindings, gruus, domain, isOwnAddress };
    this.uri = `sip:${hostPort};transport=tcp`;
    this.domain = domain;
    this.#listener = listener;
    this.#bindings = bindings;
    this.#registrar = new Registrar(shared);
    const timers = { ...FORK_TIMERS, ...options.timers };
    this.#regEvents = new RegEvents({
      ...shared,
      sentBy: hostPort,
      contact: this.uri,
      answerTimeout: timers.answer,
      onAnswered: (request, code) => this.#report(exchangeOf(request, code, 0)),
    });
    this.#proxy = new SipProxy({
      auth,
      router: new Router(shared),
      routes: new DialogRoutes(hostPort),
      flowOf: (id) => listener.flow(id),
      isOwnAddress,
      domain,
      sentBy: hostPort,
      allowAnySender: options.allowAnySender ?? false,
      timers,
      onExchange: (exchange) => this.#report(exchange),
    });
  }

  /** Starts a core. Rejects when the address cannot be listened on. */
  static async open(options: SandboxCoreOptions): Promise<SandboxCore> {
    // No message can come before the core exists: connections are read in a later turn of the event loop.
    let core: SandboxCore | null = null;
    const listener = await TcpListener.open(options, {
      onMessage: (flow, bytes) => {
        if (core !== null) core.#receive(flow, bytes);
      },
      onClosed: (flow) => {
        if (core !== null) core.#flowClosed(flow);
      },
    });
    core = new SandboxCore(options, listener);
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
    this.#regEvents.close();
    await this.#listener.close();
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
      if (!this.#regEvents.response(message, flow)) this.#proxy.response(message, flow);
      return;
    }
    noteSource(message, flow);
    if (message.method === 'REGISTER') flow.send(this.#registrar.register(message, flow).toBytes());
    else if (!this.#regEvents.request(message, flow)) this.#proxy.request(message, flow);
  }

  #report(exchange: CoreExchange): void {
    for (const tell of this.#exchangeListeners) tell(exchange);
  }

  #flowClosed(flow: Flow): void {
    this.#regEvents.flowClosed(flow);
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

/** Adds `received` and `rport` to the top Via (RFC 3261 §18.2.1, RFC 3581 §4). */
function noteSource(request: SipRequest, flow: Flow): void {
  const [, ...others] = request.headers('Via');
  const via = request.topVia;
  if (via === null) return;
  const parameters = via.parameters
    .filter(({ name }) => name.toLowerCase() !== 'received')
    .map((one) =>
      one.name.toLowerCase() === 'rport' ? { ...one, value: String(flow.remotePort), quoted: false } : one,
    );
  const received = { name: 'received', value: flow.remoteHost, quoted: false };
  request.fields.replace('Via', [formatVia({ ...via, parameters: [...parameters, received] }), ...others]);
}
