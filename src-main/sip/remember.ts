import { ownText } from './own-text.ts';

/** Results of one function that are remembered; all are forgotten when it is one too many. */
const MAX_ENTRIES = 256;
/** Longest text whose result is remembered. */
const MAX_LENGTH = 512;
const LATIN1 = /^[\0-\xff]*$/;

/**
 * The same function of a text, with a small memory: one message is read in several places, and pushes of one sender
 * repeat most of their values. Texts come from the network, so only few and short ones are kept. Results are shared and
 * must not be changed.
 */
export function remember<T>(make: (text: string) => T): (text: string) => T {
  const known = new Map<string, { readonly made: T }>();
  return (text) => {
    const found = known.get(text);
    if (found !== undefined) return found.made;
    if (text.length > MAX_LENGTH || !LATIN1.test(text)) return make(text);
    const own = ownText(text);
    const made = make(own);
    if (known.size >= MAX_ENTRIES) known.clear();
    known.set(own, { made });
    return made;
  };
}
