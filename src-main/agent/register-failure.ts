import { type CoreAddress, parseCoreAddress } from '../sip/core-address.ts';
import { headerParameter, type NameAddr, parseNameAddrList } from '../sip/name-addr.ts';
import type { IncomingResponse } from '../sip/user-agent.ts';

/** What to do after a REGISTER that was not accepted. Times in seconds. */
export type Verdict =
  /** Ask again at once, changed. */
  | { readonly kind: 'again'; readonly change: 'without-pref' | 'without-outbound' }
  | { readonly kind: 'longer'; readonly expires: number }
  /** Ask elsewhere: under another Request-URI (3xx), or through another proxy (305, then null). */
  | {
      readonly kind: 'redirect';
      readonly requestUri: string | null;
      readonly targets: readonly CoreAddress[];
    }
  /** Wait. `asked` is the Retry-After; `elsewhere` says that another core may do better. */
  | {
      readonly kind: 'retry';
      readonly reason: string;
      readonly asked: number | null;
      readonly elsewhere: boolean;
    }
  /** The core does not want us as we are: ask rarely. */
  | { readonly kind: 'refused'; readonly reason: string; readonly asked: number | null };

export type FailureContext = {
  readonly requirePref: boolean;
  readonly outbound: boolean;
  readonly expires: number;
  /** True where the flow is over TLS: then no redirection leads away from it. */
  readonly secure: boolean;
  /** Why credentials could not be given, where known. */
  readonly problem: string | null;
};

/** Longest Retry-After that is followed. */
const RETRY_AFTER_MAX_S = 3_600;
/** Longest Min-Expires that is followed: a week. */
const MAX_EXPIRES_S = 604_800;
/** Places one redirection may name. */
const MAX_TARGETS = 8;
const REFUSALS: ReadonlySet<number> = new Set([401, 403, 404, 407, 410, 484, 604]);

/** Judges a final answer of 300 and above to REGISTER (RFC 3261 §10.2.7, §8.1.3.4; RFC 5626 §4.2.1; X-06). */
export function judgeFailure(response: IncomingResponse, context: FailureContext): Verdict {
  const code = response.status_code;
  const asked = retryAfter(response);
  const phrase = response.reason_phrase;
  if (code < 400) return judgeRedirection(response, context);
  if (code === 423) {
    const minimum = Number(response.getHeader('min-expires'));
    return Number.isInteger(minimum) && minimum > context.expires && minimum <= MAX_EXPIRES_S
      ? { kind: 'longer', expires: minimum }
      : {
          kind: 'retry',
          reason: 'The core asks for a longer expiry but does not say which.',
          asked,
          elsewhere: false,
        };
  }
  if (code === 420) {
    const unsupported = response.getHeaders('unsupported').join(',');
    if (context.requirePref && /\bpref\b/i.test(unsupported))
      return { kind: 'again', change: 'without-pref' };
    if (context.outbound && /\boutbound\b/i.test(unsupported))
      return { kind: 'again', change: 'without-outbound' };
  }
  if (code === 439 && context.outbound) return { kind: 'again', change: 'without-outbound' };
  if (REFUSALS.has(code)) {
    return { kind: 'refused', reason: context.problem ?? explainRefusal(code, phrase), asked };
  }
  return {
    kind: 'retry',
    reason: explainFailure(code, phrase),
    asked,
    elsewhere: code >= 500 || code === 408,
  };
}

function judgeRedirection(response: IncomingResponse, context: FailureContext): Verdict {
  const code = response.status_code;
  const contacts = response
    .getHeaders('contact')
    .flatMap((value) => parseNameAddrList(value) ?? [])
    .slice(0, MAX_TARGETS)
    .map((contact) => ({ uri: contact.uri.split('?')[0] ?? '', q: qOf(contact) }))
    .sort((a, b) => b.q - a.q);
  const targets = contacts.flatMap(({ uri }) => {
    const address = addressOf(uri);
    if (address === null || (context.secure && address.transport !== 'tls' && address.transport !== 'wss'))
      return [];
    return [{ uri, address }];
  });
  const [first] = targets;
  if (first === undefined) {
    const why =
      contacts.length > 0 && context.secure ? 'only to places without TLS' : 'but names no place to go';
    return {
      kind: 'retry',
      reason: `The core redirects (${code} ${response.reason_phrase}), ${why}.`,
      asked: retryAfter(response),
      elsewhere: true,
    };
  }
  return {
    kind: 'redirect',
    requestUri: code === 305 ? null : registrarOf(first.uri),
    targets: targets.map(({ address }) => address),
  };
}

function addressOf(uri: string): CoreAddress | null {
  try {
    return parseCoreAddress(uri);
  } catch {
    return null;
  }
}

function qOf(contact: NameAddr): number {
  const q = Number(headerParameter(contact, 'q') ?? 1);
  return Number.isNaN(q) ? 0 : q;
}

/** A registrar is addressed without user and without what only says how to get there (RFC 3261 §10.2). */
function registrarOf(uri: string): string {
  return uri.replace(/^(sips?:)[^@]*@/i, '$1').replace(/;(?:lr|transport=[^;]*)/gi, '');
}

function retryAfter(response: IncomingResponse): number | null {
  const asked = Number.parseInt(response.getHeader('retry-after') ?? '', 10);
  return Number.isInteger(asked) ? Math.min(Math.max(asked, 1), RETRY_AFTER_MAX_S) : null;
}

function explainRefusal(code: number, phrase: string): string {
  switch (code) {
    case 401:
    case 407:
      return 'The core does not accept the user name or password. Check them in the profile.';
    case 403:
      return `The core refuses this user (403 ${phrase}). Check the address and the credentials.`;
    case 404:
      return 'The core does not know this address. Check the AOR in the profile.';
    default:
      return `The core refuses this address (${code} ${phrase}). Check the AOR in the profile.`;
  }
}

function explainFailure(code: number, phrase: string): string {
  return code === 503 ? `The core is overloaded or closed (503 ${phrase}).` : phrase;
}
