import { networkInterfaces } from 'node:os';
import { readMemory } from '../content/blocks.ts';
import type { DialOptions, MsrpTls } from '../msrp/connection.ts';
import { identityOf, type MsrpIdentity, newIdentity } from '../msrp/identity.ts';
import { listenInRange } from '../msrp/listen-in-range.ts';
import type { MsrpListener } from '../msrp/listener.ts';
import { parsePortRange } from '../msrp/port-range.ts';
import { RelayClient, type RelayRoute } from '../msrp/relay-client.ts';
import type { Authorize } from '../msrp/relay-link.ts';
import type { MsrpSession } from '../msrp/session.ts';
import { type MsrpUri, newSessionUri, parseUri } from '../msrp/uri.ts';
import type { MsrpTap } from '../msrp/wire-tap.ts';
import type { TlsSettings } from '../sip/socket.ts';
import { judgeAddress } from './indirection/address-guard.ts';
import { messageOf } from './live-push.ts';
import type { Profile } from './profile.ts';
import { relayCredentials } from './relay-credentials.ts';

export type MediaEndpointOptions = {
  readonly profile: Profile;
  /** The files that the profile's `tls` names. */
  readonly files: TlsSettings;
  /** Sees what goes over MSRP connections. */
  readonly tap?: MsrpTap;
  /** Our address on the flow to the core, or null while there is none. */
  readonly flowHost: () => string | null;
  /** The MSRP relay cannot be used, with why as a sentence, or can be again (null). */
  readonly relayChanged: (problem: string | null) => void;
};

/** Where one session is: our URI, what peers are told of it in SDP, and the way through the relay if there is one. */
export type MediaPlace = {
  readonly uri: MsrpUri;
  /** For `a=path`. */
  readonly path: readonly MsrpUri[];
  /** For c= and m= lines: where the first URI of the path is. */
  readonly host: string;
  readonly port: number;
  /** Value of `a=fingerprint`, null without TLS (RFC 4975 §14.4). */
  readonly fingerprint: string | null;
  readonly route: RelayRoute | null;
};

/** Where a terminal's MSRP sessions live: its listener, its certificate, and the address it is reached at. */
export class MediaEndpoint {
  readonly #options: MediaEndpointOptions;
  readonly #listener: MsrpListener;
  readonly #identity: MsrpIdentity | null;

  readonly #relayUri: MsrpUri | null;
  readonly #relay: RelayClient | null;

  private constructor(
    options: MediaEndpointOptions,
    listener: MsrpListener,
    identity: MsrpIdentity | null,
    relay: { readonly uri: MsrpUri; readonly authorize: Authorize } | null,
  ) {
    this.#options = options;
    this.#listener = listener;
    this.#identity = identity;
    this.#relayUri = relay?.uri ?? null;
    this.#relay =
      relay === null
        ? null
        : new RelayClient({
            relay: relay.uri,
            localUri: newSessionUri(this.host, this.port, relay.uri.scheme),
            authorize: relay.authorize,
            lookup: (id) => listener.session(id),
            // Whoever wrote the profile names the relay, so it may be anywhere.
            dial: { tls: this.dialOptions().tls ?? {}, memory: readMemory, ...tapOf(options) },
            on: options.relayChanged,
          });
  }

  /** Listens. Rejects with a sentence for the user. */
  static async open(options: MediaEndpointOptions): Promise<MediaEndpoint> {
    const { profile, files } = options;
    const { host, port } = profile.msrp;
    const identity = profile.msrp.tls ? identityFor(profile, files) : null;
    const relay = profile.msrp.relay === null ? null : relayOf(profile.msrp.relay, profile);
    const secured = {
      host,
      memory: readMemory,
      ...(identity === null ? {} : { tls: identity }),
      ...tapOf(options),
    };
    const range = typeof port === 'string' ? parsePortRange(port) : { first: port, last: port };
    if (range === null) throw new Error(`msrp.port ${port} is no range of ports.`);
    const listener = await listenInRange(secured, range).catch((error: unknown) => {
      throw new Error(`MSRP cannot listen on ${host}:${port}: ${messageOf(error)}`);
    });
    return new MediaEndpoint(options, listener, identity, relay);
  }

