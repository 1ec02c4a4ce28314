import { describe, expect, it } from 'vitest';
import { sniffType } from './sniff.ts';
import { PNG } from './test-images.ts';
import { contradicts } from './type-conflict.ts';

const text = Buffer.from('hello');
const html = Buffer.from('<html><script>');
const xml = Buffer.from('<?xml version="1.0"?><a/>');
const svg = Buffer.from('<svg xmlns="x"/>');
const zip = Buffer.from('PK\x03\x04');
const program = Buffer.from('MZ\x90\0');
const binary = Buffer.from([0, 1, 2]);

describe('contradicts', () => {
  it.each([
    ['image/png', text],
    ['image/png', html],
    ['image/jpeg', PNG],
    ['text/plain', PNG],
    ['text/plain', html],
    ['text/plain', binary],
    ['text/plain', program],
    ['application/pdf', program],
    ['application/pdf', text],
    ['application/json', xml],
    ['video/mp4', text],
    ['text/plain', svg],
    ['text/plain', zip],
  ])('%s by other bytes', (declared, bytes) => {
    expect(contradicts(declared, sniffType(bytes), bytes)).toBe(true);
  });

  it.each([
    ['image/png', PNG],
    ['image/jpg', Buffer.from([0xff, 0xd8, 0xff])],
    ['application/octet-stream', program],
    ['application/vnd.oma.push', PNG],
    ['text/plain', text],
    ['text/plain', Buffer.from('\x1b$B$"\x1b(B', 'latin1')],
    ['text/plain', Buffer.from('fffe41004200', 'hex')],
    ['text/plain', Buffer.from('gr\xfc\xdfe', 'latin1')],
    ['text/plain', Buffer.alloc(0)],
    ['text/vnd.wap.si', xml],
    ['application/json', text],
    ['application/xhtml+xml', html],
    ['image/svg+xml', xml],
    ['image/svg+xml', svg],
    ['application/vnd.wap.sic', binary],
    ['application/vnd.openxmlformats-officedocument.wordprocessingml.document', zip],
    ['application/vnd.android.package-archive', zip],
    ['audio/mp4', Buffer.from('0000ftypM4A ')],
  ])('%s not by what fits', (declared, bytes) => {
    expect(contradicts(declared, sniffType(bytes), bytes)).toBe(false);
  });
});
