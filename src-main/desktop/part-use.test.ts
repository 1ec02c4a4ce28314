import { describe, expect, test } from 'vitest';
import { type ContentHeaders, readPartTree } from '../content/part-tree.ts';
import { judgePart, type PartUse } from './part-use.ts';

const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');
const PDF = Buffer.from('%PDF-1.7');
const CARD = Buffer.from('BEGIN:VCARD\r\nEND:VCARD');

async function use(bytes: Buffer, contentType: string | null, fileName?: string): Promise<PartUse> {
  const headers: ContentHeaders = {
    contentType,
    contentDisposition: fileName === undefined ? null : `attachment; filename="${fileName}"`,
  };
  return judgePart(await readPartTree(bytes, headers));
}

describe('what the system may open', () => {
  test.each<[what: string, bytes: Buffer, type: string, fileName: string | undefined, name: string | null]>([
    ['a PDF', PDF, 'application/pdf', 'bill.pdf', 'bill.pdf'],
    ['a PDF without a name', PDF, 'application/pdf', undefined, 'content.pdf'],
    ['a picture by another extension', PNG, 'image/png', 'a.txt', 'a.png'],
    ['plain text', Buffer.from('hello'), 'text/plain', undefined, 'content.txt'],
    ['a card', CARD, 'text/vcard', 'bob.vcf', 'bob.vcf'],
    ['a card that is none', Buffer.from('hello'), 'text/vcard', undefined, null],
    ['a PDF that is HTML', Buffer.from('<html><script>'), 'application/pdf', 'a.pdf', null],
    ['a picture that is a program', Buffer.from('MZ\u0090'), 'image/png', 'a.png', null],
    ['text in the name of a program', Buffer.from('hello'), 'text/plain', 'run.cmd', null],
    ['HTML', Buffer.from('<html>'), 'text/html', 'a.html', null],
    ['SVG', Buffer.from('<svg/>'), 'image/svg+xml', 'a.svg', null],
    ['a script', Buffer.from('#!/bin/sh\n'), 'text/plain', undefined, null],
  ])('%s', async (_what, bytes, type, fileName, name) => {
    expect((await use(bytes, type, fileName)).openName).toBe(name);
  });
});

describe('what may run programs', () => {
  test.each<[what: string, bytes: Buffer, type: string, fileName: string | undefined, runs: boolean]>([
    ['a Windows program', Buffer.from('MZ\u0090'), 'application/octet-stream', undefined, true],
    ['a shell script', Buffer.from('#!/bin/sh\n'), 'text/plain', undefined, true],
    ['a program by its name', Buffer.from('hello'), 'text/plain', 'a.exe', true],
    ['a program by its type', Buffer.from('hello'), 'application/x-sh', undefined, true],
    ['a PDF', PDF, 'application/pdf', 'a.pdf', false],
  ])('%s', async (_what, bytes, type, fileName, runs) => {
    expect((await use(bytes, type, fileName)).runsPrograms).toBe(runs);
  });
});

test('a part that is saved is called as the sender says, made safe', async () => {
  expect((await use(PNG, 'image/png', '../../etc/x.png')).saveName).toBe('x.png');
  expect((await use(Buffer.from('{}'), 'application/json')).saveName).toBe('content.json');
  expect((await use(Buffer.from([1, 2, 0]), null)).saveName).toBe('content.bin');
});
