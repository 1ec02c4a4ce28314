import { networkInterfaces } from 'node:os';
import type { DialOptions, MsrpTls } from '../msrp/connection.ts';
import { identityOf, type MsrpIdentity, newIdentity } from '../msrp/identity.ts';
import { listenInRange } from '../msrp/listen-in-range.ts';
import type { MsrpListener } from '../msrp/listener.ts';
import { parsePortRange } from '../msrp/port-range.ts';
import type { MsrpSession } from '../msrp/session.ts';
import { type MsrpUri, newSessionUri } from '../msrp/uri.ts';
import type { TlsSettings } from '../sip/socket.ts';
import { judgeAddress } from './indirection/address-guard.ts';
import { messageOf } from './live-push.ts';
import type { Profile } from './profile.ts';

export type MediaEndpointOptions = {
  readonly profile: Profile;
  /** The files that the profile's `tls` names. */
  readonly files: TlsSettings;
  /** Our address on the flow to the core, or null while there is none. */
  readonly flowHost: () => string | null;
};

/** Where a terminal's MSRP sessions live: its listener, its certificate, and the address it is reached at. */
export class MediaEndpoint {
  readonly #options: MediaEndpointOptions;
  readonly #listener: MsrpListener;
  readonly #identity: MsrpIdentity | null;

  private constructor(options: MediaEndpointOptions, listener: MsrpListener, identity: MsrpIdentity | null) {
    this.#options = options;
    this.#listener = listener;
    this.#identity = identity;
  }

  /** Listens. Rejects with a sentence for the user. */
  static async open(options: MediaEndpointOptions): Promise<MediaEndpoint> {
    const { profile, files } = options;
    const { host, port } = profile.msrp;
    const identity = profile.msrp.tls ? identityFor(profile, files) : null;
    const secured = { host, ...(identity === null ? {} : { tls: identity }) };
    const range = typeof port === 'string' ? parsePortRange(port) : { first: port, last: port };
    if (range === null) throw new Error(`msrp.port ${port} is no range of ports.`);
    const listener = await listenInRange(secured, range).catch((error: unknown) => {
      throw new Error(`MSRP cannot listen on ${host}:${port}: ${messageOf(error)}`);
    });
    return new MediaEndpoint(options, listener, identity);
  }

  /** Host that peers are told, in SDP. */
  get host(): string {
    const { host, advertise } = this.#options.profile.msrp;
    if (advertise !== null) return advertise;
    return isWildcard(host) ? (this.#options.flowHost() ?? firstExternalAddress()) : host;
  }

  get port(): number {
    return this.#listener.port;
  }

  /** Whether sessions are MSRP over TLS, and no others are taken. */
  get secure(): boolean {
    return this.#identity !== null;
  }

  /** Value of our `a=fingerprint`, null without TLS (RFC 4975 §14.4). */
  get fingerprint(): string | null {
    return this.#identity?.fingerprint ?? null;
  }

  /** A fresh URI of ours for one session. */
  newUri(): MsrpUri {
    return newSessionUri(this.host, this.port, this.secure ? 'msrps' : 'msrp');
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
    return { tls, mayConnectTo: (address) => judgeAddress(address) !== 'never' };
  }

  /** Makes a session reachable. */
  register(session: MsrpSession): void {
    this.#listener.register(session.localUri.sessionId ?? '', session);
  }

  /** Forgets a session: requests for it get 481 from now on. */
  unregister(session: MsrpSession): void {
    this.#listener.unregister(session.localUri.sessionId ?? '');
  }

  close(): Promise<void> {
    return this.#listener.close();
  }
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

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}

function firstExternalAddress(): string {
  const all = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return all.find((address) => !address.internal)?.address ?? '127.0.0.1';
}
