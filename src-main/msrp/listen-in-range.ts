import { type ListenerOptions, MsrpListener } from './listener.ts';
import type { PortRange } from './port-range.ts';

/** Listens on the first free port of a range. Rejects with the error of the last when none is free. */
export async function listenInRange(
  options: Omit<ListenerOptions, 'port'>,
  { first, last }: PortRange,
): Promise<MsrpListener> {
  for (let port = first; ; port += 1) {
    try {
      return await MsrpListener.open({ ...options, port });
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
      if (!taken || port >= last) throw error;
    }
  }
}
