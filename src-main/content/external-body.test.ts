import { describe, expect, it } from 'vitest';
import { seeded } from '../msrp/test-peer.ts';
import { type ExternalReference, readExternalBody } from './external-body.ts';
import { parseContentType, splitMultipart } from './mime.ts';

const NONE = Buffer.alloc(0);
const URL_PARAMETER = 'URL="http://www.example.com/the-indirect-content"';

/** Samples of RFC 4483 and RFC 2017, retyped. */
const samples: readonly [name: string, type: string, body: string, expected: Partial<ExternalReference>][] = [
  [
    'RFC 4483 §5.4',
    `message/external-body; access-type="URL";\r\n     ${URL_PARAMETER}`,
    '',
    {
      url: 'http://www.example.com/the-indirect-content',
      expiration: null,
      size: null,
      hash: null,
      hashUsable: false,
      permission: 'read',
      contentId: null,
      innerType: null,
      innerDisposition: null,
      innerEncoding: null,
      description: null,
      optional: false,
    },
  ],
  [
    'RFC 4483 §5.8',
    `message/external-body; access-type="URL";\r\n expiration="Mon, 24 June 2002 09:00:00 GMT";\r\n ${URL_PARAMETER}`,
    'Content-Type: application/sdp\r\nContent-Disposition: session\r\n\r\n',
    {
      expiration: new Date('2002-06-24T09:00:00Z'),
      innerType: 'application/sdp',
      innerDisposition: 'session',
    },
  ],
  [
    'RFC 4483 §5.9',
    `message/external-body; access-type="URL"; expiration="Mon, 24 June 2002 09:00:00 GMT"; ${URL_PARAMETER}; size=4123`,
    '',
    { size: 4123 },
  ],
  [
    'RFC 4483 §5.12, whose hash has 20 digits',
    'message/external-body; access-type="URL"; URL="http://www.example.com/the-indirect-content.au"; size=52723;\r\n hash=10AB568E91245681AC1B',
    'Content-Disposition: render\r\n',
    { size: 52723, hash: '10ab568e91245681ac1b', hashUsable: false, innerDisposition: 'render' },
  ],
  [
    'RFC 4483 §5.13',
    `message/external-body; access-type="URL"; ${URL_PARAMETER}; size=52723`,
    'Content-Description: Multicast gaming session\r\nContent-Disposition: render\r\n\r\n',
    { description: 'Multicast gaming session', innerDisposition: 'render' },
  ],
  [
    'RFC 4483 §6.1, in upper case',
    'message/external-body; ACCESS-TYPE=URL; URL="http://www.example.net/party/06/2002/announcement"; EXPIRATION="Sat, 20 Jun 2002 12:00:00 GMT"; size=231',
    'Content-Type: application/sdp\r\nContent-Disposition: session\r\nContent-ID: <4e5562cd1214427d@example.net>\r\n',
    {
      url: 'http://www.example.net/party/06/2002/announcement',
      expiration: new Date('2002-06-20T12:00:00Z'),
      size: 231,
      contentId: '4e5562cd1214427d@example.net',
    },
  ],
  [
    'RFC 2017 §3, with a phantom body',
    'message/external-body; access-type=URL;\r\n              URL="http://www.foo.com/file"',
    'Content-type: text/html\r\nContent-Transfer-Encoding: Binary\r\n\r\nContent-ID: <not-really-the-body>',
    { url: 'http://www.foo.com/file', innerType: 'text/html', innerEncoding: 'binary', contentId: null },
  ],
  [
    'RFC 2017 §3.1, a folded URL',
    'message/external-body; access-type=URL;\r\n URL="ftp://ftp.deepdirs.org/1/2/3/4/5/6/7/\r\n\t8/9/10/11/12/13/14/15/16/17/18/20/21/\r\n   file.html"',
    '',
    { url: 'ftp://ftp.deepdirs.org/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/20/21/file.html' },
  ],
  [
    'every other parameter',
    `Message/External-Body; access-type=uRl; ${URL_PARAMETER}; Permission=Read-Write; HASH="2FD4E1C67A2D28FCED849EE1BB76E7391B93EB12"; size="0"`,
    'Content-Disposition: render; handling=optional',
    {
      permission: 'read-write',
      hash: '2fd4e1c67a2d28fced849ee1bb76e7391b93eb12',
      hashUsable: true,
      size: 0,
      optional: true,
    },
  ],
  [
    'the URI parameter that §5.4 speaks of',
    'message/external-body; access-type=URL; URI="https://e/x"',
    '',
    { url: 'https://e/x' },
  ],
  [
    'a phantom body alone',
    `message/external-body; access-type=URL; ${URL_PARAMETER}`,
    '\r\nContent-ID: <a@b>\r\n\r\n',
    { contentId: null },
  ],
  [
    'a hash of other characters',
    `message/external-body; access-type=URL; ${URL_PARAMETER}; hash="${'g'.repeat(40)}"`,
    '',
    { hash: 'g'.repeat(40), hashUsable: false },
  ],
];

