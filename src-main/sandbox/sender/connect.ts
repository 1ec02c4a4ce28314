import { parseCoreAddress } from '../../sip/core-address.ts';
import { CoreSocket } from '../../sip/core-socket.ts';
import { sendReply } from '../../sip/reply.ts';
import { type IncomingRequest, SipUserAgent } from '../../sip/user-agent.ts';
import type { Notifier } from './notifier.ts';
import type { PulledFiles } from './pulled-files.ts';
import type { Registrations } from './registrations.ts';

/** Who takes what comes outside any dialog, once somebody does, and cares for a flow that is made anew. */
export type Hooks = {
  notifier: Notifier | null;
  registrations: Registrations | null;
  /** Who answers INVITEs for the rest of a file. */
  pulled: PulledFiles | null;
  renew: () => void;
};

export type ConnectOptions = {
  readonly core: string;
  readonly as: string;
  readonly credentials?: { readonly username: string; readonly password: string };
  readonly ca?: string;
};

const CONNECT_TIMEOUT_MS = 10_000;

/** A flow to the core. Rejects with a sentence when it cannot be reached in ten seconds. */
export function connectToCore(options: ConnectOptions, hooks: Hooks | null): Promise<SipUserAgent> {
  const { core, as, credentials, ca = null } = options;
  const tls = { ca, cert: null, key: null, verify: true, serverName: null };
  const socket = new CoreSocket({ cores: [parseCoreAddress(core)], tls });
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      ua.close();
      reject(new Error(`The core ${core} cannot be reached: ${reason}`));
    };
    const timer = setTimeout(() => fail('it does not answer'), CONNECT_TIMEOUT_MS);
    let connected = false;
    const ua = new SipUserAgent({
      socket,
      aor: as,
      ...(credentials === undefined
        ? {}
        : { credentials: { kind: 'password', ...credentials, realm: null } }),
      alsoAllows: 'REGISTER',
      handlers: {
        connected: () => {
          if (connected) hooks?.renew();
          connected = true;
          clearTimeout(timer);
          resolve(ua);
        },
        // Later losses mend themselves: the transport connects again.
        disconnected: (reason) => {
          if (!connected) fail(reason);
        },
        ownsUri: () => false,
        request: (request) => receive(request, hooks),
        cancelled: () => {},
        fault: () => {},
      },
    });
    ua.start();
  });
}

function receive(request: IncomingRequest, hooks: Hooks | null): void {
  const { method } = request;
  const { notifier = null, registrations = null, pulled = null } = hooks ?? {};
  if (method === 'INVITE' && pulled !== null) pulled.receive(request);
  else if (method === 'SUBSCRIBE' && notifier !== null) notifier.subscribe(request);
  else if (method === 'REGISTER' && registrations !== null) registrations.receive(request);
  else sendReply(request, { code: method === 'NOTIFY' ? 481 : 405 });
}
