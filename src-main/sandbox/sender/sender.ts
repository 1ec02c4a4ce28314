import { basename } from 'node:path';
import { type MsrpIdentity, newIdentity } from '../../msrp/identity.ts';
import { MsrpListener } from '../../msrp/listener.ts';
import { parseCoreAddress } from '../../sip/core-address.ts';
import { CoreSocket } from '../../sip/core-socket.ts';
import { sendReply } from '../../sip/reply.ts';
import { type Agreement, DEFAULT_SECONDS } from '../../sip/session-interval.ts';
import type { SipSocket, TlsSettings } from '../../sip/socket.ts';
import { type IncomingRequest, SipUserAgent } from '../../sip/user-agent.ts';
import { ContentHost, type Reference } from './content-host.ts';
import { FilePushSession } from './file-push.ts';
import { type MessagePush, pushMessage } from './message-push.ts';
import { Notifier } from './notifier.ts';
import { type NotifyPush, pushNotify } from './notify-push.ts';
import { describeFile, type FileToPush } from './offered-files.ts';
import { pushOptions } from './options-push.ts';
import { OwnRegistration } from './own-registration.ts';
import { PulledFiles } from './pulled-files.ts';
import type { PushSubscription } from './push-subscription.ts';
import { pushRefer, type ReferPush } from './refer-push.ts';
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
  /** Registers, and takes subscriptions to its pushes (PSA-SUB-02). */
  readonly notifier?: boolean;
};

export type FilesRequest = {
  readonly to: string;
  readonly application: string;
  readonly files: readonly FileToPush[];
  readonly report: boolean;
  readonly cpim?: boolean;
  readonly chunkBytes?: number;
  /** Offer MSRP over TLS, with a certificate made for it and vouched for by its fingerprint. */
  readonly tls?: boolean;
  /** Close each file's m-line when it has ended while others go on; they end with the session otherwise. */
  readonly closeEach?: boolean;
  /** The session timer to ask for; half an hour, refreshed by the sender, when absent. */
  readonly timer?: Agreement;
};

/** A listener over TLS and its certificate. */
type SecureMedia = { readonly listener: MsrpListener; readonly identity: MsrpIdentity };

const CONNECT_TIMEOUT_MS = 10_000;
const SYSTEM_TRUST: TlsSettings = { ca: null, cert: null, key: null, verify: true, serverName: null };
const DEFAULT_CHUNK_BYTES = 64 * 1024;
/** PSA-SES-07: the sender refreshes. */
const DEFAULT_TIMER: Agreement = { seconds: DEFAULT_SECONDS, refresher: 'us' };
/** Characters of a text that name a push in lists. */
const MAX_LABEL_LENGTH = 80;

/**
 * The Push Sender Agent: pushes messages and files through a core, this sandbox's or any other, over one TCP flow.
 * What comes back in its dialogs comes over the flow; it registers only to take subscriptions.
 */
export class PushSender {
  readonly #as: string;
  readonly #ca: string | null;
  readonly #ua: SipUserAgent;
  readonly #listener: MsrpListener;
  /** Opened with the first push that asks for it. */
  #secure: Promise<SecureMedia> | null = null;
  readonly #board: ResultBoard;
  readonly #sessions = new Map<string, FilePushSession>();
  readonly #notifying: Notifying | null;
  /** Opened with the first push that refers to its content. */
  #host: Promise<ContentHost> | null = null;
  readonly #pulled: PulledFiles;

