import { describe, expect, it } from 'vitest';
import { maskCredentials } from './mask.ts';

const REGISTER = [
  'REGISTER sip:push.test SIP/2.0',
  'Authorization: Digest username="bob", realm="push.test", nonce="n", response="0123\\"45", cnonce="c", nc=1',
  'proxy-authorization : Digest auts = "abc==", response=0123',
  'Call-ID: response="stays"',
  '',
  'Authorization: Digest response="in the body"',
].join('\r\n');

describe('maskCredentials', () => {
  it('masks what proves a password, and nothing else', () => {
    expect(maskCredentials(REGISTER)).toBe(
      [
        'REGISTER sip:push.test SIP/2.0',
        'Authorization: Digest username="bob", realm="push.test", nonce="n", response="***", cnonce="***", nc=1',
        'proxy-authorization : Digest auts = "***", response="***"',
        'Call-ID: response="stays"',
        '',
        'Authorization: Digest response="in the body"',
      ].join('\r\n'),
    );
  });

  it('takes a message without an end', () => {
    expect(maskCredentials('REGISTER sip:a SIP/2.0\r\nAuthorization: Digest response="x')).not.toContain(
      '"x',
    );
  });

  it.each([
    ['folded lines', 'Authorization: Digest username="bob",\r\n response="SECRET",\r\n\tcnonce="SECRET"'],
    ['a folded value', 'Authorization: Digest response=\r\n "SECRET"'],
    ['any case', 'AUTHORIZATION: digest RESPONSE="SECRET"'],
    ['AKA (RFC 3310)', 'Authorization: Digest algorithm=AKAv1-MD5, response="SECRET", auts="SECRET"'],
    ['Basic', 'Authorization: Basic SECRET='],
    ['Bearer, folded', 'Proxy-Authorization: Bearer\r\n SECRET'],
    ['what the core proves', 'Authentication-Info: nextnonce="n", rspauth="SECRET", cnonce="SECRET"'],
    ['an open quote', 'Authorization: Digest response="SECRET'],
  ])('masks %s', (_what, line) => {
    const masked = maskCredentials(`REGISTER sip:push.test SIP/2.0\r\n${line}\r\nCall-ID: kept\r\n\r\n`);
    expect(masked).not.toContain('SECRET');
    expect(masked).toContain('***');
    expect(masked).toMatch(/^REGISTER sip:push\.test SIP\/2\.0\r\n/);
    expect(masked).toMatch(/\r\nCall-ID: kept\r\n\r\n$/);
  });

  it('masks the AUTH of MSRP (RFC 4976)', () => {
    const auth = [
      'MSRP 49fi AUTH',
      'To-Path: msrp://relay.test:2855;tcp',
      'From-Path: msrp://bob.test:1/s;tcp',
      'Authorization: Digest username="bob", response="SECRET", qop=auth',
      '-------49fi$',
      '',
    ].join('\r\n');
    expect(maskCredentials(auth)).toBe(auth.replace('SECRET', '***'));
  });
});
