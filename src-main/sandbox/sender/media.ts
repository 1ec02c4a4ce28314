import { type MsrpIdentity, newIdentity } from '../../msrp/identity.ts';
import { MsrpListener } from '../../msrp/listener.ts';
import { RelayClient, type RelayRoute } from '../../msrp/relay-client.ts';
import { formatUri, type MsrpUri, newSessionUri, parseUri } from '../../msrp/uri.ts';
import { digestAuthorizer } from '../../sip/authorizer.ts';

/** Where one session of the sender lives: its URI, and the way to it as its SDP tells. */
export type SendingPlace = {
  readonly uri: MsrpUri;
  /** As in `a=path`. */
  readonly path: string;
  readonly host: string;
  readonly port: number;
  /** The way out through our relay (RFC 4976 §5.1); null without one. */
  readonly route: RelayRoute | null;
};

/** What sessions of the sender live on: a listener, a certificate for MSRP over TLS, perhaps a relay. */
export type SendingMedia = {
  readonly listener: MsrpListener;
  /** That of a listener over TLS. */
  readonly identity: MsrpIdentity | null;
  readonly relay: RelayClient | null;
};

/**
 * A relay for the sender. @throws Error with a sentence when it is no MSRP URI.
 */
export function openRelay(
  text: string,
  listener: MsrpListener,
  credentials: { readonly username: string; readonly password: string },
  ca: string | null,
): RelayClient {
  const relay = parseUri(text);
  if (relay === null) throw new Error(`${text} is no MSRP URI such as msrp://127.0.0.1:2855;tcp.`);
  return new RelayClient({
    relay,
    localUri: newSessionUri(listener.host, listener.port, relay.scheme),
    authorize: digestAuthorizer({ ...credentials, realm: null }),
    lookup: (id) => listener.session(id),
    dial: { tls: ca === null ? {} : { ca } },
    // A push that needs it tells.
    on: () => {},
  });
}

/** A place for one session. Rejects with a sentence when the relay gives none. */
export async function placeOn({ listener, identity, relay }: SendingMedia): Promise<SendingPlace> {
  const { host, port } = listener;
  if (relay === null) {
    const uri = newSessionUri(host, port, identity === null ? 'msrp' : 'msrps');
    return { uri, path: formatUri(uri), host, port, route: null };
  }
  const route = await relay.take();
  const [outermost] = route.usePath.toReversed();
  const uri = newSessionUri(host, port, outermost?.scheme ?? 'msrp');
  const path = [...route.usePath.toReversed(), uri].map(formatUri).join(' ');
  return { uri, path, host: outermost?.host ?? host, port: outermost?.port ?? port, route };
}

/** Media over TLS, with a certificate made for it. */
export async function openSecure(host: string): Promise<SendingMedia> {
  const identity = newIdentity(host);
  return { listener: await MsrpListener.open({ host, port: 0, tls: identity }), identity, relay: null };
}
