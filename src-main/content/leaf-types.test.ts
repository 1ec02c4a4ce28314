import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { leafTypes } from './leaf-types.ts';
import { type ContentHeaders, MAX_PART_COUNT, readPartTree } from './part-tree.ts';

function multipart(parts: readonly string[], boundary = 'b'): Buffer {
  return Buffer.from(
    `${parts.map((part) => `--${boundary}\r\n${part}\r\n`).join('')}--${boundary}--\r\n`,
    'latin1',
  );
}

async function typesOf(bytes: Buffer, contentType: string, more: Partial<ContentHeaders> = {}) {
  return leafTypes(await readPartTree(bytes, { contentType, ...more }));
}

const MIXED = 'multipart/mixed; boundary=b';
const TEXT = 'Content-Type: text/plain\r\n\r\nhello';
const PNG = 'Content-Type: Image/PNG; name=x\r\n\r\nhello';

describe('the types of the parts that hold content', () => {
  it('are those of a multipart, each once, in lower case, without containers', async () => {
    expect(await typesOf(multipart([TEXT, PNG, TEXT]), MIXED)).toEqual(['text/plain', 'image/png']);
  });

  it('are found in a multipart within another, in message/cpim and in a push message', async () => {
    const inner = `Content-Type: multipart/related; boundary=c\r\n\r\n${multipart([PNG], 'c')}`;
    expect(await typesOf(multipart([TEXT, inner]), MIXED)).toEqual(['text/plain', 'image/png']);
    const cpim = Buffer.from(`From: <sip:a@b>\r\n\r\n${PNG}`);
    expect(await typesOf(cpim, 'message/cpim')).toEqual(['image/png']);
    expect(await typesOf(Buffer.from(PNG), 'application/vnd.oma.push')).toEqual(['image/png']);
  });

  it('are found behind a content encoding and a transfer encoding', async () => {
    const bytes = multipart([PNG]);
    expect(await typesOf(gzipSync(bytes), MIXED, { contentEncoding: 'gzip' })).toEqual(['image/png']);
    const base64 = `Content-Type: message/cpim\r\nContent-Transfer-Encoding: base64\r\n\r\n${Buffer.from(`From: <sip:a@b>\r\n\r\n${PNG}`).toString('base64')}`;
    expect(await typesOf(multipart([base64]), MIXED)).toEqual(['image/png']);
  });

  it('count the type a reference promises, too', async () => {
    const reference =
      'Content-Type: message/external-body; access-type=URL; expiration="Fri, 01 Jan 2100 00:00:00 GMT"; URL="http://a/"\r\n\r\nContent-Type: image/png\r\n\r\n';
    expect(await typesOf(multipart([reference]), MIXED)).toEqual(['message/external-body', 'image/png']);
  });

  it('are unknown in a container that does not open, opens to no end, or has more parts than are read', async () => {
    expect(await typesOf(Buffer.from('--b\r\n'), MIXED)).toContain('application/octet-stream');
    expect(await typesOf(Buffer.from('x'), 'message/cpim')).toContain('application/octet-stream');
    const half = Array.from({ length: MAX_PART_COUNT / 2 - 1 }, () => TEXT);
    const part = (boundary: string) =>
      `Content-Type: multipart/mixed; boundary=${boundary}\r\n\r\n${multipart(half, boundary)}`;
    const many = multipart([part('c'), part('d'), part('e')]);
    expect(await typesOf(many, MIXED)).toEqual(['text/plain', 'application/octet-stream']);
  });
});
