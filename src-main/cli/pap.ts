import { messageOf } from '../agent/live-push.ts';
import { PapGateway } from '../sandbox/pap/pap-gateway.ts';
import { PapServer } from '../sandbox/pap/pap-server.ts';
import { PushSender } from '../sandbox/sender/sender.ts';
import { parseSipUri } from '../sip/uri.ts';
import { parseListen } from './listen-addresses.ts';
import { parseUser } from './push.ts';
import { interrupted, printJson, type Streams, UsageError } from './streams.ts';

export type PapOptions = {
  /** `HOST:PORT`. */
  readonly listen: string;
  readonly core: string;
  readonly as: string;
  readonly app: string;
  /** `user:password`. */
  readonly auth?: string;
};

const LOOPBACK: readonly string[] = ['127.0.0.1', '::1', 'localhost'];

/** Serves PAP until it is interrupted; one JSON line when it listens and one for each end of a push. */
export async function runPap(
  options: PapOptions,
  streams: Streams,
  stop: Promise<void> = interrupted(),
): Promise<number> {
  const [address] = parseListen([options.listen]);
  const as = parseSipUri(options.as);
  if (address === undefined || address.transport !== 'tcp') {
    throw new UsageError(`--listen ${options.listen}: wants HOST:PORT.`);
  }
  if (as === null) throw new UsageError(`--as ${options.as}: must be a SIP address.`);
  const { host, port } = address;
  if (!LOOPBACK.includes(host)) {
    streams.errors.write(`Warning: ${host} may be reached from the network; whoever does may push.\n`);
  }
  const user = options.auth === undefined ? null : parseUser(options.auth);
  const sender = await PushSender.open({
    core: options.core,
    as: options.as,
    ...(user === null ? {} : { credentials: { username: user.name, password: user.password } }),
    onResult: () => {},
  });
  const gateway = new PapGateway({
    sender,
    domain: as.host,
    ended: (push, { address: to, state, code, desc, at }) =>
      printJson(streams.output, { at: new Date(at).toISOString(), event: state, push, to, code, desc }),
  });
  try {
    const server = await PapServer.open({ host, port, application: options.app, gateway }).catch(
      (error: unknown) => {
        throw new Error(`PAP cannot listen on ${options.listen}: ${messageOf(error)}`);
      },
    );
    printJson(streams.output, { at: new Date().toISOString(), event: 'listening', pap: server.url });
    await stop;
    await server.close();
    return 0;
  } finally {
    await gateway.close();
    await sender.close();
  }
}
