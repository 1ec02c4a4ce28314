import { mkdir } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import type { History } from '../history/history.ts';
import { MsrpListener } from '../msrp/listener.ts';
import { ALLOWED_METHODS } from '../sip/capabilities.ts';
import { parseCoreAddress, socketTo } from '../sip/core-address.ts';
import { formatPushTag } from '../sip/feature-tags.ts';
import { sendReply } from '../sip/reply.ts';
import type { SipSocket } from '../sip/socket.ts';
import { parseSipUri, type SipUri, uriParameter } from '../sip/uri.ts';
import { type IncomingRequest, SipUserAgent } from '../sip/user-agent.ts';
import type { Emit, RegistrationState, TerminalEvent } from './events.ts';
import { messageOf } from './live-push.ts';
import { type ProcedureContext, receiveMessage } from './pager-mode.ts';
import type { Profile } from './profile.ts';
import { Refusals } from './refusals.ts';
import { Registration } from './registration.ts';
import { SessionMode } from './session-mode.ts';
import { readTlsFiles } from './tls-files.ts';

export type TerminalOptions = {
  readonly profile: Profile;
  /** `urn:uuid:…`, kept between starts by the caller. */
  readonly instanceId: string;
  /** Where received files go; made when missing. */
  readonly filesFolder: string;
  readonly history: History;
  readonly emit: (event: TerminalEvent) => void;
};

/** One PRA instance: profile, registration, MSRP listener and the procedures, composed. */
export class Terminal {
  readonly profile: Profile;
  readonly instanceId: string;
  readonly #ua: SipUserAgent;
  readonly #listener: MsrpListener;
  readonly #registration: Registration;
  readonly #sessions: SessionMode;
  readonly #context: ProcedureContext;
  #started = false;
  #closed = false;

