import { describe, expect, test } from 'vitest';
import { hexDump, viewContent } from './content-view.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');

describe('content for showing', () => {
  test('is text in its charset', () => {
    const view = viewContent(Buffer.from('Grüße', 'latin1'), 'text/plain; charset=iso-8859-1');
    expect(view).toMatchObject({ text: 'Grüße', bytes: 5, truncated: false, image: null });
  });

  test('is text even with a charset nobody knows', () => {
    expect(viewContent(Buffer.from('Grüße'), 'text/plain; charset=klingon').text).toBe('Grüße');
  });

  test('is text where the bytes are, whatever is declared', () => {
    const view = viewContent(Buffer.from('hello'), null);
    expect(view).toMatchObject({ contentType: null, sniffedType: 'text/plain', text: 'hello' });
  });

  test('is no text with NUL in it', () => {
    expect(viewContent(Buffer.from('a\0b'), 'text/plain').text).toBeNull();
  });

  test('shows the beginning of long text', () => {
    const view = viewContent(Buffer.alloc(300 * 1024, 'a'), 'text/plain');
    expect(view.text).toHaveLength(256 * 1024);
    expect(view.truncated).toBe(true);
  });

  test('does not cut a character in two', () => {
    const view = viewContent(Buffer.from(`a${'ü'.repeat(200 * 1024)}`), 'text/plain');
    expect(view.text).not.toContain('\ufffd');
  });

  test('shows the beginning of long bytes', () => {
    const view = viewContent(Buffer.alloc(100 * 1024, 0xff), 'application/octet-stream');
    expect(view.hex.split('\n')).toHaveLength(1024);
    expect(view).toMatchObject({ text: null, truncated: true });
  });

  test.each<[what: string, bytes: Buffer, declared: string | null, shown: boolean]>([
    ['an image that is what it claims', PNG, 'image/png', true],
    ['an image that claims to be another', PNG, 'image/jpeg', false],
    ['a page that claims to be an image', Buffer.from('<html>'), 'image/png', false],
    ['an SVG', Buffer.from('<svg onload="x()"/>'), 'image/svg+xml', false],
    ['an image of no declared type', PNG, null, false],
    ['an image over 4 MiB', Buffer.concat([PNG, Buffer.alloc(4 * 1024 * 1024)]), 'image/png', false],
  ])('%s', (_what, bytes, declared, shown) => {
    const { image } = viewContent(bytes, declared);
    expect(image).toBe(shown ? `data:image/png;base64,${PNG.toString('base64')}` : null);
  });
});

test('a hex dump shows offset, bytes and characters', () => {
  expect(hexDump(Buffer.from('0123456789abcdef\r\n'))).toBe(
    [
      '00000000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef',
      `00000010  0d 0a${' '.repeat(44)}..`,
    ].join('\n'),
  );
});
