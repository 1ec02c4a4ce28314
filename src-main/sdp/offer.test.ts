import { describe, expect, it } from 'vitest';
import { parseOffer } from './offer.ts';
import { offerOf, RFC_5547, SEED_002, SEED_003, seededRandom } from './test-samples.ts';

describe('parseOffer', () => {
  it('reads every file attribute of RFC 5547', () => {
    const { timing, media } = offerOf(RFC_5547);
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

  it('takes the sample of the main text with its slips (PRA-SDP-07, X-22, X-23, X-24)', () => {
    const [line] = offerOf(SEED_002).media;
    expect(line).toMatchObject({
      kind: 'file',
      setup: null,
      acceptTypes: ['message/cpim'],
      acceptWrappedTypes: ['*'],
      file: {
        name: 'My cool picture.jpg',
        type: 'image/jpeg',
        size: 4092,
        hashes: [
          { algorithm: 'sha-1', value: '72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E' },
        ],
        transferId: null,
        disposition: 'attachment',
        date: { creation: 'Mon, 15 May 2006 15:01:31 +0300', modification: null, read: null },
        icon: 'id2@push-sender-agent.example.com',
        description: 'This is my latest picture',
      },
    });
  });

  it('keeps the origin as text, since its numbers may exceed 2^53', () => {
    const version = '18446744073709551615';
    const text = RFC_5547.replace('o=alice 2890844526 2890844526', `o=alice 1 ${version}`);
    expect(offerOf(text).origin).toEqual({
      username: 'alice',
      sessionId: '1',
      version,
      host: 'host.atlanta.example.com',
    });
  });

  it.each([
    ['without a file-selector', RFC_5547.replace(/a=file-selector.*\r\n/, '')],
    ['with an empty one (RFC 5547 §8.5)', RFC_5547.replace(/(a=file-selector).*\r\n/, '$1\r\n')],
    ['with an empty value', RFC_5547.replace(/(a=file-selector:).*\r\n/, '$1\r\n')],
  ])('reads an MSRP line %s as a message line', (_name, text) => {
    const [, line] = offerOf(text).media;
    expect(line).toMatchObject({
      kind: 'message',
      path: ['msrp://atlanta.example.com:7654/jshA7we;tcp'],
      acceptTypes: ['message/cpim'],
      maxSize: 9000,
    });
  });

  it('takes direction and setup of the session where the m-line has none (RFC 4145 §4)', () => {
    const text = RFC_5547.replace('a=sendonly\r\n', '').replace(
      't=10 20\r\n',
      '$&a=sendonly\r\na=setup:ACTPASS\r\n',
    );
    expect(offerOf(text).media[1]).toMatchObject({ direction: 'sendonly', setup: 'actpass' });
  });

  it('keeps an m-line that counts ports, and texts that are digits', () => {
    const text = RFC_5547.replace('m=audio 4000', 'm=audio 4000/2').replace(
      'i=This is my latest picture',
      'i=42',
    );
    const [audio, line] = offerOf(text).media;
    expect(audio).toMatchObject({
      kind: 'other',
      type: 'audio',
      port: 4000,
      protocol: 'RTP/AVP',
      formats: '0 8',
    });
    expect(line?.kind === 'file' && line.file.description).toBe('42');
  });

  it('takes the older attribute names (X-23)', () => {
    const older = RFC_5547.replace('file-disposition:attachment', 'disposition: not-render').replace(
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
    ['no o= line', RFC_5547.replace(/o=.*\r\n/, ''), /o= line/],
    ['a line that is no SDP', RFC_5547.replace('i=This', 'This'), /no SDP/],
    ['a folded line elsewhere', RFC_5547.replace('a=sendonly', 'a=sendonly\r\n more'), /no SDP/],
    ['a malformed selector', RFC_5547.replace('size:4092', 'size:big'), /file-selector of m-line 2/],
    ['a malformed range', RFC_5547.replace('1-32349', '0-5'), /file-range/],
    ['too many m-lines', RFC_5547 + 'm=message 9 TCP/MSRP *\r\n'.repeat(120), /more than 100/],
    ['a NUL', RFC_5547.replace('My', 'M\0'), /no SDP/],
    [
      'a bare CR, which would begin an m-line for others',
      RFC_5547.replace('i=This', 'i=\rm=x 1 y *'),
      /no SDP/,
    ],
    ['a port beyond 65535', RFC_5547.replace('7654 TCP', '70000 TCP'), /m-line is malformed/],
    ['an overlong line', RFC_5547.replace('i=This', `i=${'x'.repeat(17_000)}`), /no SDP/],
    ['an overlong SDP', RFC_5547 + 'a=x:y\r\n'.repeat(40_000), /too long/],
    ['a malformed m-line', RFC_5547.replace('m=audio 4000', 'm=audio x'), /m-line is malformed/],
  ])('refuses %s', (_name, text, reason) => {
    const result = parseOffer(text);
    expect(result.kind === 'bad' && result.reason).toMatch(reason);
  });

  it('never throws on mangled offers', () => {
    const random = seededRandom(99);
    for (let round = 0; round < 5000; round += 1) {
      const bytes = Buffer.from(random(2) === 0 ? RFC_5547 : SEED_003);
      for (let change = 0; change < 1 + random(8); change += 1) bytes[random(bytes.length)] = random(256);
      expect(['ok', 'bad']).toContain(parseOffer(bytes.toString()).kind);
    }
  });
});
