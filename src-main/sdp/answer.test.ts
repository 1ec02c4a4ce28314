import { describe, expect, it } from 'vitest';
import { answerSetup, buildAnswer, type MediaChoice, parseAnswer } from './answer.ts';
import { buildOffer } from './build-offer.ts';
import { parseOffer } from './offer.ts';
import {
  offerOf,
  RFC_5547,
  SEED_002,
  SEED_002_ANSWER,
  SEED_003_ANSWER,
  seededRandom,
} from './test-samples.ts';

describe('buildAnswer', () => {
  const accept: MediaChoice = {
    kind: 'accept',
    path: 'msrp://127.0.0.1:2855/s;tcp',
    port: 2855,
    setup: 'passive',
    fingerprint: null,
    maxSize: 100,
    acceptTypes: ['message/cpim', '*'],
    acceptWrappedTypes: ['*'],
  };

  it('answers line by line as RFC 5547 §8.3.1 says', () => {
    const lines = buildAnswer(offerOf(RFC_5547), new Map([[1, accept]]), { host: '127.0.0.1' }).split('\r\n');
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
    const answer = buildAnswer(offerOf(RFC_5547), new Map(), { host: '::1' });
    expect(answer).toMatch(/m=message 0 TCP\/MSRP \*\r\na=file-selector:.*\r\na=file-transfer-id:vBnG/);
    expect(answer).toMatch(/c=IN IP6 ::1/);
    expect(answer).not.toMatch(/file-icon|file-date|file-disposition/);
  });

  it('copies name, type and size byte for byte, whatever their order and escapes (PRA-SDP-06)', () => {
    const selector = 'size:007 type:text/plain;x="a%22b" name:"%41 ü:\\;size:9"';
    const offer = offerOf(RFC_5547.replace(/file-selector:.*/, `file-selector:${selector}`));
    const answer = buildAnswer(offer, new Map([[1, accept]]), { host: 'h' });
    expect(answer).toContain(`a=file-selector:${selector}\r\n`);
  });

  it('writes the hash with colons also where the offer has none (X-22)', () => {
    const offer = offerOf(SEED_002);
    const answer = buildAnswer(offer, new Map([[0, accept]]), { host: 'h' });
    expect(answer).toContain(
      'size:4092 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E\r\n',
    );
    expect(answer).not.toContain('file-transfer-id');
  });

  it.each([
    ['sendonly', 'recvonly'],
    ['sendrecv', 'recvonly'],
    ['inactive', 'inactive'],
    ['recvonly', 'inactive'],
  ])('answers %s with %s (RFC 3264 §6.1)', (offered, answered) => {
    const offer = offerOf(RFC_5547.replace('a=sendonly', `a=${offered}`));
    expect(buildAnswer(offer, new Map([[1, accept]]), { host: 'h' })).toContain(`a=${answered}\r\n`);
  });

  it('accepts an MSRP line without a file, and never one that is not MSRP', () => {
    const offer = offerOf(RFC_5547.replace(/a=file-selector.*\r\n/, ''));
    const answer = buildAnswer(
      offer,
      new Map([
        [0, accept],
        [1, accept],
      ]),
      { host: 'h' },
    );
    expect(answer).toMatch(/m=audio 0 RTP\/AVP 0 8\r\nm=message 2855 /);
    expect(answer).not.toContain('file-');
  });

  it('answers lines of other media with port 0, and no groups, bandwidths or session attributes of theirs', () => {
    const offer = RFC_5547.replace(
      't=10 20',
      'b=AS:128\r\nt=10 20\r\na=group:BUNDLE 1 2\r\na=ice-lite',
    ).replace('m=message', 'm=video 5000 RTP/AVP 31\r\nb=AS:64\r\nm=application 9 UDP/BFCP *\r\nm=message');
    const answer = buildAnswer(offerOf(offer), new Map([[3, accept]]), { host: 'h' });
    expect(answer.split('\r\n').filter((line) => line.startsWith('m='))).toEqual([
      'm=audio 0 RTP/AVP 0 8',
      'm=video 0 RTP/AVP 31',
      'm=application 0 UDP/BFCP *',
      'm=message 2855 TCP/MSRP *',
    ]);
    expect(answer).not.toMatch(/^(?:b=|a=group|a=ice|a=mid)/m);
  });

  it('raises the version when it answers again in a session (RFC 3264 §8)', () => {
    const previous = { username: '-', sessionId: '7', version: '9007199254740993', host: 'h' };
    const answer = buildAnswer(offerOf(RFC_5547), new Map(), { host: 'h', previous });
    expect(answer).toContain('o=- 7 9007199254740994 IN IP4 h\r\n');
  });

  it('answers whatever the parser takes line by line', () => {
    const random = seededRandom(11);
    let taken = 0;
    for (let round = 0; round < 3000; round += 1) {
      const bytes = Buffer.from(random(2) === 0 ? RFC_5547 : SEED_002);
      for (let change = 0; change < 1 + random(3); change += 1) bytes[random(bytes.length)] = random(128);
      const result = parseOffer(bytes.toString());
      if (result.kind === 'bad') continue;
      taken += 1;
      const answer = buildAnswer(result.offer, new Map([[random(2), accept]]), { host: 'h' });
      expect(answer).not.toMatch(/undefined|null|\r(?!\n)|[^\r]\n/);
      expect(offerOf(answer).media).toHaveLength(result.offer.media.length);
    }
    expect(taken).toBeGreaterThan(500);
  });
});

