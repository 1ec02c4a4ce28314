import type { SubscriptionOrigin, SubscriptionView } from '../../src-main/ipc/contract.ts';
import type { Tone } from '../components/ui.tsx';
import { formatCountdown } from '../format.ts';

/** Who asked for a subscription, in words. */
export const ORIGIN_WORDS: Readonly<Record<SubscriptionOrigin, string>> = {
  profile: 'of the profile',
  user: 'started by hand',
  refer: 'asked for by REFER',
};

/** The state of a subscription in a word, and what there is to say of it. `now` in ms since the epoch. */
export function describeSubscription(
  { state, notifiers, expires }: Pick<SubscriptionView, 'state' | 'notifiers' | 'expires'>,
  now: number,
): { readonly tone: Tone; readonly word: string; readonly detail: string } {
  const left = (until: string) => formatCountdown(Date.parse(until) - now);
  switch (state.kind) {
    case 'waiting':
      return { tone: 'quiet', word: 'Waiting', detail: 'until the terminal is registered' };
    case 'subscribing':
      return { tone: 'info', word: 'Subscribing…', detail: 'no NOTIFY has come yet' };
    case 'active':
    case 'pending': {
      const several = notifiers.length > 1 ? ` · ${notifiers.length} notifiers` : '';
      return {
        tone: state.kind === 'active' ? 'ok' : 'warn',
        word: state.kind === 'active' ? 'Active' : 'Pending',
        detail: `expires in ${left(state.expiresAt)}${several}`,
      };
    }
    case 'ended': {
      const next = state.retryAt === null ? '' : ` Next try in ${left(state.retryAt)}.`;
      const bad = state.retryAt !== null || state.code !== null;
      const isDone = state.reason === 'Unsubscribed.' || expires === 0;
      return {
        tone: isDone && !bad ? 'quiet' : 'bad',
        word: state.code === null ? 'Ended' : `Ended (${state.code})`,
        detail: `${state.reason}${next}`,
      };
    }
  }
}

/** The package of an Event, and its parameters. */
export function splitEvent(event: string): { readonly name: string; readonly parameters: string } {
  const semicolon = event.indexOf(';');
  if (semicolon < 0) return { name: event, parameters: '' };
  return { name: event.slice(0, semicolon).trim(), parameters: event.slice(semicolon + 1).trim() };
}
