import type { RegistrationState } from '../../src-main/ipc/contract.ts';
import type { Tone } from '../components/ui.tsx';
import { formatCountdown } from '../format.ts';

/** A registration in a word, its colour, and a line of detail. `now` in ms since the epoch. */
export function describeRegistration(
  state: RegistrationState,
  now: number,
): { readonly tone: Tone; readonly text: string; readonly detail: string | null } {
  switch (state.kind) {
    case 'registered': {
      const left = formatCountdown(Date.parse(state.expiresAt) - now);
      return { tone: 'ok', text: `Registered · expires in ${left}`, detail: null };
    }
    case 'registering':
      return { tone: 'warn', text: 'Registering…', detail: null };
    case 'connecting':
      return { tone: 'warn', text: 'Connecting…', detail: null };
    case 'unregistered':
      return { tone: 'quiet', text: 'Not registered', detail: null };
    case 'failed': {
      const code = state.code === null ? '' : ` (${state.code})`;
      if (state.retryAt === null) return { tone: 'bad', text: `Failed${code}`, detail: state.reason };
      const seconds = Math.max(0, Math.ceil((Date.parse(state.retryAt) - now) / 1000));
      return {
        tone: 'warn',
        text: `Reconnecting, next try in ${seconds} s`,
        detail: `${state.reason}${code}`,
      };
    }
  }
}
