import { describe, expect, it } from 'vitest';
import { MAX_REMEMBERED_LINE } from './header-memo.ts';
import type { RequestHead, ResponseHead } from './message.ts';
import { MAX_HEADER_LINE, MAX_HEADERS, MAX_NON_SEND_BODY, MAX_START_LINE, MsrpParser } from './parser.ts';
import { seeded } from './test-peer.ts';

type Seen = {
  requests: { head: RequestHead; body: string; flag: string | null }[];
  responses: ResponseHead[];
  error: string | null;
  /** What the trace is told, put together again. */
  wire: string;
};

function parse(pieces: Iterable<Buffer>): Seen {
  const seen: Seen = { requests: [], responses: [], error: null, wire: '' };
  const tell = (bytes: Buffer) => {
    seen.wire += bytes.toString('latin1');
  };
  let openId = '';
  const parser = new MsrpParser(
    {
      onRequestStart: (head) => seen.requests.push({ head, body: '', flag: null }),
      onBody: (slice) => {
        const last = seen.requests.at(-1);
        if (last !== undefined) last.body += slice.toString('latin1');
      },
      onRequestEnd: (flag) => {
        const last = seen.requests.at(-1);
        if (last !== undefined) last.flag = flag;
      },
      onResponse: (response) => seen.responses.push(response),
      onError: (error) => {
        expect(seen.error).toBeNull();
        seen.error = error.message;
      },
    },
    {
      message: (_direction, bytes) => tell(bytes),
      head: (_direction, bytes) => {
        // It comes before the handler hears of it.
        expect(seen.requests.every(({ flag }) => flag !== null)).toBe(true);
        openId = bytes.toString('latin1').split(' ')[1] ?? '';
        tell(bytes);
      },
      body: (_direction, slice) => tell(slice),
      end: (_direction, flag) => tell(Buffer.from(`\r\n-------${openId}${flag}\r\n`)),
      keepAlive: () => tell(Buffer.from('\r\n')),
      closed: () => {},
    },
  );
  for (const piece of pieces) parser.push(piece);
  return seen;
}

const whole = (text: string) => [Buffer.from(text, 'latin1')];

function* byteByByte(text: string): Iterable<Buffer> {
  const bytes = Buffer.from(text, 'latin1');
  for (let at = 0; at < bytes.length; at += 1) yield bytes.subarray(at, at + 1);
}

const PATHS = 'To-Path: msrp://a:1/x;tcp\r\nFrom-Path: msrp://b:2/y;tcp\r\n';
const send = (body: string, flag = '$', headers = '') =>
  `MSRP tid1 SEND\r\n${PATHS}Message-ID: mid1\r\n${headers}Content-Type: text/plain\r\n\r\n${body}\r\n-------tid1${flag}\r\n`;

describe('bodies', () => {
  const bodies: readonly (readonly [name: string, body: string])[] = [
    ['nothing', ''],
    ['text', 'hello'],
    ['line ends', '\r\n\r\n\r\r\n\n'],
    ['the end-line without a flag', 'a\r\n-------tid1\r\nb'],
    ['the end-line with no CRLF behind', 'a\r\n-------tid1$b'],
    ['the end-line with CR alone', 'a\r\n-------tid1$\rb'],
    ['the end-line of a longer id', 'a\r\n-------tid12$\r\nb'],
    ['the end-line after a space', 'a\r\n------- tid1$\r\nb'],
    ['the end-line without CRLF before', 'a-------tid1$\r\nb'],
    ['another message', 'MSRP tid2 SEND\r\nTo-Path: msrp://a:1/x;tcp\r\n-------tid2$\r\n'],
    ['bare dashes', '-------'],
    ['dashes after CRLF', '\r\n-------'],
    ['eight dashes', '\r\n--------tid1$\r\n'],
    ['prefixes in a row', '\r\n-------tid\r\n-------ti\r\n-------tid1\r\n-------tid1+\r\r\n'],
    ['bytes that are no UTF-8', '\xff\xfe\x00\x80\xc3'],
    ['a CR at the end', 'abc\r'],
    ['a CRLF at the end', 'abc\r\n'],
  ];

  it.each(bodies)('keeps %s at every split in two and byte by byte', (_name, body) => {
    const text = `${send(body, '+')}${send(body, '$')}`;
    const bytes = Buffer.from(text, 'latin1');
    const check = (seen: Seen) => {
      expect(seen.error).toBeNull();
      expect(seen.requests.map((request) => [request.body, request.flag])).toEqual([
        [body, '+'],
        [body, '$'],
      ]);
    };
    for (let at = 0; at <= bytes.length; at += 1) check(parse([bytes.subarray(0, at), bytes.subarray(at)]));
    check(parse(byteByByte(text)));
  });

  it('takes the end-line right behind the headers as an empty body', () => {
    const text = `MSRP tid1 SEND\r\n${PATHS}Message-ID: mid1\r\nContent-Type: a/b\r\n\r\n-------tid1$\r\n`;
    for (const pieces of [whole(text), byteByByte(text)]) {
      expect(parse(pieces).requests).toMatchObject([{ body: '', flag: '$' }]);
    }
  });

  it('hands bodies on without holding them back', () => {
    let received = 0;
    const parser = new MsrpParser({
      onRequestStart: () => {},
      onBody: (slice) => {
        received += slice.length;
      },
      onRequestEnd: () => {},
      onResponse: () => {},
      onError: () => {},
    });
    parser.push(Buffer.from(send('x'.repeat(5000)).slice(0, 4000)));
    expect(received).toBeGreaterThan(3800);
  });
});

