import { describe, expect, it } from 'vitest';
import type { RequestHead, ResponseHead } from './message.ts';
import { MsrpParser } from './parser.ts';
import { parsePath } from './uri.ts';
import {
  wholeRange,
  writeBindingSend,
  writeBodyEnd,
  writeReport,
  writeResponse,
  writeSendHead,
} from './writer.ts';

const toPath = parsePath('msrp://relay:1;tcp msrp://a:1/x;tcp') ?? [];
const fromPath = parsePath('msrp://b:2/y;tcp') ?? [];
const base = { transactionId: 'tid1', toPath, fromPath, messageId: 'mid1' };

function readBack(bytes: Buffer): { head: RequestHead | null; response: ResponseHead | null; body: string } {
  let head: RequestHead | null = null;
  let response: ResponseHead | null = null;
  let body = '';
  new MsrpParser({
    onRequestStart: (started) => {
      head = started;
    },
    onBody: (slice) => {
      body += slice.toString();
    },
    onRequestEnd: () => {},
    onResponse: (read) => {
      response = read;
    },
    onError: (error) => {
      throw error;
    },
  }).push(bytes);
  return { head, response, body };
}

describe('writer', () => {
  it('writes a SEND with Content-Type last', () => {
    const bytes = Buffer.concat([
      writeSendHead({
        ...base,
        byteRange: { start: 1, end: null, total: 5 },
        successReport: true,
        failureReport: 'no',
        mimeHeaders: [['Content-Disposition', 'attachment']],
        contentType: 'text/plain',
      }),
      Buffer.from('hello'),
      writeBodyEnd('tid1', '$'),
    ]);
    expect(bytes.toString()).toBe(
      [
        'MSRP tid1 SEND',
        'To-Path: msrp://relay:1;tcp msrp://a:1/x;tcp',
        'From-Path: msrp://b:2/y;tcp',
        'Message-ID: mid1',
        'Byte-Range: 1-*/5',
        'Success-Report: yes',
        'Failure-Report: no',
        'Content-Disposition: attachment',
        'Content-Type: text/plain',
        '',
        'hello',
        '-------tid1$',
        '',
      ].join('\r\n'),
    );
    expect(readBack(bytes)).toMatchObject({
      body: 'hello',
      head: { successReport: true, failureReport: 'no' },
    });
  });

  it('writes a binding SEND without an empty line', () => {
    const bytes = writeBindingSend(base);
    expect(bytes.toString()).toContain('Byte-Range: 1-0/0\r\n-------tid1$\r\n');
    expect(readBack(bytes).head).toMatchObject({ contentType: null, defect: null });
  });

  it('writes a REPORT without report headers', () => {
    const bytes = writeReport({ ...base, byteRange: wholeRange(9), code: 200, comment: 'OK' });
    expect(bytes.toString()).not.toMatch(/(Success|Failure)-Report/);
    expect(readBack(bytes).head).toMatchObject({
      method: 'REPORT',
      byteRange: { start: 1, end: 9, total: 9 },
      status: { namespace: '000', code: 200, comment: 'OK' },
    });
  });

  it('writes a response with and without a comment', () => {
    for (const comment of ['OK', '']) {
      const { response } = readBack(
        writeResponse({ transactionId: 'tid1', toPath, fromPath, code: 200, comment }),
      );
      expect(response).toMatchObject({ code: 200, comment, transactionId: 'tid1' });
    }
  });

  it('refuses a value that would begin a new header', () => {
    expect(() => writeReport({ ...base, byteRange: wholeRange(9), code: 413, comment: 'a\r\nX: y' })).toThrow(
      TypeError,
    );
  });
});
