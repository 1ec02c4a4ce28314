import { mkdir } from 'node:fs/promises';
import { isDeepStrictEqual } from 'node:util';
import type { History } from '../history/history.ts';
import { type Reply, sendReply } from '../sip/reply.ts';
import type { TlsSettings } from '../sip/socket.ts';
import { parseEvent } from '../sip/subscription-state.ts';
import type { IncomingRequest } from '../sip/user-agent.ts';
import type { Trace } from '../trace/trace.ts';
import type { AlreadyAnswered } from './already-answered.ts';
import { Applications } from './applications/applications.ts';
import { type AppPermissions, NO_PERMISSIONS } from './applications/handover.ts';
import { OptionsAnswers } from './capabilities/answer-options.ts';
import { uaProfOf } from './capabilities/uaprof.ts';
import { UaProfServer } from './capabilities/uaprof-server.ts';
import { CoreLink } from './core-link.ts';
import type {
  Binding,
  Emit,
  FlowView,
  PublicationView,
  RegEventState,
  RegisterExchange,
  Registered,
  RegistrationState,
  TerminalEvent,
} from './events.ts';
import { messageOf } from './live-push.ts';
import { MediaEndpoint } from './media-endpoint.ts';
import { isoNow } from './now.ts';
import { FAULT, receiveMessage } from './pager-mode.ts';
import type { Profile } from './profile.ts';
import { Pushes } from './pushes.ts';
import { receiveNotify } from './receive-notify.ts';
import type { LiveRefer } from './refer/live-refer.ts';
import { ReferMode } from './refer/refer-mode.ts';
import { Refusals } from './refusals.ts';
import type { SequenceNumbers } from './sequence-numbers.ts';
import { SessionMode, type SessionModeContext } from './session-mode.ts';
import { Subscriptions } from './subscriptions.ts';
import { readTlsFiles } from './tls-files.ts';

export type TerminalOptions = {
  readonly profile: Profile;
  /** `urn:uuid:…`, kept between starts by the caller. */
  readonly instanceId: string;
  /** Where received files go; made when missing. */
  readonly filesFolder: string;
  readonly history: History;
  /** Shared by the terminals of one history. */
  readonly answered: AlreadyAnswered;
  readonly sequences: SequenceNumbers;
  /** Records what goes over the wire; nothing is recorded when absent. */
  readonly trace?: Trace;
  /** Where referenced content is fetched to; made when missing. */
  readonly fetchFolder: string;
  readonly emit: (event: TerminalEvent) => void;
  /** What the app's own settings allow at the moment; nothing when absent. */
  readonly allows?: () => AppPermissions;
  /** Events that nobody wants, and that are therefore not made. */
  readonly ignored?: ReadonlySet<TerminalEvent['event']>;
};

/** One PRA instance: profile, registration, MSRP listener and the procedures, composed. */
export class Terminal {
  readonly instanceId: string;
  readonly subscriptions: Subscriptions;
  readonly #media: MediaEndpoint;
  readonly #uaProf: UaProfServer | null;
  readonly #link: CoreLink;
  readonly #sessions: SessionMode;
  readonly #options: OptionsAnswers;
  readonly #refers: ReferMode;
  readonly #pushes: Pushes;
  readonly #applications: Applications;
  readonly #context: SessionModeContext;
  #profile: Profile;
  #started = false;
  #closed = false;