describe('heads', () => {
  it('reads every field of a SEND', () => {
    const text = send(
      'abc',
      '+',
      'Byte-Range: 5-*/12\r\nSuccess-Report: yes\r\nFailure-Report: partial\r\nContent-Disposition: attachment; filename="\xc3\xa4"\r\nX-Other: 1\r\n',
    );
    for (const pieces of [whole(text), byteByByte(text)]) {
      const [request] = parse(pieces).requests;
      expect(request?.head).toMatchObject({
        method: 'SEND',
        transactionId: 'tid1',
        messageId: 'mid1',
        byteRange: { start: 5, end: null, total: 12 },
        successReport: true,
        failureReport: 'partial',
        contentType: 'text/plain',
        contentDisposition: 'attachment; filename="ä"',
        defect: null,
      });
      expect(request?.head.toPath).toMatchObject([{ host: 'a', port: 1, sessionId: 'x' }]);
      expect(request?.head.headers.at(-2)).toEqual({ name: 'X-Other', value: '1' });
    }
  });

  it('fills in the defaults of RFC 4975 §7.1.1', () => {
    const [request] = parse(whole(send('a'))).requests;
    expect(request?.head).toMatchObject({ byteRange: null, successReport: false, failureReport: 'yes' });
  });

  it('reads bodiless requests, REPORTs and responses with and without a phrase', () => {
    const text =
      `MSRP tid1 SEND\r\n${PATHS}Message-ID: mid1\r\nByte-Range: 1-0/0\r\n-------tid1$\r\n` +
      `\r\nMSRP tid2 REPORT\r\n${PATHS}Message-ID: mid1\r\nByte-Range: 1-9/9\r\nStatus: 000 200 OK\r\n-------tid2$\r\n` +
      `MSRP tid3 200 OK\r\n${PATHS}-------tid3$\r\n` +
      `MSRP tid4 413\r\n${PATHS}Byte-Range: 1-9/9\r\n-------tid4$\r\n`;
    for (const pieces of [whole(text), byteByByte(text)]) {
      const seen = parse(pieces);
      expect(seen.error).toBeNull();
      expect(
        seen.requests.map(({ head, body, flag }) => [head.method, head.contentType, body, flag]),
      ).toEqual([
        ['SEND', null, '', '$'],
        ['REPORT', null, '', '$'],
      ]);
      expect(seen.requests[1]?.head.status).toEqual({ namespace: '000', code: 200, comment: 'OK' });
      expect(seen.responses).toMatchObject([
        { transactionId: 'tid3', code: 200, comment: 'OK' },
        { transactionId: 'tid4', code: 413, comment: '' },
      ]);
    }
  });

  it.each([
    [
      'missing To-Path',
      'MSRP tid1 SEND\r\nFrom-Path: msrp://b:2/y;tcp\r\nMessage-ID: mid1\r\n-------tid1$\r\n',
    ],
    [
      'missing From-Path',
      'MSRP tid1 SEND\r\nTo-Path: msrp://b:2/y;tcp\r\nMessage-ID: mid1\r\n-------tid1$\r\n',
    ],
    [
      'malformed To-Path',
      'MSRP tid1 SEND\r\nTo-Path: nonsense\r\nFrom-Path: msrp://b:2/y;tcp\r\nMessage-ID: mid1\r\n-------tid1$\r\n',
    ],
    ['missing Message-ID', `MSRP tid1 SEND\r\n${PATHS}-------tid1$\r\n`],
    ['malformed Message-ID', `MSRP tid1 SEND\r\n${PATHS}Message-ID: a b\r\n-------tid1$\r\n`],
    ['malformed Byte-Range', send('a', '$', 'Byte-Range: 0-4/4\r\n')],
    ['malformed Byte-Range', send('a', '$', 'Byte-Range: 1-4\r\n')],
    ['malformed Byte-Range', send('a', '$', 'Byte-Range: 9999999999999999-*/*\r\n')],
    ['malformed Success-Report', send('a', '$', 'Success-Report: maybe\r\n')],
    ['malformed Failure-Report', send('a', '$', 'Failure-Report: maybe\r\n')],
    ['malformed header line', send('a', '$', ' folded\r\n')],
    ['malformed header line', send('a', '$', '-------tid9$\r\n')],
    ['repeated Message-ID', send('a', '$', 'Message-ID: other\r\n')],
    ['missing or malformed Status', `MSRP tid1 REPORT\r\n${PATHS}Message-ID: mid1\r\n-------tid1$\r\n`],
  ])('names a defect and stays in frame: %s', (defect, text) => {
    const seen = parse(whole(text + send('next')));
    expect(seen.error).toBeNull();
    expect(seen.requests[0]?.head.defect).toBe(defect);
    expect(seen.requests[1]).toMatchObject({ body: 'next', flag: '$', head: { defect: null } });
  });

  it.each([
    ['not an MSRP start line', 'GET / HTTP/1.1\r\n'],
    ['not an MSRP start line', 'MSRP abc SEND\r\n'],
    ['not an MSRP start line', 'MSRP tid1 send\r\n'],
    ['not an MSRP start line', `MSRP ${'a'.repeat(33)} SEND\r\n`],
    ['line does not end in CRLF', 'MSRP tid1 SEND\n'],
    ['line does not end in CRLF', '\n'],
    ['start line too long', 'x'.repeat(MAX_START_LINE + 3)],
    ['header line too long', `MSRP tid1 SEND\r\nX: ${'x'.repeat(MAX_HEADER_LINE)}`],
    ['too many headers', `MSRP tid1 SEND\r\n${'X: y\r\n'.repeat(MAX_HEADERS + 1)}`],
    ['headers too long', `MSRP tid1 SEND\r\n${`X: ${'x'.repeat(8000)}\r\n`.repeat(5)}`],
    [
      'body of a non-SEND too long',
      `MSRP tid1 NICE\r\n${PATHS}Content-Type: a/b\r\n\r\n${'x'.repeat(MAX_NON_SEND_BODY + 1)}\r\n`,
    ],
    [
      'body of a non-SEND too long',
      `MSRP tid1 200\r\n${PATHS}Content-Type: a/b\r\n\r\n${'x'.repeat(MAX_NON_SEND_BODY + 1)}\r\n`,
    ],
  ])('gives up: %s', (message, text) => {
    for (const pieces of [whole(text), byteByByte(text)]) {
      expect(parse([...pieces, ...whole(send('later'))]).error).toBe(message);
    }
  });

  it('tells which head is unfinished', () => {
    const parser = new MsrpParser({
      onRequestStart: () => {},
      onBody: () => {},
      onRequestEnd: () => {},
      onResponse: () => {},
      onError: () => {},
    });
    expect(parser.unfinishedHead).toBeNull();
    parser.push(Buffer.from('MSR'));
    expect(parser.unfinishedHead).toBe(0);
    parser.push(Buffer.from(send('abc').slice(3)));
    expect(parser.unfinishedHead).toBeNull();
    parser.push(Buffer.from('MSRP tid1 SEND\r\n'));
    expect(parser.unfinishedHead).toBe(1);
  });
});

