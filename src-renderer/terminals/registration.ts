import type { RegistrationState } from '../../src-main/ipc/contract.ts';
import type { Tone } from '../components/ui.tsx';
import { formatCountdown } from '../format.ts';

export type RegistrationWords = {
  readonly tone: Tone;
  /** For a chip. */
  readonly word: string;
  /** The same with what time tells, for a line of its own. */
  readonly text: string;
  readonly detail: string | null;
};

/** A registration in words, and its colour. `now` in ms since the epoch. */
export function describeRegistration(state: RegistrationState, now: number): RegistrationWords {
  switch (state.kind) {
    case 'registered': {
      if (state.withdrawn) return inOneWord('warn', 'Registered · push withdrawn');
      const left = formatCountdown(Date.parse(state.expiresAt) - now);
      return { tone: 'ok', word: 'Registered', text: `Registered · expires in ${left}`, detail: null };
    }
    case 'registering':
      return inOneWord('warn', 'Registering…');
    case 'connecting':
      return inOneWord('warn', 'Connecting…');
    case 'unregistered':
      return inOneWord('quiet', 'Not registered');
    case 'failed': {
      const code = state.code === null ? '' : ` (${state.code})`;
      const word = `Failed${code}`;
      if (state.retryAt === null) return { tone: 'bad', word, text: word, detail: state.reason };
      const left = formatCountdown(Date.parse(state.retryAt) - now);
      return { tone: 'warn', word, text: `${word}, next try in ${left}`, detail: state.reason };
    }
  }
}

function inOneWord(tone: Tone, word: string): RegistrationWords {
  return { tone, word, text: word, detail: null };
}