  private constructor(
    options: TerminalOptions,
    media: MediaEndpoint,
    uaProf: UaProfServer | null,
    tls: TlsSettings,
  ) {
    const { profile, history, instanceId } = options;
    this.#profile = profile;
    this.instanceId = instanceId;
    this.#media = media;
    this.#uaProf = uaProf;
    const emit: Emit = (event) => {
      if (options.ignored?.has(event.event)) return;
      options.emit({ at: isoNow(), terminal: profile.name, ...event } as TerminalEvent);
    };
    this.#link = new CoreLink({
      profile: () => this.#profile,
      instanceId,
      tls,
      sequences: options.sequences,
      ...(options.trace === undefined ? {} : { tap: options.trace.sip(profile.name) }),
      emit,
      request: (request) => this.#dispatch(request),
      uaProfile: () => this.uaProfile,
      cancelled: (invite) => this.#sessions.cancelled(invite),
      registered: () => this.subscriptions.resume(),
      lost: () => {
        this.#sessions.flowLost();
        this.#refers.flowLost();
        this.subscriptions.suspend();
      },
      fault: (error) =>
        emit({ event: 'error', message: `A SIP message could not be handled: ${messageOf(error)}` }),
    });
    const served = (): Profile => this.#served();
    this.#applications = new Applications({
      profile: () => this.#profile,
      history,
      emit,
      allows: options.allows ?? (() => NO_PERMISSIONS),
    });
    this.#pushes = new Pushes({
      profile: served,
      history,
      emit,
      applications: this.#applications,
      fetchFolder: options.fetchFolder,
      ca: tls.ca,
    });
    this.#context = {
      // Read anew for each push: applications and rules change while the terminal runs.
      get profile() {
        return served();
      },
      pushes: this.#pushes,
      answered: options.answered,
      history,
      refusals: new Refusals(profile.name, history, emit),
      emit,
      ua: this.#link.ua,
      applications: this.#applications,
      media,
      filesFolder: options.filesFolder,
      contactLine: () => this.#link.contactLine(),
      message: (request) => this.#dispatch(request),
      options: (request) => this.#options.inDialog(request),
    };
    this.#refers = new ReferMode({
      get profile() {
        return served();
      },
      history,
      refusals: this.#context.refusals,
      emit,
      ua: this.#link.ua,
      contactLine: () => this.#link.contactLine(),
      subscribe: (asked) => this.subscriptions.start(asked, 'refer'),
    });
    this.#options = new OptionsAnswers({
      get profile() {
        return served();
      },
      contactLine: () => this.#link.contactLine(),
      media,
      busy: () => this.#sessions.busy,
      uaProfile: () => this.uaProfile,
    });
    this.#sessions = new SessionMode(this.#context);
    this.subscriptions = new Subscriptions({
      ua: this.#link.ua,
      profile: () => this.#profile,
      contactLine: () => this.#link.contactLine(),
      identityHeaders: this.#link.identityHeaders,
      deviceCapabilities: () => this.uaProfile,
      receive: (notification, frame) => receiveNotify(notification, frame, this.#context),
      emit,
    });
  }

  /** Opens the MSRP endpoint and makes the files folder. Rejects with a sentence for the user. */
  static async open(options: TerminalOptions): Promise<Terminal> {
    const files = await readTlsFiles(options.profile.tls);
    await mkdir(options.fetchFolder, { recursive: true, mode: 0o700 });
    await mkdir(options.filesFolder, { recursive: true }).catch((error: unknown) => {
      throw new Error(`The folder for received files cannot be made: ${messageOf(error)}`);
    });
    const opened: { terminal: Terminal | null } = { terminal: null };
    const media = await MediaEndpoint.open({
      profile: options.profile,
      files,
      ...(options.trace === undefined ? {} : { tap: options.trace.msrp(options.profile.name) }),
      flowHost: () => opened.terminal?.flowHost ?? null,
      relayChanged: (problem) => opened.terminal?.relayChanged(problem),
    });
    let uaProf: UaProfServer | null = null;
    try {
      const { serve } = options.profile.capabilities;
      const document = () => uaProfOf(opened.terminal?.profile ?? options.profile);
      const flowHost = () => opened.terminal?.flowHost ?? null;
      uaProf = serve === null ? null : await UaProfServer.open(serve, document, flowHost);
      opened.terminal = new Terminal(options, media, uaProf, files);
      await opened.terminal.#sessions.leftovers.recover();
      return opened.terminal;
    } catch (error) {
      await uaProf?.close();
      await media.close();
      throw error;
    }
  }

  get name(): string {
    return this.#profile.name;
  }

  /** Where MSRP sessions are awaited, as peers are told. */
  get msrp(): { readonly host: string; readonly port: number } {
    return { host: this.#media.host, port: this.#media.port };
  }

  /** Where the UAProf document of this terminal is, as others are told; null without one. */
  get uaProfile(): string | null {
    return this.#profile.device.uaProf ?? this.#uaProf?.url ?? null;
  }

  get profile(): Profile {
    return this.#profile;
  }

  get registration(): RegistrationState {
    return this.#link.registration;
  }

  /** What the last registration told; null before the first. */
  get lastRegistered(): Registered | null {
    return this.#link.lastRegistered;
  }

  /** The user's contacts, live where the core offers the reg event package. */
  get bindings(): readonly Binding[] {
    return this.#link.bindings;
  }

  get regEvent(): RegEventState {
    return this.#link.regEvent;
  }

  /** How the published capabilities stand; null where the profile wants none published. */
  get publication(): PublicationView | null {
    return this.#link.publication;
  }

  get flow(): FlowView | null {
    return this.#link.flow;
  }

  /** The last REGISTER and its answer, credentials masked; null before the first. */
  get exchange(): RegisterExchange | null {
    return this.#link.exchange;
  }

  /** Connects to the core and registers, and keeps at both until closed. */
  start(): void {
    this.#started = true;
    this.#media.start();
    this.#link.start();
  }

  register(): void {
    if (this.#started) this.#link.register();
    else this.start();
  }

  /** Leaves the core but keeps the flow (PRA-REG-10). */
  async unregister(): Promise<void> {
    await this.subscriptions.leave();
    await this.#link.unregister();
    this.subscriptions.suspend();
  }

  /** Takes the push tags back and stays on the core; pushes get 403 until it registers (PRA-REG-09, X-05). */
  withdraw(): void {
    if (!this.#started) return;
    this.#link.withdraw();
  }

  /**
   * Takes another profile of the same name that differs only in what can change while it runs: applications and
   * their handlers, trust, content, the rules for files, and subscriptions.
   */
  adopt(profile: Profile): void {
    const registered = this.#profile.applications;
    this.#profile = profile;
    if (this.#started && !isDeepStrictEqual(registered, profile.applications)) this.#link.profileChanged();
    this.subscriptions.profileChanged();
  }

  /** The machine's network changed, or it slept. */
  networkChanged(): void {
    if (this.#started && !this.#closed) this.#link.networkChanged();
  }

  /** Lets a waiting message pass, or tries again to fetch its content. Rejects with a sentence for the user. */
  allow(push: string): Promise<void> {
    return this.#pushes.allow(push);
  }

  /** Denies a waiting message. Rejects with a sentence for the user. */
  deny(push: string): Promise<void> {
    return this.#pushes.deny(push);
  }

  /** Stops fetching the content of a message. */
  stopFetch(push: string): void {
    this.#pushes.stopFetch(push);
  }

  /** Pushes were removed from history: nothing more is done for them. */
  removed(pushes: readonly string[]): void {
    this.#pushes.removed(pushes);
    this.#context.refusals.removed(pushes);
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
    this.#sessions.abort(offer, index);
  }

  /** Keeps a file that is not what was promised. Rejects with a sentence when it is gone or cannot be moved. */
  keepFile(push: string, index: number): Promise<void> {
    return this.#sessions.leftovers.keep(push, index);
  }

  /** Removes what is left of a file: the quarantined one, or a part. Rejects with a sentence. */
  removeLeftover(push: string, index: number): Promise<void> {
    return this.#sessions.leftovers.remove(push, index);
  }

  /** Asks the sender for the rest of a file. Rejects with a sentence when that cannot be. */
  resume(push: string, index: number): Promise<void> {
    return this.#sessions.resume(push, index);
  }

  /** Declines an offer of files that are here already. @throws Error with a sentence when it is over. */
  useKnown(offer: string): void {
    this.#sessions.get(offer).decline('known');
  }

  /** Has the SUBSCRIBE sent that a REFER asks for. @throws Error with a sentence when it no longer waits. */
  acceptRefer(refer: string): void {
    this.#refer(refer).accept();
  }

  /** Declines a REFER as its user. @throws Error with a sentence when it is over. */
  declineRefer(refer: string): void {
    this.#refer(refer).decline('user');
  }

  #refer(refer: string): LiveRefer {
    const found = this.#refers.find(refer);
    if (found === null) throw new Error('This REFER is over.');
    return found;
  }

  /** Offers and REFERs that wait for the user, with the time at which they decline themselves. */
  deadlines(): readonly { readonly offer: string; readonly deadline: string }[] {
    return [...this.#sessions.deadlines(), ...this.#refers.deadlines()];
  }

  /** Ends sessions, de-registers (bounded in time) and closes every socket. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#refers.close();
    // Last NOTIFYs may bring pushes.
    await Promise.all([this.#sessions.close(), this.subscriptions.close()]);
    await this.#pushes.close();
    await this.#applications.close();
    await this.#link.unregister();
    this.#link.close();
    this.#context.refusals.close();
    await this.#uaProf?.close();
    await this.#media.close();
  }

  #dispatch(request: IncomingRequest): void {
    switch (request.method) {
      case 'MESSAGE':
        // By its own promise, which holds nothing of the request: thousands may wait for the disk.
        receiveMessage(request, this.#context).catch((error: unknown) => this.#tellFault('MESSAGE', error));
        return;
      case 'INVITE':
        this.#run(request, this.#sessions.receiveInvite(request));
        return;
      case 'OPTIONS':
        sendReply(request, this.#options.answer(request));
        return;
      case 'REFER':
        this.#run(request, this.#refers.receive(request));
        return;
      case 'SUBSCRIBE':
        sendReply(request, refuseSubscribe(request));
        return;
      // Only inside a dialog (RFC 3261 §15.1.2, RFC 3262 §3, RFC 3311 §5.2, RFC 6665 §4.1.3).
      case 'BYE':
      case 'NOTIFY':
      case 'PRACK':
      case 'UPDATE':
        sendReply(request, { code: 481 });
        return;
      default:
        sendReply(request, { code: 405 });
    }
  }

  /** A procedure that fails by our own fault still answers, and says so (PRA-STA-07). */
  #run(request: IncomingRequest, procedure: Promise<void>): void {
    procedure.catch((error: unknown) => {
      sendReply(request, FAULT);
      this.#tellFault(request.method, error);
    });
  }

  #tellFault(method: string, error: unknown): void {
    this.#context.emit({ event: 'error', message: `${method} could not be handled: ${messageOf(error)}` });
  }

  /** The profile as it is served: without applications while push is withdrawn. */
  #served(): Profile {
    return this.#link.withdrawn ? { ...this.#profile, applications: [] } : this.#profile;
  }

  private relayChanged(problem: string | null): void {
    if (problem !== null) this.#context.emit({ event: 'error', message: problem });
  }

  private get flowHost(): string | null {
    return this.#link.ua.localAddress?.host ?? null;
  }
}

/** Only REFER makes a subscription to `refer` (RFC 3515 §2.4.4); there is no other package to subscribe to here. */
function refuseSubscribe(request: IncomingRequest): Reply {
  const isRefer = parseEvent(request.getHeader('event') ?? '')?.type === 'refer';
  return isRefer ? { code: 403 } : { code: 489, headers: ['Allow-Events: refer'] };
}
