import { type ClientRequest, type IncomingMessage, request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIPv6, type LookupFunction } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { errorCode } from '../../content/disk-error.ts';
import { messageOf } from '../live-push.ts';
import { type Handover, type HandResult, openContent } from './handover.ts';
import { loopbackAddresses } from './loopback.ts';

export type WebhookLimits = { readonly timeoutMs: number; readonly retryMs: number };

const DEFAULT_LIMITS: WebhookLimits = { timeoutMs: 10_000, retryMs: 500 };
/** Nobody listened, or hung up before it answered: worth a second try. */
const CONNECTION_FAILURES: readonly (string | null)[] = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE'];

/**
 * Posts a push to a local webhook: the content is the body, the facts are X-Push-* headers. Goes to a loopback address
 * only, follows no redirection, and is tried again once when the connection fails. Never rejects.
 */
export async function postWebhook(
  address: string,
  handover: Handover,
  signal: AbortSignal,
  limits: WebhookLimits = DEFAULT_LIMITS,
): Promise<HandResult> {
  if (signal.aborted) return notSent('The terminal was closed.');
  const timeout = AbortSignal.timeout(limits.timeoutMs);
  const either = AbortSignal.any([signal, timeout]);
  try {
    const url = new URL(address);
    const addresses = await loopbackAddresses(url);
    const status = await post(url, addresses, handover, either).catch(async (error: unknown) => {
      if (!CONNECTION_FAILURES.includes(errorCode(error))) throw error;
      await wait(limits.retryMs, undefined, { signal: either });
      return post(url, addresses, handover, either);
    });
    return { ok: status >= 200 && status < 300, title: `Webhook answered ${status}`, detail: address };
  } catch (error) {
    if (signal.aborted) return notSent('The terminal was closed.');
    if (timeout.aborted) return notSent(`${address} did not answer within ${limits.timeoutMs / 1000} s.`);
    return notSent(explain(error, address));
  }
}

/** Resolves with the status; rejects when the connection fails or the signal fires. */
async function post(
  url: URL,
  addresses: readonly string[],
  handover: Handover,
  signal: AbortSignal,
): Promise<number> {
  const body = await openContent(handover.content);
  const send = url.protocol === 'https:' ? requestHttps : requestHttp;
  const request = send(url, {
    method: 'POST',
    headers: headersOf(handover),
    lookup: pinnedTo(addresses),
    agent: false,
    signal,
  });
  const answered = answerOf(request);
  // A server may answer before it has read everything; its answer counts.
  pipeline(body, request).catch(() => body.destroy());
  const response = await answered;
  response.destroy();
  return response.statusCode ?? 0;
}

function answerOf(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.once('response', resolve);
    // Stays: an error may follow the answer.
    request.on('error', reject);
  });
}

function headersOf({ push, terminal, application, from, type, name }: Handover): Record<string, string> {
  const facts = { Id: push, Terminal: terminal, Application: application, From: from, Name: name };
  const named = Object.entries(facts).map(([key, value]) => [`X-Push-${key}`, headerValue(value)]);
  return {
    ...Object.fromEntries(named),
    'X-Push-Type': headerValue(type ?? ''),
    'Content-Type': headerValue(type ?? 'application/octet-stream'),
  };
}

/** Printable ASCII as it is, all else percent-encoded UTF-8: header values hold nothing else safely. */
function headerValue(text: string): string {
  return [...text]
    .map((one) => (/^[\x20-\x7e]$/.test(one) ? one : percentEncoded(one)))
    .join('')
    .trim();
}

function percentEncoded(character: string): string {
  return [...Buffer.from(character)]
    .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
    .join('');
}

/** Only the addresses that were checked are connected to, whatever the name says next time. */
function pinnedTo(addresses: readonly string[]): LookupFunction {
  const all = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    const [first] = all;
    if (options.all === true) callback(null, all);
    else callback(null, first?.address ?? '', first?.family ?? 4);
  };
}

function notSent(detail: string): HandResult {
  return { ok: false, title: 'Webhook not sent', detail };
}

function explain(error: unknown, address: string): string {
  const failed = CONNECTION_FAILURES.includes(errorCode(error)) || error instanceof AggregateError;
  return failed ? `Nothing listens at ${address}.` : messageOf(error);
}
