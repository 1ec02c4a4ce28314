import { describe, expect, it } from 'vitest';
import type { IncomingResponse } from '../sip/user-agent.ts';
import { type FailureContext, judgeFailure } from './register-failure.ts';

const CONTEXT: FailureContext = {
  requirePref: true,
  outbound: true,
  expires: 600,
  secure: false,
  problem: null,
};

function judge(code: number, headers: Readonly<Record<string, readonly string[]>> = {}, context = {}) {
  const response = {
    status_code: code,
    reason_phrase: 'Phrase',
    getHeader: (name: string) => headers[name]?.[0],
    getHeaders: (name: string) => headers[name] ?? [],
  } as unknown as IncomingResponse;
  return judgeFailure(response, { ...CONTEXT, ...context });
}

const address = (text: string, host: string, port: number | null, transport: string | null) => ({
  text,
  host,
  port,
  transport,
  path: '/',
});

describe('judgeFailure', () => {
  it.each([
    ['420 for pref', 420, { unsupported: ['pref'] }, { kind: 'again', change: 'without-pref' }],
    [
      '420 for outbound',
      420,
      { unsupported: ['x, outbound'] },
      { kind: 'again', change: 'without-outbound' },
    ],
    ['439', 439, {}, { kind: 'again', change: 'without-outbound' }],
    ['423 with Min-Expires', 423, { 'min-expires': ['1800'] }, { kind: 'longer', expires: 1800 }],
  ])('changes what it asks: %s', (_name, code, headers, verdict) => {
    expect(judge(code, headers)).toEqual(verdict);
  });

  it.each([
    ['420 for what was not asked', 420, { unsupported: ['pref'] }, { requirePref: false }],
    ['439 without outbound', 439, {}, { outbound: false }],
    ['423 for less', 423, { 'min-expires': ['30'] }, {}],
    ['423 for a year', 423, { 'min-expires': ['99999999'] }, {}],
    ['500', 500, {}, {}],
    ['3xx without a place', 302, { contact: ['*'] }, {}],
  ])('waits: %s', (_name, code, headers, context) => {
    expect(judge(code, headers, context)).toMatchObject({ kind: 'retry', asked: null });
  });

  it.each([
    ['7', 7],
    ['0', 1],
    ['7 (maintenance);duration=60', 7],
    ['999999', 3600],
    ['soon', null],
  ])('Retry-After: %s', (value, asked) => {
    expect(judge(503, { 'retry-after': [value] })).toMatchObject({ kind: 'retry', asked, elsewhere: true });
  });

  it.each([401, 403, 404, 407, 604])('%i is a refusal in words', (code) => {
    expect(judge(code)).toMatchObject({ kind: 'refused', reason: expect.stringMatching(/\.$/) });
  });

  it('tells why credentials could not be given', () => {
    expect(judge(401, {}, { problem: 'Wrong MAC.' })).toMatchObject({
      kind: 'refused',
      reason: 'Wrong MAC.',
    });
  });

  it('follows a redirection to the registrar it names, best first (RFC 3261 §8.1.3.4)', () => {
    const contact = ['<sip:a.test;transport=udp>;q=0.2, <sip:x@b.test:5070;transport=tcp?h=1>;q=0.9'];
    expect(judge(302, { contact })).toEqual({
      kind: 'redirect',
      requestUri: 'sip:b.test:5070',
      targets: [
        address('sip:x@b.test:5070;transport=tcp', 'b.test', 5070, 'tcp'),
        address('sip:a.test;transport=udp', 'a.test', null, 'udp'),
      ],
    });
  });

  it('goes through the proxy of a 305 without changing the request', () => {
    expect(judge(305, { contact: ['<sip:p.test:5060;lr>'] })).toMatchObject({
      kind: 'redirect',
      requestUri: null,
    });
  });

  it('does not leave TLS', () => {
    const contact = ['<sip:a.test;transport=tcp>'];
    expect(judge(302, { contact }, { secure: true })).toMatchObject({
      kind: 'retry',
      reason: expect.stringContaining('only to places without TLS'),
    });
    expect(judge(302, { contact: ['<sips:a.test>'] }, { secure: true })).toMatchObject({ kind: 'redirect' });
  });
});
