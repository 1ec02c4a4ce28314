import { basename } from 'node:path';
import { MsrpListener } from '../../msrp/listener.ts';
import type { RelayClient } from '../../msrp/relay-client.ts';
import type { SipUserAgent } from '../../sip/user-agent.ts';
import { connectToCore, type Hooks } from './connect.ts';
import { ContentHost, type Reference } from './content-host.ts';
import { type Fault, STRANGER } from './faults.ts';
import { FilePushSession, placed } from './file-push.ts';
import { FILES_DEFAULTS, type FilesRequest } from './files-request.ts';
import { openRelay, openSecure, type SendingMedia } from './media.ts';
import { type MessagePush, pushMessage } from './message-push.ts';
import { Notifier } from './notifier.ts';
import { type NotifyPush, pushNotify } from './notify-push.ts';
import { describeFile } from './offered-files.ts';
import { pushOptions } from './options-push.ts';
import { OwnRegistration } from './own-registration.ts';
import { PulledFiles } from './pulled-files.ts';
import type { PushSubscription } from './push-subscription.ts';
import { pushRefer, type ReferPush } from './refer-push.ts';
import { type KnownTerminal, Registrations } from './registrations.ts';
import { type LiveResult, ResultBoard } from './result-board.ts';
import { offeredEntry, type PushResult } from './results.ts';

export type PushSenderOptions = {
  /** The core, e.g. `sip:127.0.0.1:5060;transport=tcp`. */
  readonly core: string;
  /** AOR to send as. */
  readonly as: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  /** Authority to trust for a core or an MSRP relay over TLS, as PEM; the system's when absent. */
  readonly ca?: string;
  readonly onResult: (result: PushResult) => void;
  /** Registers, and takes subscriptions to its pushes (PSA-SUB-02) and third-party REGISTERs (PSA-REG-01). */
  readonly notifier?: boolean;
  /** What is known of terminals changed. */
  readonly onRegistrations?: () => void;
};

/** Relays that are kept open. */
const MAX_RELAYS = 20;
/** Characters of a text that name a push in lists. */
const MAX_LABEL_LENGTH = 80;

/**
 * The Push Sender Agent: pushes messages and files through a core, this sandbox's or any other, over one TCP flow.
 * What comes back in its dialogs comes over the flow; it registers only to take subscriptions.
 */
export class PushSender {
  readonly #options: PushSenderOptions;
  readonly #as: string;
  readonly #ca: string | null;
  readonly #ua: SipUserAgent;
  readonly #listener: MsrpListener;
  /** Opened with the first push that asks for it. */
  #secure: Promise<SendingMedia> | null = null;
  /** By their URIs. */
  readonly #relays = new Map<string, RelayClient>();
  /** Opened with the first push without an identity. */
  #stranger: Promise<SipUserAgent> | null = null;
  readonly #registrations: Registrations;
  readonly #board: ResultBoard;
  readonly #sessions = new Map<string, FilePushSession>();
  /** What the sessions live on. */
  readonly #media = new Map<string, SendingMedia>();
  readonly #notifying: Notifying | null;
  /** Opened with the first push that refers to its content. */
  #host: Promise<ContentHost> | null = null;
  readonly #pulled: PulledFiles;

