import { isIPv6 } from 'node:net';
import type { ListenAddress, ListenTransport } from '../sandbox/core/listener.ts';
import { UsageError } from './streams.ts';

const TRANSPORTS: readonly ListenTransport[] = ['tcp', 'udp', 'tls', 'ws', 'wss'];
const ADDRESS = /^(?:([a-z]+):(?=.*:\d))?(?:\[([0-9A-Fa-f:]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/;
const MAX_PORT = 65_535;

/**
 * Reads the values of `--listen`: `HOST:PORT` for TCP and UDP, or a transport before it, such as `tls:HOST:PORT`. An
 * IPv6 host stands in brackets.
 * @throws UsageError when one is nothing of the kind.
 */
export function parseListen(values: readonly string[]): readonly ListenAddress[] {
  return values.flatMap((value) => {
    const [, named, bracketed, plain, digits] = ADDRESS.exec(value) ?? [];
    const transport = TRANSPORTS.find((one) => one === named);
    const host = bracketed ?? plain;
    const port = Number(digits);
    const isWrongHost = host === undefined || (bracketed !== undefined && !isIPv6(bracketed));
    if (isWrongHost || port > MAX_PORT || (named !== undefined && transport === undefined)) {
      throw new UsageError(
        `--listen ${value}: wants HOST:PORT for TCP and UDP, or one of ${TRANSPORTS.join(', ')} before it, such as tls:127.0.0.1:5061.`,
      );
    }
    const transports = transport === undefined ? (['tcp', 'udp'] as const) : [transport];
    return transports.map((one) => ({ transport: one, host, port }));
  });
}
