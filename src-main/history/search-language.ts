/** Where a word of a search is looked for; `any` is sender, application, Call-ID, file names and text. */
export type SearchField = 'any' | 'from' | 'app' | 'file' | 'id' | 'type';

/** One condition of a search. All of them must hold. */
export type SearchCondition =
  | { readonly kind: 'text'; readonly field: SearchField; readonly text: string; readonly negated: boolean }
  | { readonly kind: 'terminal'; readonly name: string; readonly negated: boolean }
  | { readonly kind: 'method'; readonly method: string; readonly negated: boolean }
  | { readonly kind: 'state'; readonly state: string; readonly negated: boolean }
  | { readonly kind: 'code'; readonly code: number; readonly negated: boolean }
  | { readonly kind: 'unread' | 'pinned'; readonly negated: boolean }
  /** Received at this time (milliseconds since 1970) or later; `before` ends at it. */
  | { readonly kind: 'after' | 'before'; readonly time: number };

/** A search as it was understood. `problems` are sentences about what was left out. */
export type Search = {
  readonly conditions: readonly SearchCondition[];
  readonly problems: readonly string[];
};

/** Conditions of one search; what follows is left out. */
export const MAX_CONDITIONS = 32;

/** The words of `state:`, as the screen has them, and what they are in history. */
const STATES: ReadonlyMap<string, string> = new Map([
  ['received', 'received'],
  ['waiting', 'waiting'],
  ['receiving', 'receiving'],
  ['completed', 'completed'],
  ['reported', 'reported'],
  ['declined', 'declined'],
  ['cancelled', 'cancelled'],
  ['canceled', 'cancelled'],
  ['failed', 'failed'],
  ['refused', 'refused'],
]);
const TEXT_FIELDS: ReadonlyMap<string, SearchField> = new Map([
  ['from', 'from'],
  ['app', 'app'],
  ['file', 'file'],
  ['id', 'id'],
  ['call-id', 'id'],
  ['type', 'type'],
]);
/** A word: perhaps a minus, perhaps a key and a colon, then a quoted or a plain value. */
const WORD = /(-?)(?:([A-Za-z-]+):)?(?:"([^"]*)"?|(\S+))/gu;
const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const AGO = /^(\d{1,6})(min|h|d|w)$/;
const AGO_MS: Readonly<Record<string, number>> = {
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** A key whose value is still to be typed. */
const UNFINISHED = /^-?(from|app|file|id|call-id|type|terminal|method|state|code|is|after|before):$/i;
const HAS_LETTERS = /[\p{L}\p{N}]/u;

/**
 * Reads the search language: words and "phrases", `from:` `app:` `file:` `type:` `id:` `terminal:` `method:` `state:`
 * `code:` `is:unread` `is:pinned` `after:` `before:`, each with a minus for its opposite. A key it does not know is
 * text, as in `sip:bob@push.test`. `now` is in milliseconds since 1970. Never throws.
 */
export function parseSearch(text: string, now: number = Date.now()): Search {
  const conditions: SearchCondition[] = [];
  const problems: string[] = [];
  for (const match of text.matchAll(WORD)) {
    const [whole, minus = '', key = '', quoted, plain = ''] = match;
    if (UNFINISHED.test(whole)) continue;
    const read = readWord(key.toLowerCase(), quoted ?? plain, minus === '-', now);
    if (read === 'text') {
      const bare = quoted === undefined ? whole : `${key}${key === '' ? '' : ':'}${quoted}`;
      const negated = minus === '-' && whole.length > 1;
      const words = negated && quoted === undefined ? bare.slice(1) : bare;
      if (HAS_LETTERS.test(words)) conditions.push({ kind: 'text', field: 'any', text: words, negated });
    } else if (typeof read === 'string') problems.push(read);
    else if (read !== null) conditions.push(read);
    if (conditions.length >= MAX_CONDITIONS) {
      problems.push(`Only the first ${MAX_CONDITIONS} words are looked for.`);
      break;
    }
  }
  return { conditions, problems };
}

/** A condition; null while its value is still to be typed; 'text' for what is no key; or a sentence. */
function readWord(
  key: string,
  value: string,
  negated: boolean,
  now: number,
): SearchCondition | 'text' | null | string {
  const lower = value.toLowerCase();
  const field = TEXT_FIELDS.get(key);
  if (field !== undefined) {
    return HAS_LETTERS.test(value) ? { kind: 'text', field, text: value, negated } : null;
  }
  switch (key) {
    case 'terminal':
      return value === '' ? null : { kind: 'terminal', name: value, negated };
    case 'method':
      return readMethod(lower, negated);
    case 'state': {
      const state = STATES.get(lower);
      return state === undefined
        ? `state: takes ${[...new Set(STATES.values())].join(', ')}.`
        : { kind: 'state', state, negated };
    }
    case 'code':
      return /^[1-6]\d\d$/.test(value)
        ? { kind: 'code', code: Number(value), negated }
        : 'code: takes a SIP status such as 403.';
    case 'is':
      if (lower === 'unread' || lower === 'pinned') return { kind: lower, negated };
      return lower === 'read' ? { kind: 'unread', negated: !negated } : 'is: takes unread, read or pinned.';
    case 'after':
    case 'before': {
      const time = readTime(lower, now);
      return time === null
        ? `${key}: takes a day such as 2026-11-21, a time such as 2026-11-21T12:30, or 30min, 12h, 7d or 2w ago.`
        : { kind: key, time };
    }
    default:
      return 'text';
  }
}

function readMethod(text: string, negated: boolean): SearchCondition | string {
  const method = { message: 'MESSAGE', messages: 'MESSAGE', invite: 'INVITE', files: 'INVITE' }[text] ?? text;
  return /^[a-z]{1,16}$/i.test(method)
    ? { kind: 'method', method: method.toUpperCase(), negated }
    : 'method: takes MESSAGE, INVITE, NOTIFY or REFER.';
}

/** Local days and times; `3d` is that long before now. Null for what is neither. */
function readTime(text: string, now: number): number | null {
  const ago = AGO.exec(text);
  if (ago !== null) return now - Number(ago[1]) * (AGO_MS[ago[2] ?? ''] ?? 0);
  if (text === 'today' || text === 'yesterday') {
    const day = new Date(now);
    day.setHours(0, 0, 0, 0);
    if (text === 'yesterday') day.setDate(day.getDate() - 1);
    return day.getTime();
  }
  const day = DAY.exec(text);
  const time = day === null ? Date.parse(text.toUpperCase()) : localDay(day);
  return /^\d{4}-/.test(text) && Number.isFinite(time) ? time : null;
}

function localDay([, year, month, date]: RegExpExecArray): number {
  const day = new Date(Number(year), Number(month) - 1, Number(date));
  // 2026-02-31 is no day, not the 3rd of March.
  return day.getMonth() === Number(month) - 1 ? day.getTime() : Number.NaN;
}
