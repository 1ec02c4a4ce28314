import { expect, test } from 'vitest';
import { contentHeadersOf } from './content-headers.ts';

test('the headers of a content are found by long and compact names, folded or not', () => {
  const text = [
    'MESSAGE sip:bob@push.test SIP/2.0',
    'c: multipart/mixed;',
    ' boundary=x',
    'E: gzip',
    'CONTENT-DISPOSITION : attachment; filename="a.txt"',
    'Content-ID: <a@b>',
    'Content-ID: <second>',
    'no header',
  ].join('\r\n');
  expect(contentHeadersOf(text)).toEqual({
    contentType: 'multipart/mixed; boundary=x',
    contentEncoding: 'gzip',
    contentTransferEncoding: null,
    contentDisposition: 'attachment; filename="a.txt"',
    contentId: '<a@b>',
  });
});

test('a push without header fields says nothing of its content', () => {
  expect(contentHeadersOf('')).toMatchObject({ contentType: null, contentEncoding: null });
});