describe('readExternalBody', () => {
  it.each(samples)('%s', (_name, type, body, expected) => {
    expect(readExternalBody(type, Buffer.from(body, 'latin1'))).toEqual({
      kind: 'ok',
      reference: expect.objectContaining(expected) as unknown,
    });
  });

  it('reads the parts of a multipart (RFC 4483 §6.2)', () => {
    const reference = (number: number, id: string, size: number) => [
      '--zz993453',
      'Content-Type: message/external-body;',
      '     access-type="URL";',
      '     expiration="Mon, 24 June 2002 09:00:00 GMT";',
      `     URL="http://www.example.net/company_picnic/image${number}.png";`,
      `     size=${size}`,
      '',
      'Content-Type: image/png',
      `Content-ID: <${id}@example.net>`,
      'Content-Disposition: render',
      '',
    ];
    const lines = [
      ...reference(1, '9535035333', 234_422),
      ...reference(2, '1134299224244', 233_811),
      '--zz993453--',
    ];
    const type = parseContentType('multipart/mixed; boundary=zz993453');
    const parts = (type && splitMultipart(Buffer.from(lines.join('\r\n')), type)) ?? [];
    const read = parts.map((part) => readExternalBody(part.headers.get('content-type') ?? '', part.body));
    expect(read).toMatchObject([
      { reference: { contentId: '9535035333@example.net', size: 234_422, innerType: 'image/png' } },
      { reference: { contentId: '1134299224244@example.net', size: 233_811, innerDisposition: 'render' } },
    ]);
  });

  it.each([
    ['another type', `text/plain; access-type=URL; ${URL_PARAMETER}`, /no message\/external-body/],
    ['no type', '', /no message\/external-body/],
    [
      'an endless value',
      `message/external-body; access-type=URL; URL="http://e/${'a'.repeat(9000)}"`,
      /too long/,
    ],
    ['no access type', `message/external-body; ${URL_PARAMETER}`, /access type/],
    ['another access type', `message/external-body; access-type=ANON-FTP; ${URL_PARAMETER}`, /access type/],
    ['no URL', 'message/external-body; access-type=URL', /URL .* missing/],
    ['an empty URL', 'message/external-body; access-type=URL; URL=""', /URL .* missing/],
    ['a relative URL', 'message/external-body; access-type=URL; URL="/file"', /malformed/],
    ['a backslash', 'message/external-body; access-type=URL; URL="http:\\\\\\\\e/"', /malformed/],
    ['8-bit characters', 'message/external-body; access-type=URL; URL="http://e/\u00e9"', /malformed/],
    ['control characters', 'message/external-body; access-type=URL; URL="http://e/\0"', /malformed/],
    [
      'an expiration that is none',
      `message/external-body; access-type=URL; ${URL_PARAMETER}; expiration=soon`,
      /not a date/,
    ],
    ...['-1', '1.5', '0x10', '1e9', '99999999999999999999', '9999999999999999', 'many', '""'].map(
      (size): [string, string, RegExp] => [
        `the size ${size}`,
        `message/external-body; access-type=URL; ${URL_PARAMETER}; size=${size}`,
        /number of bytes/,
      ],
    ),
  ])('refuses %s', (_name, type, reason) => {
    expect(readExternalBody(type, NONE)).toEqual({
      kind: 'bad',
      reason: expect.stringMatching(reason) as unknown,
    });
  });

  it('survives whatever bytes come', () => {
    const random = seeded(4483);
    const [, type = '', body = ''] = samples[8] ?? [];
    for (let round = 0; round < 5000; round += 1) {
      const result = readExternalBody(
        mutate(type, random),
        Buffer.from(mutate(`${body}\r\nContent-ID: <a>\r\n\r\n`, random), 'latin1'),
      );
      expect(['ok', 'bad']).toContain(result.kind);
    }
  });

  it('does not take long over hostile values', () => {
    const started = performance.now();
    for (const filler of [';', ' ', '; a=', ';a="', '"', '\\', ';a', '=', ';a="\\']) {
      const value = `message/external-body${filler.repeat(4000 / filler.length)}`;
      readExternalBody(value, Buffer.from(filler.repeat(100_000)));
      readExternalBody(
        `message/external-body; access-type=URL; ${URL_PARAMETER}`,
        Buffer.from(`Content-Disposition: ${';handling ='.repeat(1000)}${' '.repeat(4000)}`),
      );
    }
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

/** Cuts, doubles or replaces characters at random places. */
function mutate(text: string, random: (below: number) => number): string {
  let result = text;
  for (let change = random(6); change > 0; change -= 1) {
    const at = random(result.length + 1);
    const length = random(8);
    const kind = random(3);
    const middle = kind === 0 ? '' : kind === 1 ? result.slice(at, at + length).repeat(2) : junk(random);
    result = result.slice(0, at) + middle + result.slice(at + length);
  }
  return result;
}

function junk(random: (below: number) => number): string {
  return String.fromCharCode(random(256)) + (';"\\=\r\n<>'[random(8)] ?? '');
}
