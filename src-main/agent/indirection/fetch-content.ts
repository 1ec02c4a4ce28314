import { checkRoom } from '../../content/disk-room.ts';
import type { ExternalReference } from '../../content/external-body.ts';
import { parseContentType } from '../../content/mime.ts';
import { messageOf } from '../live-push.ts';
import { noRoom } from './content-room.ts';
import { Deadlines } from './deadlines.ts';
import { type FetchPolicy, type FetchRun, UNDATED_LIFETIME_MS } from './fetch-policy.ts';
import { FetchError, type FetchFailure, type FetchResult, sentence } from './fetch-result.ts';
import { type OpenContent, openContent } from './open-content.ts';
import { type Expected, receiveBody } from './receive-body.ts';
import { warningsOf } from './warnings.ts';

/**
 * Fetches what a reference points at into a file, and checks expiration, size and hash (RFC 4483 §5.7, §5.9, §5.12,
 * §7). Trusts neither URL nor server: see `screenUrl`, `resolveHost`, `httpGet`. Never rejects, and leaves no file
 * behind unless it is `ok`.
 */
export async function fetchContent(
  reference: ExternalReference,
  policy: FetchPolicy,
  run: FetchRun,
): Promise<FetchResult> {
  const problem = whyNotToFetch(reference, policy, run.receivedAt);
  if (problem !== null) return problem;
  const deadlines = new Deadlines(policy.limits.totalMs, run.signal);
  try {
    await checkDisk(policy.folder, reference.size);
    const opened = await openContent(reference.url, acceptOf(reference), policy, deadlines);
    try {
      return await keep(opened, reference, policy, run, deadlines);
    } finally {
      opened.response.destroy();
    }
  } catch (error) {
    return failureOf(deadlines.signal.aborted ? deadlines.signal.reason : error);
  } finally {
    deadlines.dispose();
  }
}

/**
 * What stands against a fetch before anything is asked of the network: too late, too large, or a hash that nothing can
 * match (X-11: for the answer to the MESSAGE too). Null when it may be tried.
 */
export function whyNotToFetch(
  reference: ExternalReference,
  { maxBytes, room }: Pick<FetchPolicy, 'maxBytes' | 'room'>,
  receivedAt: Date,
): FetchFailure | null {
  if (expiryOf(reference, receivedAt).getTime() <= Date.now()) {
    return failed('expired', 'The address of the content is no longer good: its time has run out.');
  }
  if (reference.size !== null && reference.size > maxBytes) {
    return failed('too-large', `The content has ${reference.size} bytes; at most ${maxBytes} are taken.`);
  }
  if (reference.size !== null && reference.size > room) return failureOf(noRoom());
  if (reference.hash !== null && !reference.hashUsable) {
    return failed('hash-mismatch', 'The hash of the content is not a SHA-1 hash, so nothing can match it.');
  }
  return null;
}

/** Until when the URL of a reference is good (RFC 4483 §5.7). */
export function expiryOf(reference: ExternalReference, receivedAt: Date): Date {
  return reference.expiration ?? new Date(receivedAt.getTime() + UNDATED_LIFETIME_MS);
}

async function keep(
  { url, response }: OpenContent,
  reference: ExternalReference,
  { folder, maxBytes, room, limits }: FetchPolicy,
  run: FetchRun,
  deadlines: Deadlines,
): Promise<FetchResult> {
  const expected: Expected = { size: reference.size, sha1: reference.hash, maxBytes, room };
  const body = await receiveBody(response, expected, { folder, limits, run, deadlines });
  const declared = parseContentType(response.headers['content-type'] ?? '');
  return {
    kind: 'ok',
    ...body,
    contentType: declared === null ? null : (response.headers['content-type'] ?? null),
    finalUrl: url.href,
    warnings: warningsOf(reference, { url, type: declared?.type ?? null }),
  };
}

/** Nothing is asked for that the disk has no room for. */
async function checkDisk(folder: string, size: number | null): Promise<void> {
  try {
    await checkRoom(folder, size);
  } catch (error) {
    throw new FetchError('disk', sentence(messageOf(error)));
  }
}

/** RFC 4483 §5.8: HTTP negotiates the type itself. Another is taken too, with a warning. */
function acceptOf({ innerType }: ExternalReference): string {
  const type = parseContentType(innerType ?? '')?.type;
  return type === undefined ? '*/*' : `${type}, */*;q=0.1`;
}

function failureOf(error: unknown): FetchFailure {
  if (error instanceof FetchError) return failed(error.reason, error.message);
  return failed('network', 'Fetching the content failed.');
}

function failed(reason: FetchFailure['reason'], message: string): FetchFailure {
  return { kind: 'failed', reason, message };
}