  private constructor(
    options: PushSenderOptions,
    ua: SipUserAgent,
    listener: MsrpListener,
    notifying: Notifying | null,
  ) {
    this.#notifying = notifying;
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
    const tls = { ...SYSTEM_TRUST, ca: options.ca ?? null };
    const hooks: Hooks = {
      notifier: null,
      renew: () => {},
      invited: (request) => sendReply(request, { code: 405 }),
    };
    const ua = await connect(
      new CoreSocket({ cores: [parseCoreAddress(options.core)], tls }),
      options,
      hooks,
    );
    const listener = await MsrpListener.open({ host: ua.localAddress?.host ?? '127.0.0.1', port: 0 });
    const sender = new PushSender(
      options,
      ua,
      listener,
      options.notifier === true ? takeNotifying(ua, options, hooks) : null,
    );
    hooks.invited = (request) => sender.#pulled.receive(request);
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
    void pushMessage(this.#ua, this.#as, push, live);
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
    void pushNotify(notifier, this.#as, push, live);
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

  /** Those who have subscribed to pushes of this sender. */
  get subscriptions(): readonly PushSubscription[] {
    return this.#notifying?.notifier.subscriptions ?? [];
  }

  /** Offers content for fetching, and answers the reference that a push carries in its place (RFC 4483). */
  async refer(contentType: string, bytes: Buffer): Promise<Reference> {
    this.#host ??= ContentHost.open(this.#listener.host);
    return (await this.#host).offer(contentType, bytes);
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
    session.add(described);
  }

  /** Cancels a push that is going on; without effect on others. */
  cancel(id: string): void {
    this.#sessions.get(id)?.cancel();
  }

  /** Cancels what is going on and closes every socket. */
  async close(): Promise<void> {
    for (const session of this.#sessions.values()) session.cancel();
    await this.#notifying?.notifier.close();
    await this.#notifying?.registration.close();
    this.#ua.close();
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

  #secureMedia(): Promise<SecureMedia> {
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
      const { tls = false, ...push } = request;
      const media = tls ? await this.#secureMedia() : { listener: this.#listener, identity: null };
      const parts = { ua: this.#ua, ...media, ca: this.#ca, sender: this.#as };
      const defaults = {
        cpim: false,
        chunkBytes: DEFAULT_CHUNK_BYTES,
        closeEach: false,
        timer: DEFAULT_TIMER,
      };
      this.#sessions.set(id, new FilePushSession(parts, { ...defaults, ...push, files }, live));
      await live.done;
    } catch (error) {
      live.end({ state: 'failed', reason: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#sessions.delete(id);
    }
  }
}

async function openSecure(host: string): Promise<SecureMedia> {
  const identity = newIdentity(host);
  return { listener: await MsrpListener.open({ host, port: 0, tls: identity }), identity };
}

/** First line of the content, or its type where it has none. */
function labelOf({ body, contentType }: Pick<MessagePush, 'body' | 'contentType'>): string {
  const text = body.toString('utf8', 0, MAX_LABEL_LENGTH * 4).split(/\r?\n/)[0] ?? '';
  return text.slice(0, MAX_LABEL_LENGTH) || contentType;
}

type Notifying = { readonly notifier: Notifier; readonly registration: OwnRegistration };

/** What becomes of SUBSCRIBEs and of a flow that is made anew, once somebody cares. */
type Hooks = {
  notifier: Notifier | null;
  renew: () => void;
  invited: (request: IncomingRequest) => void;
};

function takeNotifying(ua: SipUserAgent, { as }: PushSenderOptions, hooks: Hooks): Notifying {
  const notifier = new Notifier(ua, as);
  const registration = new OwnRegistration(ua, as);
  hooks.notifier = notifier;
  hooks.renew = () => registration.renew();
  return { notifier, registration };
}

function connect(socket: SipSocket, options: PushSenderOptions, hooks: Hooks): Promise<SipUserAgent> {
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      ua.close();
      reject(new Error(`The core ${options.core} cannot be reached: ${reason}`));
    };
    const timer = setTimeout(() => fail('it does not answer'), CONNECT_TIMEOUT_MS);
    let connected = false;
    const ua = new SipUserAgent({
      socket,
      aor: options.as,
      ...(options.credentials === undefined
        ? {}
        : { credentials: { kind: 'password', ...options.credentials, realm: null } }),
      handlers: {
        connected: () => {
          if (connected) hooks.renew();
          connected = true;
          clearTimeout(timer);
          resolve(ua);
        },
        // Later losses mend themselves: the transport connects again.
        disconnected: (reason) => {
          if (!connected) fail(reason);
        },
        ownsUri: () => false,
        request: (request) => {
          if (request.method === 'INVITE') hooks.invited(request);
          else if (request.method === 'SUBSCRIBE' && hooks.notifier !== null)
            hooks.notifier.subscribe(request);
          else sendReply(request, { code: request.method === 'NOTIFY' ? 481 : 405 });
        },
        cancelled: () => {},
        fault: () => {},
      },
    });
    ua.start();
  });
}
