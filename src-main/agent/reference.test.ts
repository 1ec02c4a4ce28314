import { describe, expect, it } from 'vitest';
import { mangled } from '../content/test-random.ts';
import { referencesByPlace, type Taking, wantedReferences } from './reference.ts';

const isTaken = (type: string) => !type.startsWith('video/');
const takes: Taking = {
  type: isTaken,
  reference: (read) => read.kind === 'ok' && isTaken(read.reference.innerType ?? ''),
};

function part(type: string, body: string): string {
  return `Content-Type: ${type}\r\n\r\n${body}\r\n`;
}

function elsewhere(url: string, inner = 'image/png'): string {
  return part(`message/external-body; access-type=URL; URL="${url}"`, `Content-Type: ${inner}\r\n\r\n`);
}

function multipart(
  kind: string,
  boundary: string,
  parts: readonly string[],
): readonly [type: string, body: string] {
  const body = parts.map((one) => `--${boundary}\r\n${one}`).join('');
  return [`multipart/${kind}; boundary=${boundary}`, `${body}--${boundary}--\r\n`];
}

function urlsOf([type, body]: readonly [type: string, body: string]): readonly (readonly [number, string])[] {
  return wantedReferences(type, Buffer.from(body), takes).map(({ place, read }) => [
    place,
    read.kind === 'ok' ? read.reference.url : read.reason,
  ]);
}

const text = part('text/plain', 'hello');
const inner = (kind: string, parts: readonly string[]) => part(...multipart(kind, 'inner', parts));

describe('wantedReferences', () => {
  it.each<[string, readonly [string, string], readonly (readonly [number, string])[]]>([
    ['none in a text', ['text/plain', 'hello'], []],
    [
      'the body itself',
      ['message/external-body; access-type=URL; URL="http://a/"', '\r\n'],
      [[0, 'http://a/']],
    ],
    [
      'each part of a mixture',
      multipart('mixed', 'b', [elsewhere('http://a/'), text, elsewhere('http://b/')]),
      [
        [0, 'http://a/'],
        [1, 'http://b/'],
      ],
    ],
    [
      'parts of parts',
      multipart('mixed', 'b', [
        inner('related', [elsewhere('http://a/'), elsewhere('http://b/')]),
        elsewhere('http://c/'),
      ]),
      [
        [0, 'http://a/'],
        [1, 'http://b/'],
        [2, 'http://c/'],
      ],
    ],
    [
      'the last alternative of a type that is taken',
      multipart('alternative', 'b', [
        elsewhere('http://a/'),
        elsewhere('http://b/'),
        elsewhere('http://c/', 'video/mp4'),
      ]),
      [[1, 'http://b/']],
    ],
    [
      'no alternative to what is here and better',
      multipart('alternative', 'b', [elsewhere('http://a/'), text]),
      [],
    ],
    [
      'an alternative that is a mixture',
      multipart('alternative', 'b', [text, inner('mixed', [elsewhere('http://a/'), elsewhere('http://b/')])]),
      [
        [0, 'http://a/'],
        [1, 'http://b/'],
      ],
    ],
    [
      'the last alternative where none is taken, which then is refused',
      multipart('alternative', 'b', [
        elsewhere('http://a/', 'video/mp4'),
        elsewhere('http://b/', 'video/mp4'),
      ]),
      [[1, 'http://b/']],
    ],
    [
      'one that is malformed',
      multipart('mixed', 'b', [part('message/external-body; access-type=ftp', '')]),
      [[0, 'The access type of the reference is not URL.']],
    ],
  ])('%s', (_name, message, expected) => {
    expect(urlsOf(message)).toEqual(expected);
  });

  it('looks into so many multiparts within each other, and no deeper', () => {
    const nested = (depth: number): string => {
      let made = elsewhere('http://a/');
      for (let level = depth; level > 1; level -= 1) made = part(...multipart('mixed', `b${level}`, [made]));
      return made;
    };
    expect(urlsOf(multipart('mixed', 'b', [nested(4)]))).toEqual([[0, 'http://a/']]);
    expect(urlsOf(multipart('mixed', 'b', [nested(5)]))).toEqual([]);
  });

  it('is at its place when the body is read again', () => {
    const [type, body] = multipart('alternative', 'b', [elsewhere('http://a/'), elsewhere('http://b/')]);
    const found = referencesByPlace(type, Buffer.from(body));
    expect([...found].map(([place, { url }]) => [place, url])).toEqual([
      [0, 'http://a/'],
      [1, 'http://b/'],
    ]);
    expect(referencesByPlace(null, Buffer.from(body)).size).toBe(0);
  });

  it('survives whatever a body may be', () => {
    const [type, body] = multipart('mixed', 'b', [
      inner('alternative', [elsewhere('http://a/'), text, elsewhere('http://b/')]),
      elsewhere('http://c/'),
    ]);
    for (const bytes of mangled([Buffer.from(body, 'latin1')], 3_000, 7)) {
      const all = referencesByPlace(type, bytes);
      for (const { place, read } of wantedReferences(type, bytes, takes))
        expect(all.has(place)).toBe(read.kind === 'ok');
    }
  });
});
