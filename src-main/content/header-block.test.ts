import { describe, expect, it } from 'vitest';
import { splitHeaderBlock } from './header-block.ts';

describe('splitHeaderBlock', () => {
  it.each([
    ['CRLF', 'X-Wap-Application-Id: mms.ua\r\nContent-Type: text/plain;\r\n charset=utf-8\r\n\r\nbody'],
    ['LF', 'X-Wap-Application-Id: mms.ua\nContent-Type: text/plain; charset=utf-8\n\nbody'],
  ])('takes the header off, with %s', (_name, text) => {
    const part = splitHeaderBlock(Buffer.from(text));
    expect(part?.contentType.parameters.get('charset')).toBe('utf-8');
    expect(part?.headers.get('x-wap-application-id')).toBe('mms.ua');
    expect(part?.body.toString()).toBe('body');
  });

  it.each([
    ['bytes', '\0\x01\x02\r\n\r\n'],
    ['no empty line', 'Content-Type: text/plain\r\nbody'],
    ['text with colons', 'Note: this is a text.\r\n\r\nMore of it.'],
    ['a line that is none', 'Content-Type: text/plain\r\nnonsense\r\n\r\nbody'],
    ['a malformed type', 'Content-Type: nonsense\r\n\r\nbody'],
    ['an endless header', `Content-Type: text/plain\r\n${'X: y\r\n'.repeat(5000)}\r\n`],
    ['nothing', ''],
  ])('is null for %s', (_name, text) => {
    expect(splitHeaderBlock(Buffer.from(text))).toBeNull();
  });
});
