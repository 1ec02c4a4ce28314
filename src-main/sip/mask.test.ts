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
});
