import { messageOf } from '../agent/live-push.ts';
import { SandboxCore } from '../sandbox/core/core.ts';
import { parseUser } from './push.ts';
import { interrupted, printJson, type Streams, UsageError } from './streams.ts';

export type CoreOptions = {
  /** `HOST:PORT`; an IPv6 host stands in brackets. */
  readonly listen: string;
  readonly domain: string;
  /** `name:password` each. */
  readonly user: readonly string[];
  readonly allowAnySender?: boolean;
};

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** Runs the sandbox core until it is interrupted; one JSON line when it listens and one for each registration. */
export async function runCore(
  options: CoreOptions,
  streams: Streams,
  stop: Promise<void> = interrupted(),
): Promise<number> {
  const { host, port } = parseListen(options.listen);
  if (!LOOPBACK.includes(host)) {
    streams.errors.write(`Warning: ${host} may be reached from the network; this core is made for tests.\n`);
  }
  const users = options.user.map(parseUser);
  const core = await SandboxCore.open({
    host,
    port,
    domain: options.domain,
    users,
    allowAnySender: options.allowAnySender ?? false,
  }).catch((error: unknown) => {
    throw new Error(`The core cannot listen on ${options.listen}: ${messageOf(error)}`);
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
    domain: core.domain,
  });
  await stop;
  await core.close();
  return 0;
}

function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:\[([0-9A-Fa-f:]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65_535) throw new UsageError('--listen wants HOST:PORT.');
  return { host, port };
}
