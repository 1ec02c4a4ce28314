import { parseParameters } from './name-addr.ts';

/** A Subscription-State header (RFC 6665 §8.2.3). Times in seconds. */
export type SubscriptionStateHeader = {
  readonly state: string;
  readonly reason: string | null;
  readonly expires: number | null;
  readonly retryAfter: number | null;
};

/** An Event header: the package with its template, and the id; other parameters do not tell packages apart (§8.2.1). */
export type EventHeader = { readonly type: string; readonly id: string | null };

/** Reads a Subscription-State value; null when it is malformed. */
export function parseSubscriptionState(value: string): SubscriptionStateHeader | null {
  const parts = split(value);
  if (parts === null) return null;
  const number = (name: string): number | null => {
    const text = parts.parameter(name);
    return text !== null && /^\d{1,10}$/.test(text) ? Number(text) : null;
  };
  return {
    state: parts.token.toLowerCase(),
    reason: parts.parameter('reason')?.toLowerCase() ?? null,
    expires: number('expires'),
    retryAfter: number('retry-after'),
  };
}

/** Reads an Event value; null when it is malformed. */
export function parseEvent(value: string): EventHeader | null {
  const parts = split(value);
  return parts === null ? null : { type: parts.token, id: parts.parameter('id') };
}

function split(
  value: string,
): { readonly token: string; readonly parameter: (name: string) => string | null } | null {
  const semicolon = value.indexOf(';');
  const token = (semicolon < 0 ? value : value.slice(0, semicolon)).trim();
  if (!/^[A-Za-z0-9\-.!%*_+`'~]+$/.test(token)) return null;
  const parameters = semicolon < 0 ? [] : parseParameters(value.slice(semicolon));
  if (parameters === null) return null;
  return {
    token,
    parameter: (name) => parameters.find((parameter) => parameter.name.toLowerCase() === name)?.value ?? null,
  };
}