describe('answerSetup', () => {
  it.each([
    ['passive', true, 'active'],
    ['active', true, 'passive'],
    ['actpass', true, 'passive'],
    ['actpass', false, 'active'],
    ['holdconn', true, 'passive'],
    [null, true, 'passive'],
    [null, false, 'passive'],
  ] as const)('an offer of setup %s, reachable %s, is answered %s (X-26)', (offered, reachable, answered) => {
    expect(answerSetup(offered, reachable)).toBe(answered);
  });
});

describe('parseAnswer', () => {
  it.each([
    ['main text', SEED_002_ANSWER, 'msrp://bobpc.example.com:8888/9di4ea;tcp', null],
    ['later change, without s= line', SEED_003_ANSWER, 'msrp://userpc.domain.com:8888/9di4ea;tcp', 'active'],
  ])('reads the answer of the %s', (_name, text, path, setup) => {
    expect(parseAnswer(text, 1)).toMatchObject([{ kind: 'accepted', path: [path], setup }]);
  });

  it('takes an answer without the file-selector for a refusal', () => {
    expect(parseAnswer(SEED_002_ANSWER.replace(/a=file-selector.*/, ''), 1)).toEqual([{ kind: 'declined' }]);
  });

  const file = {
    name: 'a "b" %.txt',
    type: 'text/plain',
    size: 3,
    sha1: 'AA:BB',
    disposition: 'render',
    path: 'msrp://127.0.0.1:7000/x;tcp',
    port: 7000,
  } as const;

  it('reads which files the answer takes', () => {
    const offer = offerOf(buildOffer([file, file], { host: '127.0.0.1', wrapped: false }));
    const choice: MediaChoice = {
      kind: 'accept',
      path: 'msrp://h:1/s;tcp',
      port: 1,
      setup: 'active',
      fingerprint: null,
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
        fingerprints: [],
        maxSize: 9,
        acceptTypes: ['*'],
        acceptWrappedTypes: [],
      },
    ]);
    expect(parseAnswer(answer, 1)).toBeNull();
    expect(parseAnswer('nonsense', 2)).toBeNull();
  });

  it('reads the fingerprint of an answer over TLS, and takes none with another transport', () => {
    const local = { host: '127.0.0.1', wrapped: false, fingerprint: 'sha-256 AA:BB' };
    const choice: MediaChoice = {
      kind: 'accept',
      path: 'msrps://h:1/s;tcp',
      port: 1,
      setup: 'passive',
      fingerprint: 'sha-256 CC:DD',
      maxSize: 9,
      acceptTypes: ['*'],
      acceptWrappedTypes: [],
    };
    const answer = buildAnswer(offerOf(buildOffer([file], local)), new Map([[0, choice]]), local);
    expect(answer).toContain(
      'm=message 1 TCP/TLS/MSRP *\r\na=setup:passive\r\na=fingerprint:sha-256 CC:DD\r\n',
    );
    expect(parseAnswer(answer, 1, true)).toMatchObject([
      { kind: 'accepted', fingerprints: [{ algorithm: 'sha-256', value: 'CC:DD' }] },
    ]);
    expect(parseAnswer(answer, 1)).toEqual([{ kind: 'declined' }]);
    const downgraded = answer.replace('TCP/TLS/MSRP', 'TCP/MSRP');
    expect(parseAnswer(downgraded, 1, true)).toEqual([{ kind: 'declined' }]);
  });
});
