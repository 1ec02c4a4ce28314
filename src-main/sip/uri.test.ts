import { describe, expect, it } from 'vitest';
import {
  aorOf,
  aorToUri,
  escapeUser,
  formatUri,
  matchesTrustPattern,
  parseSipUri,
  parseUri,
  sameUri,
  type Uri,
  unescapeUri,
  uriParameter,
} from './uri.ts';

function uri(text: string): Uri {
  const parsed = parseUri(text);
  if (parsed === null) throw new Error(`does not parse: ${text}`);
  return parsed;
}

describe('parseUri', () => {
  it('takes a URI apart', () => {
    expect(parseUri('sips:al%20ice:pw@[2001:db8::1]:5061;transport=tcp;lr?subject=a&x=b')).toEqual({
      kind: 'sip',
      scheme: 'sips',
      user: 'al%20ice',
      password: 'pw',
      host: '[2001:db8::1]',
      port: 5061,
      parameters: [
        { name: 'transport', value: 'tcp' },
        { name: 'lr', value: null },
      ],
      headers: 'subject=a&x=b',
    });
    expect(parseUri('tel:+1-555;phone-context=x')).toEqual({
      kind: 'tel',
      number: '+1-555',
      parameters: [{ name: 'phone-context', value: 'x' }],
    });
  });

  it.each([
    'sip:bob@push.test',
    'sip:push.test',
    'sip:+1-212-555-1212:1234@gateway.com;user=phone',
    'sip:1.2.3.4:5060;transport=tcp',
    'sips:bob@push.test;gr=urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    'sip:alice;day=tuesday@atlanta.com',
    'sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com',
    'tel:+4940;a=b',
  ])('writes back %s', (text) => {
    expect(formatUri(uri(text))).toBe(text);
  });

  it.each([
    '',
    'bob@push.test',
    'http://a',
    'sip:',
    'sip:@push.test',
    'sip:a@b@c',
    'sip:evil@push.test@evil.test',
    'sip:bob@push.test:99999',
    'sip:bob@push.test:',
    'sip:bo b@push.test',
    'sip:bob@push.test"',
    'sip:bob%4@push.test',
    'sip:bob@push.test;',
    'sip:bob@push.test;a=b;A=c',
    'sip:bob@push.test;gr= x',
    'sip:b\u00e9b@push.test',
    'tel:',
    'tel:abc xyz',
    `sip:${'a'.repeat(9000)}@b`,
  ])('refuses %s', (text) => {
    expect(parseUri(text)).toBeNull();
  });

  it('reads parameters by any case, with escapes', () => {
    expect(uriParameter(uri('sip:a@b;GR=urn%3Auuid%3A1'), 'gr')).toBe('urn:uuid:1');
    expect(uriParameter(uri('sip:a@b;gr'), 'gr')).toBe('');
    expect(uriParameter(uri('sip:a@b'), 'gr')).toBeUndefined();
    expect(parseSipUri('tel:1')).toBeNull();
  });
});

describe('sameUri (RFC 3261 §19.1.4)', () => {
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;newparam=5'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    [
      'sip:alice@atlanta.com?subject=project%20x&priority=urgent',
      'sip:alice@atlanta.com?priority=urgent&subject=project%20x',
    ],
    ['tel:+1-555-12', 'tel:+1(555)12'],
  ])('%s equals %s', (a, b) => {
    expect(sameUri(uri(a), uri(b))).toBe(true);
    expect(sameUri(uri(b), uri(a))).toBe(true);
  });

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sips:bob@biloxi.com'],
    ['sip:bob@biloxi.com', 'sip:biloxi.com'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:a%3Bb@c.com', 'sip:a;b@c.com'],
    ['sip:bob@a.com;gr=1', 'sip:bob@a.com'],
    ['tel:+1', 'sip:+1@a.com'],
  ])('%s differs from %s', (a, b) => {
    expect(sameUri(uri(a), uri(b))).toBe(false);
    expect(sameUri(uri(b), uri(a))).toBe(false);
  });
});

describe('aorOf', () => {
  it.each([
    ['sips:B%6fb@Push.Test:5061;gr=x?a=b', 'sip:Bob@push.test'],
    ['sip:push.test', 'sip:push.test'],
  ])('%s is %s', (text, aor) => {
    const parsed = parseSipUri(text);
    expect(parsed && aorOf(parsed)).toBe(aor);
  });
});

describe('aorToUri', () => {
  it.each(['sip:bob@push.test', 'sip:b%C3%B6b%20x@push.test', 'sip:push.test'])('writes %s back', (text) => {
    const parsed = parseSipUri(text);
    expect(parsed && aorToUri(aorOf(parsed))).toBe(text);
  });
});

describe('matchesTrustPattern', () => {
  it.each([
    ['*@push.test', 'sip:psa@push.test', true],
    ['*@push.test', 'sips:psa@PUSH.test:5061;gr=1', true],
    ['*@*.push.test', 'sip:psa@a.b.push.test', true],
    ['sip:psa@push.test', 'sip:psa@push.test', true],
    ['sip:psa@push.test', 'sip:PSA@push.test', false],
    ['sip:ps%61@push.test', 'sip:psa@push.test', true],
    ['p*a*@push.test', 'sip:psaxaa@push.test', true],
    ['*', 'sip:psa@push.test', false],
    ['*@*', 'sip:psa@push.test', true],
    ['*@push.test', 'sip:psa@push.test.evil.test', false],
    ['*@push.test', 'sip:psa@evilpush.test', false],
    ['*push.test', 'sip:x@push.test', false],
    ['sips:*@push.test', 'sip:psa@push.test', false],
    ['a*a@push.test', 'sip:a@push.test', false],
    ['tel:+1555*', 'tel:+1-555-1234', true],
    ['tel:+1555*', 'tel:+1-556-1234', false],
    ['*@push.test', 'tel:+1', false],
  ])('%s against %s: %s', (pattern, text, expected) => {
    expect(matchesTrustPattern(pattern, uri(text))).toBe(expected);
  });

  it('does not backtrack without bound', () => {
    const started = performance.now();
    matchesTrustPattern(`${'*a'.repeat(2000)}b@x`, uri(`sip:${'a'.repeat(8000)}@x`));
    expect(performance.now() - started).toBeLessThan(500);
  });
});

describe('escapes', () => {
  it('survive a round trip', () => {
    expect(escapeUser('a b@\u00e9')).toBe('a%20b%40%C3%A9');
    expect(unescapeUri('a%20b%4')).toBe('a b%4');
  });
});
