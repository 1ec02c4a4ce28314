import { formatHostPort, parseCoreAddress } from '../sip/core-address.ts';
import { CoreSocket } from '../sip/core-socket.ts';
import type { TlsSettings } from '../sip/socket.ts';
import { aorOf, parseSipUri, type SipUri } from '../sip/uri.ts';
import { type IncomingRequest, SipUserAgent } from '../sip/user-agent.ts';
import type { SipTap } from '../sip/wire-tap.ts';
import { CapabilityPublisher } from './capabilities/publisher.ts';
import { credentialsOf } from './credentials.ts';
import type {
  Binding,
  Emit,
  FlowView,
  PublicationView,
  RegEventState,
  RegisterExchange,
  Registered,
  RegistrationState,
} from './events.ts';
import { Gruus } from './gruus.ts';
import { Paced } from './paced.ts';
import { domainOf, type Profile } from './profile.ts';
import { RegEvent } from './reg-event.ts';
import { contactTags } from './register-request.ts';
import { Registration } from './registration.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';
import { tellRegistration } from './tell-registration.ts';

export type CoreLinkOptions = {
  /** The profile of the moment. */
  readonly profile: () => Profile;
  readonly instanceId: string;
  readonly tls: TlsSettings;
  readonly sequences: SequenceNumbers;
  /** Sees what goes over the flow. */
  readonly tap?: SipTap;
  readonly emit: Emit;
  /** Where our UAProf document is, or null. */
  readonly uaProfile: () => string | null;
  /** A request outside any dialog; it must be answered. */
  readonly request: (request: IncomingRequest) => void;
  readonly cancelled: (invite: IncomingRequest) => void;
  /** The terminal is registered, again or anew. */
  readonly registered: () => void;
  /** The flow is lost. */
  readonly lost: () => void;
  readonly fault: (error: unknown) => void;
};

const UNVERIFIED =
  'The certificate of the core is not checked (tls.verify is off): anyone could be the core.';
/** The registrar forgetting us is followed by a REGISTER, but not more often than this. */
const REMINDER_MS = 10_000;

/** How one terminal stands with its core: the flow, the registration, its GRUUs, and who else is registered. */
export class CoreLink {
  readonly ua: SipUserAgent;
  /** Header lines of requests that say who asks and from where: P-Preferred-Identity, P-Access-Network-Info. */
  readonly identityHeaders: readonly string[];
  readonly #options: CoreLinkOptions;
  readonly #socket: CoreSocket;
  readonly #registration: Registration;
  readonly #regEvent: RegEvent;
  readonly #publisher: CapabilityPublisher;
  readonly #gruus = new Gruus();
  #watched: readonly Binding[] | null = null;
  #lastRegistered: Registered | null = null;
  readonly #reminder = new Paced(() => this.#registration.refresh(), REMINDER_MS);

