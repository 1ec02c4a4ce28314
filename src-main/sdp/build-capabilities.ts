import { randomInt } from 'node:crypto';
import { isIPv6 } from 'node:net';

/**
 * SDP that says what a terminal takes, for the answer to OPTIONS: port 0, so that nobody takes it for an offer (RFC 3264
 * §9), and an empty file-selector, the sign of one who takes files (RFC 5547 §8.5). `accept` are media types, stars for
 * any; `secure` means MSRP over TLS.
 */
export function buildCapabilities(local: {
  readonly host: string;
  readonly secure: boolean;
  readonly accept: readonly string[];
}): string {
  const network = `IN ${isIPv6(local.host) ? 'IP6' : 'IP4'} ${local.host}`;
  const types = [...new Set(local.accept.map((type) => (type === '*/*' ? '*' : type)))];
  const lines = [
    'v=0',
    `o=- ${randomInt(1, 2 ** 47)} 1 ${network}`,
    's=-',
    `c=${network}`,
    't=0 0',
    `m=message 0 ${local.secure ? 'TCP/TLS/MSRP' : 'TCP/MSRP'} *`,
    `a=accept-types:${['message/cpim', ...types].join(' ')}`,
    ...(types.length === 0 ? [] : [`a=accept-wrapped-types:${types.join(' ')}`]),
    'a=recvonly',
    'a=file-selector',
  ];
  return `${lines.join('\r\n')}\r\n`;
}
