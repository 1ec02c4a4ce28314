import type { IncomingMessage } from 'node:http';
import type { Deadlines } from './deadlines.ts';
import type { FetchPolicy } from './fetch-policy.ts';
import { FetchError } from './fetch-result.ts';
import { screenUrl } from './fetch-url.ts';
import { httpGet } from './http-get.ts';
import { resolveHost, systemResolver } from './resolve-host.ts';

/** Redirects that are followed. */
export const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
const CHALLENGES: readonly number[] = [401, 407];

/** The answer that has the content: its headers were read, its body was not. */
export type OpenContent = { readonly url: URL; readonly response: IncomingMessage };

/**
 * Asks for a URL and follows redirects; each hop is screened, resolved, checked and pinned anew.
 * @throws FetchError
 */
export async function openContent(
  text: string,
  accept: string,
  policy: FetchPolicy,
  deadlines: Deadlines,
): Promise<OpenContent> {
  deadlines.limitOpening(policy.limits.openMs);
  let url = screenUrl(text, policy.allowHttp, null);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await ask(url, accept, policy, deadlines);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) {
      deadlines.opened();
      return { url, response };
    }
    response.destroy();
    if (!REDIRECTS.includes(statusCode) || headers.location === undefined) throw explainStatus(statusCode);
    url = screenUrl(headers.location, policy.allowHttp, url);
  }
  throw new FetchError('redirect-loop', `The server redirects more than ${MAX_REDIRECTS} times.`);
}

async function ask(
  url: URL,
  accept: string,
  policy: FetchPolicy,
  deadlines: Deadlines,
): Promise<IncomingMessage> {
  const { limits, allowPrivateAddresses, ca, resolve = systemResolver } = policy;
  deadlines.arm(limits.connectMs, 'The server that holds the content cannot be reached in time.');
  const addresses = await deadlines.wait(resolveHost(url, { resolve, allowPrivateAddresses }));
  const onConnected = () =>
    deadlines.arm(limits.idleMs, 'The server that holds the content does not answer.');
  const { signal } = deadlines;
  const response = await deadlines.wait(httpGet(url, { addresses, ca, accept, signal, onConnected }));
  deadlines.disarm();
  return response;
}

/** Challenges are not answered: credentials would go wherever a push points (RFC 4483 §7). */
function explainStatus(status: number): FetchError {
  return new FetchError(
    'http-status',
    CHALLENGES.includes(status)
      ? `The server asks for a password (${status}); none is ever given.`
      : `The server answered ${status} instead of sending the content.`,
  );
}
