import { formatVia, type SipRequest } from '../../sip/message.ts';
import { headerParameter } from '../../sip/name-addr.ts';
import type { Flow } from './flow.ts';

const DEFAULT_PORT = 5060;

/** Adds `received`, and fills in `rport`, in the top Via (RFC 3261 §18.2.1, RFC 3581 §4). */
export function noteSource(request: SipRequest, flow: Flow): void {
  const [, ...others] = request.headers('Via');
  const via = request.topVia;
  if (via === null) return;
  const parameters = via.parameters
    .filter(({ name }) => name.toLowerCase() !== 'received')
    .map((one) =>
      one.name.toLowerCase() === 'rport' ? { ...one, value: String(flow.remotePort), quoted: false } : one,
    );
  const received = { name: 'received', value: flow.remoteHost, quoted: false };
  request.fields.replace('Via', [formatVia({ ...via, parameters: [...parameters, received] }), ...others]);
}

/**
 * The flow that answers to a request take: where it came from when its Via has `rport` (RFC 3581 §4), over UDP
 * else the port its Via names (RFC 3261 §18.2.2). `maddr` is not followed: it could aim answers at anybody.
 */
export function flowOfAnswers(request: SipRequest, flow: Flow): Flow {
  const via = request.topVia;
  if (via === null || headerParameter(via, 'rport') !== undefined) return flow;
  const port = /:(\d{1,5})$/.exec(via.sentBy)?.[1];
  return flow.answeringTo(port === undefined ? DEFAULT_PORT : Number(port));
}