describe('the trace', () => {
  it('is told every byte of requests, responses and empty lines, however they are cut', () => {
    const text = [
      '\r\n',
      send('hello'),
      `MSRP tid9 200 OK\r\n${PATHS}-------tid9$\r\n`,
      `MSRP tid8 REPORT\r\n${PATHS}Message-ID: 12ab\r\nStatus: 000 200 OK\r\n-------tid8$\r\n`,
      send('again'),
    ].join('');
    for (const pieces of [whole(text), byteByByte(text)]) expect(parse(pieces).wire).toBe(text);
  });

  it('is told of bytes that are no MSRP', () => {
    expect(parse(whole('GET / HTTP/1.1\r\nHost: a\r\n')).wire).toBe('GET / HTTP/1.1\r\nHost: a\r\n');
  });
});

describe('fuzz', () => {
  const random = seeded(20_070_901);
  const alphabet = ['\r', '\n', '-', '\r\n-------tid1', '$', '+', '#', 'tid1', 'MSRP ', 'x', '\xff', ': '];

  it('keeps 2000 hostile bodies whole over random splits', () => {
    for (let round = 0; round < 2000; round += 1) {
      let body = '';
      for (let part = random(20); part > 0; part -= 1) body += alphabet[random(alphabet.length)] ?? '';
      if (/(^|\r\n)-------tid1[$+#]\r\n/.test(body) || /\r\n-------tid1[$+#]$/.test(body)) continue;
      const bytes = Buffer.from(send(body), 'latin1');
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random(9);
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      const seen = parse(pieces);
      expect(seen.requests).toMatchObject([{ body, flag: '$' }]);
      expect(seen.wire).toBe(bytes.toString('latin1'));
    }
  });

  it('reads 300 streams of requests whose header lines repeat, change, move and vanish', () => {
    const choices: readonly (readonly string[])[] = [
      ['Message-ID: mid1', 'Message-ID: mid2'],
      ['Byte-Range: 1-5/9', 'Byte-Range: 1-*/9'],
      ['Success-Report: yes', 'Success-Report: no'],
      ['X-Same: 1', 'X-Same: 2', `X-Long: ${'x'.repeat(MAX_REMEMBERED_LINE)}`, 'X-Same: \xc3\xa4'],
      ['Content-Type: text/plain', 'Content-Type: text/plai', 'Content-Type: text/plain '],
    ];
    for (let round = 0; round < 300; round += 1) {
      let text = '';
      const expected: string[][] = [];
      for (let count = 0; count < 6; count += 1) {
        const lines = choices
          .flatMap((lines) => (random(5) === 0 ? [] : [lines[random(2) * random(lines.length)] ?? '']))
          .sort(() => (random(6) === 0 ? 1 : 0));
        expected.push(lines);
        text += `MSRP tid1 SEND\r\n${PATHS}${lines.map((line) => `${line}\r\n`).join('')}\r\nbody\r\n-------tid1$\r\n`;
      }
      const bytes = Buffer.from(text, 'latin1');
      const pieces: Buffer[] = [];
      for (let at = 0; at < bytes.length; ) {
        const size = 1 + random(round % 2 === 0 ? 20 : 400);
        pieces.push(bytes.subarray(at, at + size));
        at += size;
      }
      const { requests, error } = parse(pieces);
      expect(error).toBeNull();
      const read = requests.map(({ head }) =>
        head.headers.slice(2).map(({ name, value }) => `${name}: ${Buffer.from(value).toString('latin1')}`),
      );
      expect(read).toEqual(expected);
      for (const [index, { head }] of requests.entries()) {
        const lines = expected[index] ?? [];
        expect(head.successReport).toBe(lines.includes('Success-Report: yes'));
        expect(head.byteRange?.end).toBe(
          lines.includes('Byte-Range: 1-5/9') ? 5 : lines.includes('Byte-Range: 1-*/9') ? null : undefined,
        );
      }
    }
  });

  it('meets 5000 damaged messages with a request, a defect or one error, never a throw', () => {
    const sample = Buffer.from(send('hello', '+', 'Byte-Range: 1-5/9\r\nSuccess-Report: yes\r\n'), 'latin1');
    for (let round = 0; round < 5000; round += 1) {
      const bytes = Buffer.from(sample);
      for (let hits = 1 + random(4); hits > 0; hits -= 1) bytes[random(bytes.length)] = random(256);
      const cut = random(bytes.length);
      parse([bytes.subarray(0, cut), bytes.subarray(cut), Buffer.from('\r\n-------tid1$\r\n')]);
    }
  });
});