  private constructor(options: TerminalOptions, listener: MsrpListener, socket: SipSocket) {
    const { profile } = options;
    this.profile = profile;
    this.instanceId = options.instanceId;
    this.#listener = listener;
    const emit: Emit = (event) =>
      options.emit({ at: new Date().toISOString(), terminal: profile.name, ...event } as TerminalEvent);
    this.#ua = new SipUserAgent({
      socket,
      aor: profile.aor,
      ...(profile.displayName === undefined ? {} : { displayName: profile.displayName }),
      ...(profile.auth === undefined ? {} : { credentials: { kind: 'password', ...profile.auth } }),
      handlers: {
        connected: () => this.#registration.flowUp(),
        disconnected: (reason, retryAt) => {
          this.#registration.flowDown(reason, retryAt);
          this.#sessions.flowLost();
        },
        ownsUri: (uri) => this.#ownsGruu(uri),
        request: (request) => this.#dispatch(request),
        cancelled: (invite) => this.#sessions.cancelled(invite),
        fault: (error) =>
          emit({ event: 'error', message: `A SIP message could not be handled: ${messageOf(error)}` }),
      },
    });
    this.#registration = new Registration(this.#ua, {
      aor: profile.aor,
      expires: profile.expires,
      instanceId: options.instanceId,
      pushTag: formatPushTag(profile.applications),
      warnings:
        socket.via_transport === 'TLS' && !profile.tls.verify
          ? ['The certificate of the core is not checked (tls.verify is off): anyone could be the core.']
          : [],
      onState: (state) => tellRegistration(state, emit),
    });
    const refusals = new Refusals(profile.name, options.history, emit);
    this.#context = { profile, history: options.history, refusals, emit };
    this.#sessions = new SessionMode({
      ...this.#context,
      ua: this.#ua,
      listener,
      filesFolder: options.filesFolder,
      mediaHost: () => this.#mediaHost(),
      contactLine: () => this.#contactLine(),
    });
  }

  /** Opens the MSRP listener and makes the files folder. Rejects with a sentence for the user. */
  static async open(options: TerminalOptions): Promise<Terminal> {
    const address = parseCoreAddress(options.profile.core);
    const socket = socketTo(address, await readTlsFiles(options.profile.tls));
    const { host, port, tls, relay } = options.profile.msrp;
    if (tls || relay !== null)
      throw new Error('msrp.tls and msrp.relay are not supported yet; leave them out.');
    await mkdir(options.filesFolder, { recursive: true }).catch((error: unknown) => {
      throw new Error(`The folder for received files cannot be made: ${messageOf(error)}`);
    });
    const listener = await MsrpListener.open({ host, port }).catch((error: unknown) => {
      throw new Error(`MSRP cannot listen on ${host}:${port}: ${messageOf(error)}`);
    });
    return new Terminal(options, listener, socket);
  }

  get name(): string {
    return this.profile.name;
  }

  /** Where the MSRP listener waits. */
  get msrp(): { readonly host: string; readonly port: number } {
    return { host: this.#mediaHost(), port: this.#listener.port };
  }

  get registration(): RegistrationState {
    return this.#registration.state;
  }

  /** Connects to the core and registers, and keeps at both until closed. */
  start(): void {
    this.#started = true;
    this.#registration.register();
    this.#ua.start();
  }

  register(): void {
    if (this.#started) this.#registration.register();
    else this.start();
  }

  /** Leaves the core but keeps the flow (PRA-REG-10). */
  unregister(): Promise<void> {
    return this.#registration.unregister();
  }

  /** Accepts some files of an offer and declines the others. @throws Error with a sentence when it no longer waits. */
  accept(offer: string, files: readonly number[]): void {
    this.#sessions.get(offer).accept(files);
  }

  /** Declines an offer as its user. @throws Error with a sentence when it is over. */
  decline(offer: string): void {
    this.#sessions.get(offer).decline('user');
  }

  /** Stops one file in mid-flight. @throws Error with a sentence when it is not arriving. */
  abort(offer: string, index: number): void {
    this.#sessions.get(offer).abort(index);
  }

  deadlines(): readonly { readonly offer: string; readonly deadline: string }[] {
    return this.#sessions.deadlines();
  }

  /** Ends sessions, de-registers (bounded in time) and closes every socket. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#sessions.close();
    await this.#registration.unregister();
    this.#ua.close();
    await this.#listener.close();
  }

  #dispatch(request: IncomingRequest): void {
    switch (request.method) {
      case 'MESSAGE':
        this.#run(request, receiveMessage(request, this.#context));
        return;
      case 'INVITE':
        this.#run(request, this.#sessions.receiveInvite(request));
        return;
      case 'OPTIONS':
        sendReply(request, {
          code: 200,
          headers: [
            this.#contactLine(),
            `Allow: ${ALLOWED_METHODS.join(', ')}`,
            `Accept: application/sdp, ${this.profile.content.accept.join(', ')}`,
          ],
        });
        return;
      case 'BYE':
        sendReply(request, { code: 481 });
        return;
      default:
        sendReply(request, { code: 405 });
    }
  }

  /** A procedure that fails by our own fault still answers, and says so (PRA-STA-07). */
  #run(request: IncomingRequest, procedure: Promise<void>): void {
    procedure.catch((error: unknown) => {
      sendReply(request, { code: 500, headers: ['Retry-After: 10'] });
      this.#context.emit({
        event: 'error',
        message: `${request.method} could not be handled: ${messageOf(error)}`,
      });
    });
  }

  /** reachable at either GRUU, rewritten to the contact or not. */
  #ownsGruu(asked: SipUri): boolean {
    if (uriParameter(asked, 'gr') === undefined) return false;
    const { pub_gruu, temp_gruu } = this.#ua.contact;
    return [pub_gruu, temp_gruu].some((own) => {
      const ours = own === null ? null : parseSipUri(own);
      return (
        ours !== null &&
        ours.user === asked.user &&
        ours.host.toLowerCase() === asked.host.toLowerCase() &&
        uriParameter(ours, 'gr') === uriParameter(asked, 'gr')
      );
    });
  }

  /** GRUU where the core gave one, with the push tags (PRA-REG-07, PRA-SES-12, X-17). */
  #contactLine(): string {
    const address = this.#ua.contact.pub_gruu ?? this.#ua.contactUri();
    return `Contact: <${address}>;${formatPushTag(this.profile.applications)}`;
  }

  #mediaHost(): string {
    const { host } = this.profile.msrp;
    if (host !== '0.0.0.0' && host !== '::') return host;
    return this.#ua.localAddress?.host ?? firstExternalAddress();
  }
}

function tellRegistration(state: RegistrationState, emit: Emit): void {
  emit({ event: 'registration', state });
  switch (state.kind) {
    case 'registered': {
      const expires = Math.round((Date.parse(state.expiresAt) - Date.now()) / 1000);
      const { pubGruu, tempGruu, bindings } = state;
      emit({ event: 'registered', expires, pubGruu, tempGruu, bindings });
      return;
    }
    case 'failed':
      emit({ event: 'registration-failed', code: state.code, reason: state.reason, retryAt: state.retryAt });
      return;
    case 'unregistered':
      emit({ event: 'unregistered' });
      return;
    case 'connecting':
    case 'registering':
      return;
  }
}

function firstExternalAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find((address) => !address.internal)?.address ?? '127.0.0.1';
}
