import { messageOf } from '../agent/live-push.ts';
import type { CoreUser } from '../sandbox/core/auth.ts';
import { SandboxCore } from '../sandbox/core/core.ts';
import type { CoreCertificate } from '../sandbox/core/listener.ts';
import type { RegistrationFilter } from '../sandbox/core/third-party.ts';
import { MsrpRelay } from '../sandbox/relay/relay.ts';
import { PUSH_TAG } from '../sip/feature-tags.ts';
import { aorOf, parseSipUri } from '../sip/uri.ts';
import { readCertificate } from './core-certificate.ts';
import { parseListen } from './listen-addresses.ts';
import { parseUser } from './push.ts';
import { interrupted, printJson, type Streams, UsageError } from './streams.ts';

export type CoreOptions = {
  /** `HOST:PORT` or `TRANSPORT:HOST:PORT` each. */
  readonly listen: readonly string[];
  /** Files of certificate and key, as PEM. */
  readonly cert?: string;
  readonly key?: string;
  readonly domain: string;
  /** `name:password` each. */
  readonly user: readonly string[];
  readonly allowAnySender?: boolean;
  /** AOR of a user who is told of registrations with this feature tag. */
  readonly applicationServer?: string;
  readonly filter?: string;
  readonly embed?: boolean;
  /** `HOST:PORT` or `tls:HOST:PORT`: where an MSRP relay listens. */
  readonly relay?: string;
};

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** Runs the sandbox core until it is interrupted; one JSON line when it listens and one for each registration. */
export async function runCore(
  options: CoreOptions,
  streams: Streams,
  stop: Promise<void> = interrupted(),
): Promise<number> {
  const listen = parseListen(options.listen);
  const relayAt = options.relay === undefined ? [] : parseListen([options.relay]).slice(0, 1);
  const tls = await readCertificate(options, [...listen, ...relayAt]);
  for (const host of new Set([...listen, ...relayAt].map((address) => address.host))) {
    if (LOOPBACK.includes(host)) continue;
    streams.errors.write(`Warning: ${host} may be reached from the network; this core is made for tests.\n`);
  }
  const users = options.user.map(parseUser);
  const filter = registrationFilter(options, users);
  const core = await SandboxCore.open({
    listen,
    ...(tls === null ? {} : { tls }),
    domain: options.domain,
    users,
    allowAnySender: options.allowAnySender ?? false,
    ...(filter === null ? {} : { registrationFilter: filter }),
  }).catch((error: unknown) => {
    throw new Error(`The core cannot listen on ${options.listen.join(', ')}: ${messageOf(error)}`);
  });
  const relay = await openRelay(options, users, tls).catch(async (error: unknown) => {
    await core.close();
    throw error;
  });
  core.onRegistration(({ at, event, binding }) => {
    const { aor, contact, instance, expiresAt } = binding;
    const expires = new Date(expiresAt).toISOString();
    printJson(streams.output, { at, event: `registration-${event}`, aor, contact, instance, expires });
  });
  printJson(streams.output, {
    at: new Date().toISOString(),
    event: 'listening',
    core: core.uri,
    uris: core.uris,
    domain: core.domain,
    ...(relay === null ? {} : { relay: relay.uri }),
  });
  await stop;
  await relay?.close();
  await core.close();
  return 0;
}

/** @throws UsageError when the application server is no user of the core. */
function registrationFilter(
  { applicationServer, domain, filter, embed }: CoreOptions,
  users: readonly CoreUser[],
): RegistrationFilter | null {
  if (applicationServer === undefined) return null;
  const uri = parseSipUri(applicationServer);
  const isUser =
    uri?.host.toLowerCase() === domain.toLowerCase() && users.some(({ name }) => name === uri.user);
  if (uri === null || !isUser) {
    throw new UsageError(
      `--application-server ${applicationServer}: wants the address of one of the users, such as sip:psa@${domain} with --user psa:secret.`,
    );
  }
  return { server: aorOf(uri), tag: filter ?? PUSH_TAG, embed: embed ?? false };
}

/** @throws Error with a sentence when the relay cannot listen. */
async function openRelay(
  { relay, domain }: CoreOptions,
  users: readonly CoreUser[],
  tls: CoreCertificate | null,
): Promise<MsrpRelay | null> {
  if (relay === undefined) return null;
  const [address] = parseListen([relay]);
  if (address === undefined || (address.transport !== 'tcp' && address.transport !== 'tls')) {
    throw new UsageError(`--relay ${relay}: wants HOST:PORT, or tls:HOST:PORT.`);
  }
  const { host, port, transport } = address;
  const secure = transport === 'tls' && tls !== null ? { tls } : {};
  return MsrpRelay.open({ host, port, realm: domain, users, ...secure }).catch((error: unknown) => {
    throw new Error(`The MSRP relay cannot listen on ${relay}: ${messageOf(error)}`);
  });
}
