import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type ContentPart,
  MAX_PART_COUNT,
  MAX_PART_DEPTH,
  MAX_PART_TEXT_BYTES,
  partByContentId,
  readPartTree,
} from './part-tree.ts';
import { PNG } from './test-images.ts';
import { MAX_INFLATED_BYTES } from './transfer.ts';

/** A multipart body of parts, each its header lines, an empty line and its body. */
function multipart(...parts: readonly (string | Buffer)[]): Buffer {
  const pieces = parts.flatMap((part) => [Buffer.from('--b\r\n'), Buffer.from(part), Buffer.from('\r\n')]);
  return Buffer.concat([...pieces, Buffer.from('--b--\r\n')]);
}

function read(body: string | Buffer, contentType: string | null): Promise<ContentPart> {
  return readPartTree(Buffer.from(body), { contentType });
}

/** Kind, type and text of a part and of all within. */
function outline(part: ContentPart): unknown {
  const own = `${part.kind} ${part.contentType.type}${part.text === null ? '' : `: ${part.text.text}`}`;
  return part.children.length === 0 ? own : [own, ...part.children.map(outline)];
}

describe('readPartTree', () => {
  it('reads a single body with its header', async () => {
    const part = await readPartTree(Buffer.from('YQ=='), {
      contentType: 'text/plain; charset=us-ascii',
      contentTransferEncoding: 'base64',
      contentDisposition: 'attachment; filename="../a.txt"',
      contentId: '<x@y>',
    });
    expect(part).toMatchObject({
      kind: 'leaf',
      declared: 'text/plain; charset=us-ascii',
      fileName: 'a.txt',
      contentId: 'x@y',
      bytes: Buffer.from('a'),
      text: { text: 'a', charset: 'us-ascii' },
      sniffedType: 'text/plain',
      isMismatch: false,
      warnings: [],
    });
    expect(part.disposition?.type).toBe('attachment');
  });

  it('takes multiparts within multiparts apart, and marks the best alternative', async () => {
    const inner = '--i\r\n\r\nplain\r\n--i\r\nContent-Type: text/html\r\n\r\n<p>\r\n--i--';
    const body = multipart(
      `Content-Type: multipart/alternative; boundary=i\r\n\r\n${inner}`,
      'Content-Type: application/json\r\nContent-Disposition: attachment; filename=a.json\r\n\r\n{}',
    );
    const tree = await read(body, 'multipart/mixed; boundary=b');
    expect(outline(tree)).toEqual([
      'multipart multipart/mixed',
      ['multipart multipart/alternative', 'leaf text/plain: plain', 'leaf text/html: <p>'],
      'leaf application/json: {}',
    ]);
    expect(tree.children[0]?.children.map(({ role }) => role)).toEqual([null, 'preferred']);
    expect(tree.children[1]?.fileName).toBe('a.json');
  });

  const related = multipart(
    'Content-Type: text/plain\r\nContent-ID: <one@h>\r\n\r\none',
    'Content-Type: text/html\r\nContent-ID: <two@h>\r\n\r\ntwo',
  );
  it.each([
    ['the first', 'multipart/related; boundary=b', ['root', null]],
    ['the one that start names', 'multipart/related; boundary=b; start="<two@h>"', [null, 'root']],
    ['the first when start names none', 'multipart/related; boundary=b; start="<x>"', ['root', null]],
  ])('marks the root of multipart/related: %s (RFC 2387 §3.2)', async (_name, type, roles) => {
    expect((await read(related, type)).children.map(({ role }) => role)).toEqual(roles);
  });

  it('finds parts by their cid (RFC 2392 §2)', async () => {
    const tree = await read(related, 'multipart/related; boundary=b');
    for (const reference of ['cid:two@h', 'CID:two%40h', '<two@h>', 'two@h']) {
      expect(partByContentId(tree, reference)?.text?.text).toBe('two');
    }
    for (const reference of ['cid:three', 'cid:%zz', '']) {
      expect(partByContentId(tree, reference)).toBeNull();
    }
  });

  it('opens a message/cpim', async () => {
    const body =
      'From: <sip:a@h>\r\nTo: <sip:b@h>\r\nSubject: hi\r\n\r\nContent-Type: text/plain\r\n\r\nhello';
    const tree = await read(body, 'message/cpim');
    expect(outline(tree)).toEqual(['cpim message/cpim', 'leaf text/plain: hello']);
    expect(tree.headers).toEqual([
      { name: 'From', value: '<sip:a@h>' },
      { name: 'To', value: '<sip:b@h>' },
      { name: 'Subject', value: 'hi' },
    ]);
  });

  it('opens a push message with a header of its own, and leaves others as they are', async () => {
    const tree = await read('Content-Type: text/plain\r\n\r\nhello', 'application/vnd.oma.push');
    expect(outline(tree)).toEqual(['push application/vnd.oma.push', 'leaf text/plain: hello']);
    expect(tree.headers).toEqual([{ name: 'content-type', value: 'text/plain' }]);
    expect(outline(await read('hello', 'application/vnd.oma.push'))).toBe(
      'leaf application/vnd.oma.push: hello',
    );
    const picture = await read(PNG, 'application/vnd.oma.push');
    expect(picture).toMatchObject({ kind: 'leaf', text: null, sniffedType: 'image/png', warnings: [] });
  });

  it('leaves message/external-body closed, with its parameters (RFC 4483 §5)', async () => {
    const tree = await read(
      'Content-Type: image/png\r\n\r\n',
      'message/external-body; access-type="URL"; URL="https://h/x"; size=4',
    );
    expect(tree.kind).toBe('external');
    expect(tree.contentType.parameters.get('url')).toBe('https://h/x');
    expect(tree.children).toEqual([]);
  });

  it('takes the content encoding of the body and of parts off', async () => {
    const part = Buffer.concat([
      Buffer.from('Content-Type: text/plain\r\nContent-Encoding: gzip\r\n\r\n'),
      gzipSync('inner'),
    ]);
    const tree = await readPartTree(gzipSync(multipart(part)), {
      contentType: 'multipart/mixed; boundary=b',
      contentEncoding: 'gzip',
    });
    expect(outline(tree)).toEqual(['multipart multipart/mixed', 'leaf text/plain: inner']);
  });

  it('keeps the bytes as they came when an encoding cannot be taken off', async () => {
    const bytes = Buffer.from('hello');
    const part = await readPartTree(bytes, { contentType: 'text/plain', contentEncoding: 'gzip' });
    expect(part).toMatchObject({ bytes, text: null, isMismatch: false });
    expect(part.warnings).toEqual(['The content is no complete gzip.']);
  });

  it('unpacks all parts together to no more than the bound', async () => {
    const size = Math.floor(MAX_INFLATED_BYTES * 0.6);
    const large = gzipSync(Buffer.alloc(size));
    const part = Buffer.concat([Buffer.from('Content-Encoding: gzip\r\n\r\n'), large]);
    const tree = await read(multipart(part, part, part), 'multipart/mixed; boundary=b');
    expect(tree.children.map(({ bytes }) => bytes.length)).toEqual([size, large.length, large.length]);
    expect(tree.children[1]?.warnings.join()).toMatch(/unpacks to more/);
  });

  it('gives up unpacking after some parts that cannot be', async () => {
    const parts = Array.from({ length: 6 }, () => 'Content-Encoding: gzip\r\n\r\nx');
    const tree = await read(multipart(...parts), 'multipart/mixed; boundary=b');
    const warnings = tree.children.map((child) => child.warnings.join());
    expect(warnings[3]).toMatch(/no complete gzip/);
    expect(warnings[4]).toBe('It is not unpacked: too many parts before it could not be.');
  });

  it.each([
    ['a multipart without end', '--b\r\n\r\nx', 'multipart/mixed; boundary=b', /cannot be taken apart/],
    ['a multipart without boundary', '--b--', 'multipart/mixed', /cannot be taken apart/],
    ['a CPIM that is none', 'hello', 'message/cpim', /no end/],
    ['a CPIM with a malformed header', 'a\r\n\r\nb\r\n\r\n', 'message/cpim', /malformed/],
    ['another type than declared', 'MZ\x90', 'text/plain', /declared as text\/plain, but looks like appl/],
    ['bytes that are no text', 'a\0b', 'text/plain', /looks like binary data/],
    ['an unknown character set', 'x', 'text/plain; charset=klingon', /klingon is unknown/],
    ['a malformed type', 'x', 'nonsense', /content type is malformed/],
  ])('warns of %s', async (_name, body, type, warning) => {
    const part = await read(body, type);
    expect(part.kind).toBe('leaf');
    expect(part.warnings.join(' ')).toMatch(warning);
  });

  it('guesses where no type is declared, and then nothing is a mismatch', async () => {
    expect(outline(await read('<html>', null))).toBe('leaf text/html: <html>');
    expect(outline(await read(Buffer.alloc(0), null))).toBe('leaf application/octet-stream');
  });

  it('decodes UTF-16 and what XML says of itself', async () => {
    const wide = Buffer.from('fffe41004200', 'hex');
    expect((await read(wide, 'text/plain')).text?.text).toBe('AB');
    expect((await read(wide.subarray(2), 'text/plain; charset=utf-16le')).text?.text).toBe('AB');
    const xml = Buffer.from('<?xml version="1.0" encoding="iso-8859-1"?><a>é</a>', 'latin1');
    expect((await read(xml, 'application/xml')).text?.text).toContain('é');
  });

  it('bounds text, depth and parts', async () => {
    const text = (await read('x'.repeat(MAX_PART_TEXT_BYTES + 1), 'text/plain')).text;
    expect(text).toMatchObject({ truncated: true });
    expect(text?.text).toHaveLength(MAX_PART_TEXT_BYTES);

    let body = 'end';
    let type = 'text/plain';
    for (let depth = 0; depth < 20; depth += 1) {
      body = `--b${depth}\r\nContent-Type: ${type}\r\n\r\n${body}\r\n--b${depth}--`;
      type = `multipart/mixed; boundary=b${depth}`;
    }
    let part: ContentPart | undefined = await read(body, type);
    let depth = 0;
    for (; part?.children[0] !== undefined; part = part.children[0]) depth += 1;
    expect(depth).toBe(MAX_PART_DEPTH);
    expect(part?.warnings).toEqual(['It is nested too deeply to be opened.']);

    const inner = multipart(...Array.from({ length: 90 }, () => '\r\nx'));
    const outer = Array.from({ length: 5 }, () =>
      Buffer.concat([Buffer.from('Content-Type: multipart/mixed; boundary=b\r\n\r\n'), inner]),
    );
    const bytes = Buffer.from(
      multipart(...outer)
        .toString('latin1')
        .replaceAll(/(^|\n)--b\r\nC/g, '$1--o\r\nC'),
    );
    const wide = await read(`${bytes.toString('latin1')}--o--`, 'multipart/mixed; boundary=o');
    const count = (one: ContentPart): number =>
      1 + one.children.reduce((sum, child) => sum + count(child), 0);
    expect(count(wide)).toBe(MAX_PART_COUNT);
    expect(JSON.stringify(wide)).toContain('There are more parts than are shown.');
  });
});
