import type { SipResponse } from '../../sip/message.ts';

const CHALLENGES = ['WWW-Authenticate', 'Proxy-Authenticate'];
/** Of several 4xx these say most about how to send the request again (RFC 3261 §16.7 step 6). */
const TELLING_CODES = new Set([401, 407, 415, 420, 484]);

/**
 * Chooses the final response of a forked request from the non-2xx finals of its branches
 * (RFC 3261 §16.7 steps 6 and 7): a 6xx first, else the lowest class, in it the most telling code.
 * Challenges of all branches are gathered in a 401 or 407. Null when there is nothing to choose from.
 */
export function bestResponse(responses: readonly SipResponse[]): SipResponse | null {
  const best = [...responses].sort((a, b) => rank(a) - rank(b))[0];
  if (best === undefined) return null;
  if (best.code === 401 || best.code === 407) gatherChallenges(best, responses);
  return best;
}

function rank({ code }: SipResponse): number {
  if (code >= 600) return 0;
  const detail = TELLING_CODES.has(code) ? 0 : code === 408 || code === 480 ? 2 : 1;
  return Math.floor(code / 100) * 10 + detail;
}

function gatherChallenges(best: SipResponse, responses: readonly SipResponse[]): void {
  const challengers = responses.filter(({ code }) => code === 401 || code === 407);
  for (const name of CHALLENGES) {
    best.fields.replace(name, [...new Set(challengers.flatMap((response) => response.headers(name)))]);
  }
}
