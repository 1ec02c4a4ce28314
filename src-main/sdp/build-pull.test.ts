import { describe, expect, it } from 'vitest';
import { buildAnswer } from './answer.ts';
import { buildPull, readPullAnswer } from './build-pull.ts';
import { type FileLine, parseOffer } from './offer.ts';

const FILE = {
  name: 'my "file".bin',
  type: null,
  size: 5000,
  sha1: '72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E',
  from: 2001,
};
const CHOICE = {
  kind: 'accept',
  path: 'msrp://127.0.0.1:2855/abcdefgh;tcp',
  port: 2855,
  setup: 'active',
  fingerprint: null,
  maxSize: 3000,
  acceptTypes: ['message/cpim', '*'],
  acceptWrappedTypes: ['*'],
} as const;

function offered() {
  const parsed = parseOffer(buildPull(FILE, CHOICE, '127.0.0.1'));
  if (parsed.kind === 'bad') throw new Error(parsed.reason);
  return parsed.offer;
}

describe('asking for the rest of a file (RFC 5547 §8.2.2)', () => {
  it('writes recvonly, the selectors, a new id and the range', () => {
    const [line] = offered().media;
    expect(line).toMatchObject({
      kind: 'file',
      direction: 'recvonly',
      setup: 'actpass',
      port: 2855,
      file: {
        name: FILE.name,
        size: 5000,
        hashes: [{ algorithm: 'sha-1', value: FILE.sha1 }],
        range: { start: 2001, end: 5000 },
      },
    });
    const ids = [line, offered().media[0]].map((one) => (one as FileLine).file.transferId);
    expect(ids[0]).toMatch(/^[\w-]{32}$/);
    expect(ids[0]).not.toBe(ids[1]);
  });

  it('is answered sendonly with the same range and id, and reads that', () => {
    const offer = offered();
    const answer = buildAnswer(offer, new Map([[0, { ...CHOICE, sends: true }]]), { host: '127.0.0.1' });
    expect(answer).toContain('a=sendonly\r\n');
    expect(answer).toContain('a=file-range:2001-5000\r\n');
    expect(answer).toContain(`a=file-transfer-id:${(offer.media[0] as FileLine).file.transferId}\r\n`);
    expect(readPullAnswer(answer, FILE)).toEqual({
      kind: 'accepted',
      path: [CHOICE.path],
      weConnect: false,
    });
    expect(readPullAnswer(answer.replace('setup:active', 'setup:passive'), FILE)).toMatchObject({
      weConnect: true,
    });
  });

  const good = () =>
    buildAnswer(offered(), new Map([[0, { ...CHOICE, sends: true }]]), { host: '127.0.0.1' });

  it.each([
    ['port 0', (sdp: string) => sdp.replace('message 2855', 'message 0'), 'no longer has this file'],
    ['no range', (sdp: string) => sdp.replace(/a=file-range.*\r\n/, ''), 'cannot send a part'],
    ['another range', (sdp: string) => sdp.replace('2001-5000', '1-5000'), 'another part'],
    ['an earlier end', (sdp: string) => sdp.replace('2001-5000', '2001-4000'), 'another part'],
    ['no path', (sdp: string) => sdp.replace(/a=path.*\r\n/, ''), 'does not fit'],
    ['two m-lines', (sdp: string) => `${sdp}m=message 0 TCP/MSRP *\r\n`, 'does not fit'],
    ['no SDP', () => 'hello', 'does not fit'],
  ])('is refused by %s', (_name, change, reason) => {
    const answer = readPullAnswer(change(good()), FILE);
    expect(answer).toMatchObject({ kind: 'declined', reason: expect.stringContaining(reason) });
  });
});
