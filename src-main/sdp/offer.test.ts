import { describe, expect, it } from 'vitest';
import { acceptsAny, acceptsType } from './accept-types.ts';
import { answerSetup, buildAnswer, type MediaChoice, parseAnswer } from './answer.ts';
import { buildOffer } from './build-offer.ts';
import { type FileLine, parseOffer, type SessionOffer } from './offer.ts';

/** The sample of seed 003 B.3 as printed, with its spaces after colons and its folded selector. */
const SEED_003 = `v=0
o=psa 2890844526 2890844526 IN IP4 domain.com
s=-
c=IN IP4 psa.domain.com
t=0 0
m=message 7654 TCP/MSRP *
a=setup: passive

a=sendonly
a=accept-types: application/vnd.oma.push
a=path: msrp://psa.domain.com:7654/a3cd20b8ae7f;tcp
a=file-transfer-id: a3cd20b8ae7f
a=file-selector: name:"pushid-a3cd20b8ae7f" type:application/vnd.oma.push
 size:4092 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E
`;

const RFC = [
  'v=0',
  'o=alice 2890844526 2890844526 IN IP4 host.atlanta.example.com',
  's=',
  'c=IN IP4 host.atlanta.example.com',
  't=10 20',
  'm=audio 4000 RTP/AVP 0 8',
  'm=message 7654 TCP/MSRP *',
  'i=This is my latest picture',
  'a=sendonly',
  'a=accept-types:message/cpim',
  'a=accept-wrapped-types:*',
  'a=path:msrp://atlanta.example.com:7654/jshA7we;tcp',
  'a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:4092 hash:sha-1:72:24',
  'a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd',
  'a=file-disposition:attachment',
  'a=file-date:creation:"Mon, 15 May 2006 15:01:31 +0300"',
  'a=file-icon:cid:id2@alicepc.example.com',
  'a=file-range:1-32349',
  'a=max-size:9000',
  '',
].join('\r\n');

function offerOf(text: string): SessionOffer {
  const result = parseOffer(text);
  if (result.kind === 'bad') throw new Error(result.reason);
  return result.offer;
}

describe('parseOffer', () => {
  it('reads every file attribute of RFC 5547', () => {
    const { timing, media } = offerOf(RFC);
    expect(timing).toBe('10 20');
    expect(media[0]).toEqual({
      kind: 'other',
      index: 0,
      type: 'audio',
      port: 4000,
      protocol: 'RTP/AVP',
      formats: '0 8',
    });
    expect(media[1]).toMatchObject({
      kind: 'file',
      index: 1,
      port: 7654,
      host: 'host.atlanta.example.com',
      path: ['msrp://atlanta.example.com:7654/jshA7we;tcp'],
      acceptTypes: ['message/cpim'],
      acceptWrappedTypes: ['*'],
      setup: null,
      direction: 'sendonly',
      maxSize: 9000,
      file: {
        name: 'My cool picture.jpg',
        transferId: 'vBnG916bdberum2fFEABR1FR3ExZMUrd',
        disposition: 'attachment',
        date: { creation: 'Mon, 15 May 2006 15:01:31 +0300', modification: null, read: null },
        icon: 'id2@alicepc.example.com',
        range: { start: 1, end: 32349 },
        description: 'This is my latest picture',
      },
    });
  });

  it('takes the spec sample with its slips (PRA-SDP-11)', () => {
    const [line] = offerOf(SEED_003).media;
    expect(line).toMatchObject({
      kind: 'file',
      setup: 'passive',
      acceptTypes: ['application/vnd.oma.push'],
      path: ['msrp://psa.domain.com:7654/a3cd20b8ae7f;tcp'],
      file: { name: 'pushid-a3cd20b8ae7f', size: 4092, transferId: 'a3cd20b8ae7f' },
    });
  });

  it('takes the older attribute names (X-23)', () => {
    const older = RFC.replace('file-disposition:attachment', 'disposition: not-render').replace(
      'file-icon',
      'icon',
    );
    const [, line] = offerOf(older).media;
    expect(line?.kind === 'file' && [line.file.disposition, line.file.icon]).toEqual([
      'attachment',
      'id2@alicepc.example.com',
    ]);
  });

  it.each([
    ['nothing', '', /v=0/],
    ['no m-line', 'v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nt=0 0\r\n', /no m-line/],
    ['no o= line', RFC.replace(/o=.*\r\n/, ''), /o= line/],
    ['a line that is no SDP', RFC.replace('i=This', 'This'), /no SDP/],
    ['a folded line elsewhere', RFC.replace('a=sendonly', 'a=sendonly\r\n more'), /no SDP/],
    ['a malformed selector', RFC.replace('size:4092', 'size:big'), /file-selector of m-line 2/],
    ['a malformed range', RFC.replace('1-32349', '0-5'), /file-range/],
    ['too many m-lines', RFC + 'm=message 9 TCP/MSRP *\r\n'.repeat(120), /more than 100/],
    ['a NUL', RFC.replace('My', 'M\0'), /no SDP/],
    ['a malformed m-line', RFC.replace('m=audio 4000', 'm=audio x'), /m-line is malformed/],
  ])('refuses %s', (_name, text, reason) => {
    const result = parseOffer(text);
    expect(result.kind === 'bad' && result.reason).toMatch(reason);
  });

  it('never throws on mangled offers', () => {
    let seed = 99;
    const random = (below: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0;
      return (seed >>> 8) % below;
    };
    for (let round = 0; round < 5000; round += 1) {
      const bytes = Buffer.from(random(2) === 0 ? RFC : SEED_003);
      for (let change = 0; change < 1 + random(8); change += 1) bytes[random(bytes.length)] = random(256);
      expect(['ok', 'bad']).toContain(parseOffer(bytes.toString()).kind);
    }
  });
});

