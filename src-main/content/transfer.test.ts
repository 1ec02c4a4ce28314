import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { decodeContentEncoding, decodeTransfer, MAX_INFLATED_BYTES } from './transfer.ts';

describe('decodeTransfer', () => {
  it.each<[string | null, string, string]>([
    [null, 'a=b', 'a=b'],
    ['7bit', 'a=b', 'a=b'],
    ['8BIT', 'é', 'é'],
    ['binary', '\0', '\0'],
    ['base64', 'aGVs\r\nbG8=\r\n', 'hello'],
    [' Base64 ', 'aGVsbG8', 'hello'],
    ['quoted-printable', 'a=3D=C3=A9 =\r\nb=\nc', 'a=é bc'],
    ['quoted-printable', 'soft = \t\r\nbreak=', 'soft break'],
  ])('takes %s off', (encoding, text, decoded) => {
    const result = decodeTransfer(Buffer.from(text), encoding);
    expect(result).toMatchObject({ kind: 'ok', warnings: [] });
    expect(result.kind === 'ok' && result.bytes.toString()).toBe(decoded);
  });

  it.each([
    ['base64', 'aGV!sbG8=', 'hello', 'not base64'],
    ['base64', 'aGk=aGk=', 'hi', 'behind the end'],
    ['quoted-printable', 'a=zz=3', 'a=zz=3', 'malformed'],
  ])('of %s says what is malformed', (encoding, text, decoded, warning) => {
    const result = decodeTransfer(Buffer.from(text), encoding);
    expect(result).toMatchObject({ kind: 'ok', warnings: [expect.stringContaining(warning)] });
    expect(result.kind === 'ok' && result.bytes.toString()).toBe(decoded);
  });

  it('does not know others', () => {
    expect(decodeTransfer(Buffer.from('x'), 'x-uuencode')).toEqual({
      kind: 'bad',
      reason: 'The transfer encoding x-uuencode is unknown.',
    });
  });

  it.each(['=', '= ', '=\r', '=4'])('is quick with many of %j', (piece) => {
    const bytes = Buffer.from(piece.repeat(2_000_000 / piece.length));
    const start = performance.now();
    decodeTransfer(bytes, 'quoted-printable');
    expect(performance.now() - start).toBeLessThan(3000);
  });
});

describe('decodeContentEncoding', () => {
  const plain = Buffer.from('hello '.repeat(100));

  it.each<[string | null, Buffer]>([
    [null, plain],
    ['identity', plain],
    ['gzip', gzipSync(plain)],
    ['X-GZIP', gzipSync(plain)],
    ['deflate', deflateSync(plain)],
    ['deflate', deflateRawSync(plain)],
    ['br', brotliCompressSync(plain)],
    ['gzip, br', brotliCompressSync(gzipSync(plain))],
  ])('takes %s off', async (encoding, bytes) => {
    expect(await decodeContentEncoding(bytes, encoding)).toEqual({ kind: 'ok', bytes: plain, warnings: [] });
  });

  it.each([
    ['an unknown one', 'zstd', plain, /zstd is unknown/],
    ['other bytes', 'gzip', plain, /no complete gzip/],
    ['a torn body', 'gzip', gzipSync(plain).subarray(0, -9), /no complete gzip/],
    ['a torn brotli body', 'br', brotliCompressSync(plain).subarray(0, -2), /no complete br/],
    ['too many', 'gzip,gzip,gzip,gzip', plain, /too many/],
    ['nothing', 'deflate', Buffer.alloc(0), /no complete deflate/],
  ])('refuses %s', async (_name, encoding, bytes, reason) => {
    expect(await decodeContentEncoding(bytes, encoding)).toEqual({
      kind: 'bad',
      reason: expect.stringMatching(reason),
    });
  });

  const zeros = Buffer.alloc(MAX_INFLATED_BYTES + 1);
  it.each([
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['br', brotliCompressSync(zeros)],
  ])('stops at a bomb of %s', async (encoding, bytes) => {
    expect(bytes.length).toBeLessThan(50_000);
    expect(await decodeContentEncoding(bytes, encoding)).toEqual({
      kind: 'bad',
      reason: `The content unpacks to more than ${MAX_INFLATED_BYTES} bytes.`,
    });
  });

  it('keeps to the bound it is given', async () => {
    const bytes = gzipSync(plain);
    expect((await decodeContentEncoding(bytes, 'gzip', plain.length)).kind).toBe('ok');
    expect((await decodeContentEncoding(bytes, 'gzip', plain.length - 1)).kind).toBe('bad');
    expect((await decodeContentEncoding(bytes, 'gzip', 0)).kind).toBe('bad');
  });
});
