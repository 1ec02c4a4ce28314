import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { isIPv6 } from 'node:net';
import { formatHostPort } from './core-address.ts';

/** The OPTIONS is sent at these times, in ms, and given up a little after the last. */
const SEND_AT_MS: readonly number[] = [0, 300, 900, 1_800];
const GIVE_UP_MS = 3_000;

/**
 * Whether anything speaks SIP on a UDP port: any answer to an OPTIONS will do (RFC 3261 §11). Connecting tells
 * nothing over UDP, so this is how one of several cores is chosen. Never rejects.
 */
export function isUdpCoreThere(address: string, port: number): Promise<boolean> {
  const socket = createSocket(isIPv6(address) ? 'udp6' : 'udp4');
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = [];
    let isOver = false;
    const end = (isThere: boolean): void => {
      if (isOver) return;
      isOver = true;
      for (const timer of timers) clearTimeout(timer);
      socket.close();
      resolve(isThere);
    };
    socket.on('error', () => end(false));
    socket.on('message', () => end(true));
    socket.once('connect', () => {
      const local = socket.address();
      const request = optionsRequest(
        formatHostPort(address, port),
        formatHostPort(local.address, local.port),
      );
      for (const at of SEND_AT_MS) timers.push(setTimeout(() => socket.send(request), at));
      timers.push(setTimeout(() => end(false), GIVE_UP_MS));
    });
    socket.connect(port, address);
  });
}

function optionsRequest(core: string, local: string): string {
  const id = randomBytes(12).toString('hex');
  return [
    `OPTIONS sip:${core} SIP/2.0`,
    `Via: SIP/2.0/UDP ${local};branch=z9hG4bK${id};rport`,
    'Max-Forwards: 70',
    `From: <sip:probe@${local}>;tag=${id.slice(0, 8)}`,
    `To: <sip:${core}>`,
    `Call-ID: ${id}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n');
}
