import { formatPushTag } from '../../sip/feature-tags.ts';

/**
 * Header lines that every push carries: whom it is for (PSA-PAG-03, X-03, X-38) and who sends it; the core turns the
 * preferred identity into an asserted one.
 */
export function pushHeaders(application: string, sender: string): readonly string[] {
  return [`Accept-Contact: *;${formatPushTag([application])}`, `P-Preferred-Identity: <${sender}>`];
}

/** What a final status means for the push, in words (002 Appendix D). */
export function meaningOf(code: number, reason: string): string {
  const known: Readonly<Record<number, string>> = {
    403: 'rejected, no retry: unknown application or a sender that is not trusted',
    404: 'the core knows no such user or terminal',
    401: 'the core wants other credentials than those given',
    407: 'the core wants other credentials than those given',
    408: 'could not be delivered',
    415: 'the terminal does not take this type of content',
    480: 'no terminal of this user takes it now',
    486: 'the terminal is busy',
    487: 'cancelled',
    488: 'the terminal takes none of these files',
    500: 'discarded for want of resources, retry later',
    503: 'discarded for want of resources, retry later',
    513: 'the content is too large',
    603: 'declined by the user',
  };
  return known[code] ?? reason;
}