describe('buildAnswer', () => {
  const accept: MediaChoice = {
    kind: 'accept',
    path: 'msrp://127.0.0.1:2855/s;tcp',
    port: 2855,
    setup: 'passive',
    maxSize: 100,
    acceptTypes: ['message/cpim', '*'],
    acceptWrappedTypes: ['*'],
  };

  it('answers line by line as RFC 5547 §8.3.1 says', () => {
    const lines = buildAnswer(offerOf(RFC), new Map([[1, accept]]), { host: '127.0.0.1' }).split('\r\n');
    expect(lines.slice(1)).toEqual([
      expect.stringMatching(/^o=- \d+ 1 IN IP4 127\.0\.0\.1$/),
      's=-',
      'c=IN IP4 127.0.0.1',
      't=10 20',
      'm=audio 0 RTP/AVP 0 8',
      'm=message 2855 TCP/MSRP *',
      'a=setup:passive',
      'a=recvonly',
      'a=accept-types:message/cpim *',
      'a=accept-wrapped-types:*',
      'a=path:msrp://127.0.0.1:2855/s;tcp',
      'a=max-size:100',
      'a=file-selector:name:"My cool picture.jpg" type:image/jpeg size:4092 hash:sha-1:72:24',
      'a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd',
      'a=file-range:1-32349',
      '',
    ]);
  });

  it('refuses with port 0 and mirrors selector and file-transfer-id (PRA-SDP-03, X-21)', () => {
    const answer = buildAnswer(offerOf(RFC), new Map(), { host: '::1' });
    expect(answer).toMatch(/m=message 0 TCP\/MSRP \*\r\na=file-selector:.*\r\na=file-transfer-id:vBnG/);
    expect(answer).toMatch(/c=IN IP6 ::1/);
    expect(answer).not.toMatch(/file-icon|file-date|file-disposition/);
  });

  it.each([
    ['passive', 'active'],
    ['active', 'passive'],
    ['actpass', 'passive'],
    [null, 'passive'],
  ] as const)('an offer of setup %s is answered %s (X-26)', (offered, answered) => {
    expect(answerSetup(offered)).toBe(answered);
  });
});

describe('offer and answer of our own', () => {
  const file = {
    name: 'a "b" %.txt',
    type: 'text/plain',
    size: 3,
    sha1: 'AA:BB',
    disposition: 'render',
    path: 'msrp://127.0.0.1:7000/x;tcp',
    port: 7000,
  } as const;

  it('reads back what it writes: one m-line a file, sendonly, actpass, an id of 32 characters (PSA-SDP)', () => {
    const { media } = offerOf(
      buildOffer([file, { ...file, name: 'two' }], { host: '127.0.0.1', wrapped: true }),
    );
    expect(media).toHaveLength(2);
    const [first, second] = media as readonly FileLine[];
    expect(first).toMatchObject({
      setup: 'actpass',
      direction: 'sendonly',
      acceptTypes: ['message/cpim'],
      acceptWrappedTypes: ['text/plain'],
    });
    expect(first?.file).toMatchObject({ name: 'a "b" %.txt', size: 3, disposition: 'render' });
    expect(first?.file.transferId).toHaveLength(32);
    expect(first?.file.transferId).not.toBe(second?.file.transferId);
  });

  it('reads which files the answer takes', () => {
    const offer = offerOf(buildOffer([file, file], { host: '127.0.0.1', wrapped: false }));
    const choice: MediaChoice = {
      kind: 'accept',
      path: 'msrp://h:1/s;tcp',
      port: 1,
      setup: 'active',
      maxSize: 9,
      acceptTypes: ['*'],
      acceptWrappedTypes: [],
    };
    const answer = buildAnswer(offer, new Map([[1, choice]]), { host: '127.0.0.1' });
    expect(parseAnswer(answer, 2)).toEqual([
      { kind: 'declined' },
      {
        kind: 'accepted',
        path: ['msrp://h:1/s;tcp'],
        setup: 'active',
        maxSize: 9,
        acceptTypes: ['*'],
        acceptWrappedTypes: [],
      },
    ]);
    expect(parseAnswer(answer, 1)).toBeNull();
    expect(parseAnswer('nonsense', 2)).toBeNull();
  });
});

describe('accept types (RFC 4975 §8.6, X-19)', () => {
  it.each([
    [['*'], 'x/y', true],
    [['*/*'], 'x/y', true],
    [['image/*'], 'IMAGE/png; q=1', true],
    [['image/*'], 'video/mp4', false],
    [['Text/Plain'], 'text/plain;charset=utf-8', true],
    [[], 'text/plain', false],
  ])('%j takes %s: %s', (list, type, taken) => {
    expect(acceptsType(list, type)).toBe(taken);
  });

  it.each([
    [['video/*'], ['text/plain', 'video/mp4'], [], true],
    [['video/*'], ['message/cpim'], ['text/plain'], false],
    [['video/*'], ['message/cpim'], ['*'], true],
    [['video/*'], ['message/cpim'], [], true],
    [['video/*'], ['text/plain'], ['video/mp4'], false],
    [['video/*'], [], [], false],
  ])('%j takes an m-line of %j wrapping %j: %s', (list, acceptTypes, acceptWrappedTypes, taken) => {
    expect(acceptsAny(list, { acceptTypes, acceptWrappedTypes })).toBe(taken);
  });
});