  /** @throws Error with a sentence for the user when a core's address makes no sense. */
  constructor(options: CoreLinkOptions) {
    this.#options = options;
    const { emit, instanceId } = options;
    const profile = options.profile();
    const { ims, keepAlive } = profile;
    const cores = profile.core.map(parseCoreAddress);
    this.#socket = new CoreSocket({
      cores,
      tls: options.tls,
      keepAlive,
      ...(options.tap === undefined ? {} : { tap: options.tap }),
    });
    const credentials = credentialsOf(profile, options.sequences);
    this.ua = new SipUserAgent({
      socket: this.#socket,
      aor: profile.aor,
      ...(profile.displayName === undefined ? {} : { displayName: profile.displayName }),
      ...(credentials === null ? {} : { credentials }),
      handlers: {
        connected: () => this.#connected(),
        disconnected: (reason, retryAt) => this.#disconnected(reason, retryAt),
        ownsUri: (uri) => this.#owns(uri),
        request: options.request,
        cancelled: options.cancelled,
        fault: options.fault,
        wire: (direction, message) => this.#registration.exchanges.wire(direction, message),
      },
    });
    const access = ims.accessNetworkInfo === null ? [] : [`P-Access-Network-Info: ${ims.accessNetworkInfo}`];
    const preferred =
      ims.preferredIdentity === null ? [] : [`P-Preferred-Identity: <${ims.preferredIdentity}>`];
    this.identityHeaders = [...preferred, ...access];
    const secure = cores.some(({ transport }) => transport === 'tls' || transport === 'wss');
    this.#registration = new Registration(this.ua, {
      aor: profile.aor,
      expires: profile.expires,
      instanceId,
      outbound: profile.outbound,
      keepAlive,
      applications: (withdrawn) => (withdrawn ? [] : options.profile().applications),
      ims,
      gruus: this.#gruus,
      flow: this.#socket,
      headers: access,
      warnings: secure && !profile.tls.verify ? [UNVERIFIED] : [],
      onState: (state) => this.#registrationChanged(state),
    });
    this.#regEvent = new RegEvent(this.ua, {
      aor: profile.aor,
      instanceId,
      contactLine: () => this.contactLine(),
      headers: this.identityHeaders,
      changed: (_state, bindings) => this.#watchChanged(bindings),
      callId: this.#registration.callId,
      voided: (firstCseq) => this.#gruus.dropTemporary(firstCseq ?? undefined),
      forgotten: () => this.#forgotten(),
    });
    this.#publisher = new CapabilityPublisher(this.ua, {
      profile: options.profile,
      instanceId,
      gruu: () => this.#gruus.public,
      tags: () => this.#tags(),
      uaProfile: options.uaProfile,
      headers: this.identityHeaders,
      emit,
      changed: () => this.#tell(),
    });
    // Windows show the state of the watch together with the registration's.
    this.#tell = () => emit({ event: 'registration', state: this.#registration.state });
  }

  readonly #tell: () => void;

  get registration(): RegistrationState {
    return this.#registration.state;
  }

  /** What the last registration told; null before the first. */
  get lastRegistered(): Registered | null {
    return this.#lastRegistered;
  }

  /** True while the push tags are taken back. */
  get withdrawn(): boolean {
    return this.#registration.withdrawn;
  }

  get exchange(): RegisterExchange | null {
    return this.#registration.exchanges.last;
  }

  get regEvent(): RegEventState {
    return this.#regEvent.state;
  }

  /** The published capabilities; null where the profile wants none. */
  get publication(): PublicationView | null {
    return this.#publisher.view;
  }

  /** The user's contacts: by the reg event package where it is active, else as of the last 2xx to REGISTER. */
  get bindings(): readonly Binding[] {
    const { state } = this.#registration;
    const answered = state.kind === 'registered' ? state.bindings : [];
    if (this.#watched === null) return answered;
    // Not every notifier tells instances and GRUUs; the 2xx knows those of its time.
    return this.#watched.map((one) => {
      const known = one.instance === null && answered.find(({ contact }) => contact === one.contact);
      return known ? { ...known, expires: one.expires, expiresAt: one.expiresAt } : one;
    });
  }

  /** The connection in use, or null. */
  get flow(): FlowView | null {
    const { local, remote, core, via_transport: transport } = this.#socket;
    if (local === null || remote === null || core === null) return null;
    return {
      transport,
      local: formatHostPort(local.host, local.port),
      remote: formatHostPort(remote.host, remote.port),
      core: core.text,
      spare: core.spare,
    };
  }

  /** Connects, registers, and keeps at both until closed. */
  start(): void {
    this.#registration.register();
    this.ua.start();
  }

  register(): void {
    this.#registration.register();
  }

  /** Takes the push tags back and stays on the core. */
  withdraw(): void {
    this.#registration.withdraw();
  }

  /** What the profile says to the core changed: registers again. */
  profileChanged(): void {
    this.#registration.refresh();
  }

  /** Leaves the core but keeps the flow (PRA-REG-10). */
  async unregister(): Promise<void> {
    this.#reminder.stop();
    // Both are asked for while the registration still stands.
    await Promise.all([this.#regEvent.leave(), this.#publisher.remove(), this.#registration.unregister()]);
  }

  networkChanged(): void {
    this.ua.networkChanged();
  }

  close(): void {
    this.#reminder.stop();
    this.ua.close();
  }

  /** GRUU where the core gave one, with the push and service tags (PRA-REG-07, PRA-SES-12, PRA-IMS-02, X-17). */
  contactLine(): string {
    return [`Contact: <${this.#gruus.public ?? this.ua.contactUri()}>`, ...this.#tags()].join(';');
  }

  #tags(): readonly string[] {
    const { applications, ims } = this.#options.profile();
    return contactTags(this.withdrawn ? [] : applications, ims);
  }

  #connected(): void {
    this.#regEvent.stop();
    // A place we were redirected to is not to learn what answers a challenge of its own choosing.
    this.ua.onlyRealm = this.#socket.detoured ? domainOf(this.#options.profile().aor) : null;
    this.#registration.flowUp();
  }

  #disconnected(reason: string, retryAt: number): void {
    this.#regEvent.stop();
    this.#publisher.suspend();
    this.#registration.flowDown(reason, retryAt);
    this.#options.lost();
  }

  #registrationChanged(state: RegistrationState): void {
    if (state.kind === 'registered') {
      this.#lastRegistered = state;
      if (this.#options.profile().regEvent) this.#regEvent.start();
      this.#publisher.publish();
    }
    tellRegistration(state, this.#options.emit);
    if (state.kind === 'registered') this.#options.registered();
  }

  #watchChanged(bindings: readonly Binding[] | null): void {
    const isNew = bindings !== null && bindings !== this.#watched;
    this.#watched = bindings;
    if (isNew) this.#options.emit({ event: 'bindings', bindings: this.bindings });
    this.#tell();
  }

  /** RFC 5628 §6.1: our instance is gone, and its temporary GRUUs with it; come back (TS 24.229 §5.1.1.7). */
  #forgotten(): void {
    this.#gruus.dropTemporary();
    this.#reminder.ask();
  }

  /** a GRUU of ours, or an identity that the core associates with our registration. */
  #owns(asked: SipUri): boolean {
    if (this.#gruus.owns(asked)) return true;
    const { state } = this.#registration;
    if (state.kind !== 'registered') return false;
    return state.details.identities.some((identity) => {
      const own = parseSipUri(identity);
      return own !== null && aorOf(own) === aorOf(asked);
    });
  }
}
