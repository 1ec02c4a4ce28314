import type { RegEventState } from '../../src-main/ipc/contract.ts';
import { formatCountdown, formatPreciseTime } from '../format.ts';

/** Where the table of contacts comes from, and whether it follows the core. `now` in ms since the epoch. */
export function describeSource(
  state: RegEventState,
  now: number,
): { readonly live: boolean; readonly text: string } {
  const left = (until: string) => formatCountdown(Date.parse(until) - now);
  switch (state.kind) {
    case 'active': {
      const notify =
        state.lastNotifyAt === null ? '' : ` · last NOTIFY ${formatPreciseTime(state.lastNotifyAt)}`;
      return {
        live: true,
        text: `Live by the reg event package, subscription expires in ${left(state.expiresAt)}${notify}`,
      };
    }
    case 'pending':
      return asOfRegister('the core has not answered the subscription to reg event yet');
    case 'off':
      return asOfRegister('there is no subscription to reg event');
    case 'ended':
      return asOfRegister(
        state.retryAt === null
          ? `the core does not offer reg event: ${state.reason}`
          : `reg event has ended: ${state.reason}; next try in ${left(state.retryAt)}`,
      );
  }
}

function asOfRegister(why: string): { readonly live: false; readonly text: string } {
  return { live: false, text: `As of the last REGISTER; ${why}` };
}