  /** Host that peers reach us at without a relay. */
  get host(): string {
    const { host, advertise } = this.#options.profile.msrp;
    if (advertise !== null) return advertise;
    return isWildcard(host) ? (this.#options.flowHost() ?? firstExternalAddress()) : host;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Whether sessions are MSRP over TLS, and no others are taken: so says the hop that peers reach. */
  get secure(): boolean {
    return this.#relayUri === null ? this.#identity !== null : this.#relayUri.scheme === 'msrps';
  }

  /**
   * A place for one session, with a URI of its own, behind our relay where there is one (RFC 4976 §5.1). No fingerprint
   * goes through a relay, which sees no SDP (RFC 6135 §4.3). Rejects with a sentence when the relay is of no use.
   */
  async place(): Promise<MediaPlace> {
    const uri = newSessionUri(this.host, this.port, this.secure ? 'msrps' : 'msrp');
    const own = { uri, path: [uri], host: this.host, port: this.port };
    if (this.#relay === null)
      return { ...own, fingerprint: this.#identity?.fingerprint ?? null, route: null };
    const route = await this.#relay.take();
    const [outermost = uri] = route.usePath.toReversed();
    return {
      uri,
      path: [...route.usePath.toReversed(), uri],
      host: outermost.host,
      port: outermost.port ?? this.port,
      fingerprint: null,
      route,
    };
  }

  /**
   * How to connect where an offer makes us the active side. A path may point anywhere, so addresses that no peer can
   * have are never connected to: unspecified, multicast, broadcast and the metadata services of clouds. Private ones
   * are, since networks of operators and labs are built on them (RFC 4975 §14.5).
   */
  dialOptions(): DialOptions {
    const { ca, verify } = this.#options.files;
    const tls: MsrpTls = {
      ...(ca === null ? {} : { ca }),
      ...(this.#identity === null ? {} : { cert: this.#identity.cert, key: this.#identity.key }),
      rejectUnauthorized: verify,
    };
    return {
      tls,
      memory: readMemory,
      mayConnectTo: (address) => judgeAddress(address) !== 'never',
      ...tapOf(this.#options),
    };
  }

  /**
   * Whether a sender at this path may be left to connect to us, where it lets us choose (`a=setup:actpass`): as
   * `msrp.setup` says; by itself, not when we are on loopback and the sender is elsewhere. Behind a relay we are
   * reached through that.
   */
  reachableFrom([first]: readonly string[]): boolean {
    const { setup } = this.#options.profile.msrp;
    if (setup !== 'auto') return setup === 'passive';
    if (this.#relay !== null || !isLoopback(this.host)) return true;
    const sender = first === undefined ? null : parseUri(first);
    return sender === null || isLoopback(sender.host);
  }

  /** Makes a session reachable. */
  register(session: MsrpSession): void {
    this.#listener.register(session.localUri.sessionId ?? '', session);
  }

  /** Forgets a session: requests for it get 481 from now on. */
  unregister(session: MsrpSession): void {
    this.#listener.unregister(session.localUri.sessionId ?? '');
  }

  /** Connects to the relay, if there is one, so that what is wrong with it shows early. */
  start(): void {
    this.#relay?.start();
  }

  close(): Promise<void> {
    this.#relay?.close();
    return this.#listener.close();
  }
}

function tapOf({ tap }: MediaEndpointOptions): { readonly tap?: MsrpTap } {
  return tap === undefined ? {} : { tap };
}

/** The certificate of the profile, or one made for this start. @throws Error with a sentence for the user. */
function identityFor({ msrp }: Profile, { cert, key }: TlsSettings): MsrpIdentity {
  if (cert === null && key === null) {
    return newIdentity(msrp.advertise ?? (isWildcard(msrp.host) ? firstExternalAddress() : msrp.host));
  }
  if (cert === null || key === null) throw new Error('msrp.tls needs both tls.cert and tls.key, or neither.');
  try {
    return identityOf({ cert, key });
  } catch (error) {
    throw new Error(`tls.cert and tls.key are no certificate and its key: ${messageOf(error)}`);
  }
}

function relayOf(text: string, { auth }: Profile): { readonly uri: MsrpUri; readonly authorize: Authorize } {
  const uri = parseUri(text);
  if (uri === null) throw new Error(`msrp.relay ${text} is no MSRP URI.`);
  return { uri, authorize: relayCredentials(auth) };
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host);
}

function firstExternalAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find((address) => !address.internal)?.address ?? '127.0.0.1';
}
