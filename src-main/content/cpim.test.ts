import { describe, expect, it } from 'vitest';
import { CpimUnwrapper, cpimPrefix } from './cpim.ts';

describe('CpimUnwrapper', () => {
  const wrapped = Buffer.concat([
    cpimPrefix({
      from: 'sip:a@h',
      to: 'sip:b@h',
      dateTime: '2026-11-21T12:00:00Z',
      contentType: 'text/plain',
    }),
    Buffer.from('body\r\n\r\nmore'),
  ]);

  it.each([1, 2, 7, 1000])('unwraps in pieces of %i bytes', (size) => {
    const unwrapper = new CpimUnwrapper();
    let body = '';
    for (let at = 0; at < wrapped.length; at += size) {
      body += unwrapper.push(wrapped.subarray(at, at + size)).body?.toString() ?? '';
    }
    expect(body).toBe('body\r\n\r\nmore');
    expect(unwrapper.headers).toMatchObject({
      from: '<sip:a@h>',
      to: ['<sip:b@h>'],
      contentType: 'text/plain',
    });
  });

  it.each([
    ['endless headers', 'From: x\r\n'.repeat(4000)],
    ['a line that is no header', 'nonsense\r\n\r\nContent-Type: a/b\r\n\r\n'],
    ['a feature it does not know', 'Require: MyFeatures.Vital\r\n\r\nContent-Type: a/b\r\n\r\n'],
  ])('refuses %s', (_name, text) => {
    expect(() => new CpimUnwrapper().push(Buffer.from(text))).toThrow(/CPIM/);
  });

  it('reads language, escapes, several To and folded MIME headers (RFC 3862 §2.3, §2.4, §3.3)', () => {
    const unwrapper = new CpimUnwrapper();
    const { body } = unwrapper.push(
      Buffer.from(
        [
          'From:  <sip:a@h>',
          'To: <sip:b@h>',
          'To: <sip:c@h>',
          'Subject:;lang=fr Le \\u00e9t\\\\ \\z\\',
          'Require: From,DateTime',
          '',
          'content-type: multipart/mixed;',
          ' boundary=x',
          'Content-Disposition: not-render; size=4',
          '',
          'body',
        ].join('\r\n'),
      ),
    );
    expect(body?.toString()).toBe('body');
    expect(unwrapper.headers).toMatchObject({
      from: '<sip:a@h>',
      to: ['<sip:b@h>', '<sip:c@h>'],
      subject: 'Le ét\\ z',
      contentType: 'multipart/mixed; boundary=x',
    });
    expect(unwrapper.headers?.content.get('content-disposition')).toBe('not-render; size=4');
  });

  it('does not look for missing MIME headers in the content', () => {
    const unwrapper = new CpimUnwrapper();
    const { body } = unwrapper.push(Buffer.from('From: <sip:a@h>\r\n\r\n\r\nContent-Type: x/y\r\n\r\nrest'));
    expect(body?.toString()).toBe('Content-Type: x/y\r\n\r\nrest');
    expect(unwrapper.headers?.contentType).toBeNull();
  });

  it('reads what it writes, whatever stands in the headers', () => {
    const subject = 'a\\b\r\nTo: <sip:evil@h>\t\u007f"\'ü';
    const prefix = cpimPrefix({
      from: 'sip:a@h',
      to: 'sip:b@h',
      dateTime: '2026-11-21T12:00:00Z',
      subject,
      contentType: 'text/plain\r\n\r\nx',
    });
    const unwrapper = new CpimUnwrapper();
    expect(unwrapper.push(prefix).body).toHaveLength(0);
    expect(unwrapper.headers).toMatchObject({ to: ['<sip:b@h>'], subject, contentType: 'text/plain x' });
  });

  it('gives content or an Error on mangled messages, never more than came', () => {
    let state = 17;
    const random = (below: number) => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return (state >>> 8) % below;
    };
    for (let round = 0; round < 4000; round += 1) {
      const bytes = Buffer.from(wrapped);
      for (let change = 0; change < 1 + random(6); change += 1) bytes[random(bytes.length)] = random(256);
      try {
        expect(new CpimUnwrapper().push(bytes).body?.length ?? 0).toBeLessThan(bytes.length);
      } catch (error) {
        expect((error as Error).message).toMatch(/CPIM/);
      }
    }
  });
});
