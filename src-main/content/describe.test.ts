import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeContent, MAX_DESCRIBED_BYTES } from './describe.ts';
import { MMS_NOTIFICATION, SI_WBXML, SI_XML } from './fields/test-samples.ts';
import { GIF, JPEG, PNG, WEBP_LOSSY } from './test-images.ts';

async function only(body: string | Buffer, contentType: string | null) {
  const { parts } = await describeContent(Buffer.from(body), { contentType });
  expect(parts).toHaveLength(1);
  const [part] = parts;
  if (part === undefined) throw new Error('no part');
  return part;
}

describe('describeContent', () => {
  it('describes a text', async () => {
    expect(await only('hé', 'text/plain; charset=utf-8')).toEqual({
      depth: 0,
      kind: 'leaf',
      label: 'Text',
      contentType: 'text/plain',
      declared: 'text/plain; charset=utf-8',
      parameters: [{ name: 'charset', value: 'utf-8' }],
      sniffedType: 'text/plain',
      isMismatch: false,
      disposition: null,
      fileName: null,
      contentId: null,
      role: null,
      headers: [],
      bytes: 3,
      text: 'hé',
      charset: 'utf-8',
      isTruncated: false,
      pretty: null,
      fields: null,
      image: null,
      html: null,
      hex: expect.stringContaining('68 c3 a9'),
      isHexTruncated: false,
      warnings: [],
    });
  });

  it('is nothing but data, as a window can get it', async () => {
    const description = await describeContent(SI_XML, { contentType: 'text/vnd.wap.si' });
    expect(structuredClone(description)).toEqual(description);
    expect(JSON.parse(JSON.stringify(description))).toEqual(description);
  });

  it('lists the parts of a container behind it', async () => {
    const body = `--b\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\nx\r\n--b--`;
    const { parts } = await describeContent(Buffer.from(body), {
      contentType: 'multipart/mixed; boundary=b',
    });
    expect(parts.map(({ depth, label, text, html }) => [depth, label, text, html])).toEqual([
      [0, 'Several parts', null, null],
      [1, 'HTML', '<p>', '<p>'],
      [1, 'a.txt', 'x', null],
    ]);
  });

  it.each([
    ['text/vnd.wap.si', SI_XML, 'Service Indication'],
    ['application/vnd.wap.sic', SI_WBXML, 'Service Indication'],
    ['application/vnd.wap.mms-message', MMS_NOTIFICATION, 'MMS notification'],
  ])('knows %s', async (type, bytes, title) => {
    const part = await only(bytes, type);
    expect(part.fields?.title).toBe(title);
    expect(part.label).toBe(title);
    expect(part.warnings).toEqual([]);
  });

  it('says when a known type cannot be read', async () => {
    expect((await only('<sl/>', 'text/vnd.wap.si')).warnings).toEqual([
      'It cannot be read as text/vnd.wap.si.',
    ]);
  });

  it.each([
    ['application/json', '{"a":1}', '{\n  "a": 1\n}'],
    ['application/problem+json', '[]', '[]'],
    ['application/xml', '<a><b/></a>', '<a>\n  <b/>\n</a>'],
    ['text/vnd.wap.sl', '<sl  href="x"/>', '<sl  href="x"/>'],
    ['text/plain', '{"a":1}', null],
    ['application/json', '{a}', null],
    ['application/xml', '<!DOCTYPE a [<!ENTITY x "y">]><a/>', null],
  ])('lays %s out anew: %s', async (type, text, pretty) => {
    expect((await only(text, type)).pretty).toBe(pretty);
  });

  it.each([
    ['image/png', PNG, 'PNG'],
    ['image/gif', GIF, 'GIF'],
    ['image/jpeg', JPEG, 'JPEG'],
    ['image/webp', WEBP_LOSSY, 'WEBP'],
  ])('shows %s, and whatever it is declared as', async (type, bytes, name) => {
    const url = `data:${type};base64,${bytes.toString('base64')}`;
    expect(await only(bytes, type)).toMatchObject({
      image: url,
      label: `Picture (${name}, 300 × 200)`,
      warnings: [],
    });
    expect(await only(bytes, 'image/bmp')).toMatchObject({ image: url, isMismatch: true });
  });

  const huge = Buffer.from(PNG);
  huge.writeUInt32BE(10_000, 16);
  huge.writeUInt32BE(10_000, 20);
  it.each([
    ['too many pixels', huge, /10000 × 10000 pixels/],
    ['too many bytes', Buffer.concat([PNG, Buffer.alloc(4 * 1024 * 1024)]), /more than 4194304 bytes/],
    ['a torn header', PNG.subarray(0, 20), /header of the picture/],
  ])('does not show a picture with %s', async (_name, bytes, warning) => {
    const part = await only(bytes, 'image/png');
    expect(part.image).toBeNull();
    expect(part.warnings.join()).toMatch(warning);
  });

  it('never shows SVG as a picture, and no picture declared as HTML as HTML', async () => {
    expect(await only('<svg xmlns="x"/>', 'image/svg+xml')).toMatchObject({ image: null, html: null });
    expect(await only(PNG, 'text/html')).toMatchObject({ html: null, isMismatch: true });
  });

  it.each<[string | null, string | null]>([
    ['text/html', '<html>x'],
    ['application/xhtml+xml', '<html>x'],
    [null, '<html>x'],
    ['text/plain', null],
  ])('gives the HTML of %s', async (type, html) => {
    expect((await only('<html>x', type)).html).toBe(html);
  });

  it('bounds text and hex, and says so', async () => {
    const part = await only('x'.repeat(300_000), 'text/plain');
    expect(part).toMatchObject({ bytes: 300_000, isTruncated: true, isHexTruncated: true });
    expect(part.text).toHaveLength(256 * 1024);
    expect(part.hex.split('\n')).toHaveLength(256);
    expect(part.warnings).toEqual(['Only the beginning of the text is shown.']);
  });

  it('looks only at the beginning of what is far too large', async () => {
    const part = await only(Buffer.alloc(MAX_DESCRIBED_BYTES + 1), 'application/octet-stream');
    expect(part).toMatchObject({ bytes: MAX_DESCRIBED_BYTES + 1, text: null });
    expect(part.warnings).toEqual([`Only the first ${MAX_DESCRIBED_BYTES} bytes are looked at.`]);
  });

  it('bounds text and pictures of all parts together', async () => {
    const picture = Buffer.concat([PNG, Buffer.alloc(3 * 1024 * 1024)]);
    const body = Buffer.concat([
      ...Array.from({ length: 12 }, () => Buffer.from(`--b\r\n\r\n${'x'.repeat(250_000)}\r\n`)),
      ...Array.from({ length: 4 }, () =>
        Buffer.concat([Buffer.from('--b\r\nContent-Type: image/png\r\n\r\n'), picture, Buffer.from('\r\n')]),
      ),
      Buffer.from('--b--'),
    ]);
    const { parts } = await describeContent(body, { contentType: 'multipart/mixed; boundary=b' });
    expect(parts.filter(({ text }) => text !== null)).toHaveLength(8);
    expect(parts.filter(({ image }) => image !== null)).toHaveLength(2);
    expect(parts.flatMap(({ warnings }) => warnings).join()).toMatch(/left out.*too large together/s);
  });

  it('says when a body is a bomb, and shows it as it came', async () => {
    const bytes = gzipSync(Buffer.alloc(20 * 1024 * 1024));
    const { parts } = await describeContent(bytes, { contentType: 'text/plain', contentEncoding: 'gzip' });
    expect(parts[0]).toMatchObject({ bytes: bytes.length, text: null });
    expect(parts[0]?.warnings).toEqual([expect.stringContaining('unpacks to more than')]);
  });
});