  private constructor(
    options: PushSenderOptions,
    ua: SipUserAgent,
    listener: MsrpListener,
    parts: { readonly notifying: Notifying | null; readonly registrations: Registrations },
  ) {
    this.#options = options;
    this.#notifying = parts.notifying;
    this.#registrations = parts.registrations;
    this.#as = options.as;
    this.#ca = options.ca ?? null;
    this.#ua = ua;
    this.#listener = listener;
    this.#board = new ResultBoard(options.onResult);
    this.#pulled = new PulledFiles({
      ua,
      listener,
      ca: this.#ca,
      sender: this.#as,
      board: this.#board,
      contactLine: () => `Contact: <${ua.contactUri()}>`,
    });
  }

  /** Connects to the core. Rejects with a sentence when it cannot be reached in ten seconds. */
  static async open(options: PushSenderOptions): Promise<PushSender> {
    const hooks: Hooks = { notifier: null, registrations: null, pulled: null, renew: () => {} };
    const ua = await connectToCore(options, hooks);
    const registrations = new Registrations(ua, options.as, () => options.onRegistrations?.());
    const notifying = options.notifier === true ? takeNotifying(ua, options) : null;
    hooks.notifier = notifying?.notifier ?? null;
    hooks.registrations = notifying === null ? null : registrations;
    hooks.renew = () => {
      registrations.renew();
      notifying?.registration.renew();
    };
    const listener = await MsrpListener.open({ host: ua.localAddress?.host ?? '127.0.0.1', port: 0 });
    const sender = new PushSender(options, ua, listener, { notifying, registrations });
    hooks.pulled = sender.#pulled;
    try {
      await sender.#notifying?.registration.start();
      return sender;
    } catch (error) {
      await sender.close();
      throw error;
    }
  }

  /** Pushes a message; its result changes through `onResult`. */
  message(push: MessagePush): PushResult {
    const { to, application } = push;
    const live = this.#board.open({ method: 'MESSAGE', to, application, label: labelOf(push), files: [] });
    void this.#uaFor(push.fault).then(
      (ua) => {
        const refer = (type: string, bytes: Buffer, fault?: Fault) => this.refer(type, bytes, fault);
        return pushMessage({ ua, sender: this.#as, refer }, push, live);
      },
      (error: Error) => live.end({ state: 'failed', reason: error.message }),
    );
    return live.result;
  }

  /**
   * Pushes by NOTIFY to who has subscribed; the result changes through `onResult`. @throws Error when this sender takes
   * no subscriptions.
   */
  notify(push: NotifyPush): PushResult {
    const { to, application } = push;
    const notifier = this.#notifier;
    const live = this.#board.open({ method: 'NOTIFY', to, application, label: labelOf(push), files: [] });
    void pushNotify(notifier, push, live);
    return live.result;
  }

  /** Asks a terminal by REFER to subscribe; the result changes through `onResult`. */
  askToSubscribe(push: ReferPush): PushResult {
    const { to, application } = push;
    const label = `subscribe to ${push.target ?? this.#as}`;
    const live = this.#board.open({ method: 'REFER', to, application, label, files: [] });
    void pushRefer(this.#ua, this.#as, push, live);
    return live.result;
  }

  /** Asks a terminal what it can do; the result changes through `onResult`. */
  options(push: { readonly to: string; readonly application: string }): PushResult {
    const { to, application } = push;
    const live = this.#board.open({ method: 'OPTIONS', to, application, label: 'OPTIONS', files: [] });
    void pushOptions(this.#ua, this.#as, push, live);
    return live.result;
  }

  /** Third-party REGISTERs that came. */
  get thirdPartyRegistrations(): number {
    return this.#registrations.received;
  }

  /** Terminals of a user that serve an application, as the registrar tells by reg event (PSA-REG-03, PSA-MTR-04). */
  terminalsOf(aor: string, application: string): Promise<readonly KnownTerminal[]> {
    return this.#registrations.terminalsOf(aor, application);
  }

  /** Those who have subscribed to pushes of this sender. */
  get subscriptions(): readonly PushSubscription[] {
    return this.#notifying?.notifier.subscriptions ?? [];
  }

  /** Offers content for fetching, and answers the reference that a push carries in its place (RFC 4483). */
  async refer(contentType: string, bytes: Buffer, fault?: Fault): Promise<Reference> {
    this.#host ??= ContentHost.open(this.#listener.host);
    return (await this.#host).offer(contentType, bytes, fault);
  }

  /** Offers files and sends those that are taken; the result changes through `onResult`. */
  files(request: FilesRequest): PushResult {
    const { to, application } = request;
    const names = request.files.map((file) => file.name ?? basename(file.path));
    const live = this.#board.open({
      method: 'INVITE',
      to,
      application,
      label: names.join(', '),
      files: names.map((name, index) => offeredEntry(index, name, 0)),
    });
    void this.#pushFiles(request, live);
    return live.result;
  }

  /** The end of a push. @throws Error when there is no such push. */
  settled(id: string): Promise<PushResult> {
    const live = this.#board.get(id);
    if (live === undefined) throw new Error('There is no such push.');
    return live.done;
  }

  /** Offers further files in the session of a push. Rejects with a sentence when it is not open. */
  async add(id: string, files: FilesRequest['files']): Promise<void> {
    const described = await Promise.all(files.map((file) => describeFile(file)));
    const session = this.#sessions.get(id);
    if (session === undefined) throw new Error('There is no such push.');
    const media = this.#media.get(id) ?? this.#plainMedia();
    session.add(await placed(described, media));
  }

  /** Cancels a push that is going on; without effect on others. */
  cancel(id: string): void {
    this.#sessions.get(id)?.cancel();
  }

  /** Cancels what is going on and closes every socket. */
  async close(): Promise<void> {
    for (const session of this.#sessions.values()) session.cancel();
    await this.#registrations.close();
    await this.#notifying?.notifier.close();
    await this.#notifying?.registration.close();
    this.#ua.close();
    const stranger = await this.#stranger?.catch(() => null);
    stranger?.close();
    for (const relay of this.#relays.values()) relay.close();
    const host = await this.#host?.catch(() => null);
    await host?.close();
    await this.#listener.close();
    // One that could not be opened has failed its push.
    const secure = await this.#secure?.catch(() => null);
    await secure?.listener.close();
  }

  get #notifier(): Notifier {
    if (this.#notifying === null) throw new Error('This sender takes no subscriptions.');
    return this.#notifying.notifier;
  }

  /** Who sends: a stranger to the core where no identity is to be asserted. */
  #uaFor(fault: Fault | undefined): Promise<SipUserAgent> {
    if (fault !== 'no-identity') return Promise.resolve(this.#ua);
    const { core, ca } = this.#options;
    this.#stranger ??= connectToCore({ core, as: STRANGER, ...(ca === undefined ? {} : { ca }) }, null);
    return this.#stranger;
  }

  #plainMedia(): SendingMedia {
    return { listener: this.#listener, identity: null, relay: null };
  }

  /** @throws Error with a sentence when there can be no such relay. */
  #relayAt(uri: string): RelayClient {
    const known = this.#relays.get(uri);
    if (known !== undefined) return known;
    const { credentials } = this.#options;
    if (credentials === undefined) throw new Error('A relay wants the credentials of the sender.');
    if (this.#relays.size >= MAX_RELAYS) throw new Error('This sender uses too many relays.');
    const relay = openRelay(uri, this.#listener, credentials, this.#ca);
    this.#relays.set(uri, relay);
    return relay;
  }

  async #mediaFor({ tls = false, relay }: FilesRequest): Promise<SendingMedia> {
    if (relay !== undefined) return { ...this.#plainMedia(), relay: this.#relayAt(relay) };
    if (!tls) return this.#plainMedia();
    this.#secure ??= openSecure(this.#listener.host);
    return this.#secure;
  }

  async #pushFiles(request: FilesRequest, live: LiveResult): Promise<void> {
    const { id } = live.result;
    try {
      const files = await Promise.all(request.files.map((file) => describeFile(file)));
      this.#pulled.remember(files);
      live.change({
        files: live.result.files.map((file) => ({ ...file, bytes: files[file.index]?.size ?? 0 })),
      });
      const media = await this.#mediaFor(request);
      const ua = await this.#uaFor(request.fault);
      const parts = { ua, media, ca: this.#ca, sender: this.#as };
      const push = { ...FILES_DEFAULTS, ...request, files: await placed(files, media) };
      this.#media.set(id, media);
      this.#sessions.set(id, new FilePushSession(parts, push, live));
      await live.done;
    } catch (error) {
      live.end({ state: 'failed', reason: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#sessions.delete(id);
      this.#media.delete(id);
    }
  }
}

/** First line of the content, or its type where it has none. */
function labelOf({ body, contentType }: Pick<MessagePush, 'body' | 'contentType'>): string {
  const text = body.toString('utf8', 0, MAX_LABEL_LENGTH * 4).split(/\r?\n/)[0] ?? '';
  return text.slice(0, MAX_LABEL_LENGTH) || contentType;
}

type Notifying = { readonly notifier: Notifier; readonly registration: OwnRegistration };

function takeNotifying(ua: SipUserAgent, { as }: PushSenderOptions): Notifying {
  return { notifier: new Notifier(ua, as), registration: new OwnRegistration(ua, as) };
}
