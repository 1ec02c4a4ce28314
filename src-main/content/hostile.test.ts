import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { describeContent } from './describe.ts';
import { recogniseContent } from './fields/recognise.ts';
import * as samples from './fields/test-samples.ts';
import { SUPL_1, SUPL_2, SUPL_NAI, SUPL_NOTIFY } from './fields/test-supl.ts';
import { splitHeaderBlock } from './header-block.ts';
import { imageSize } from './image-size.ts';
import { prettyJson, prettyXml } from './pretty.ts';
import { GIF, JPEG, PNG, WEBP_EXTENDED, WEBP_LOSSLESS, WEBP_LOSSY } from './test-images.ts';
import { mangled, seededRandom } from './test-random.ts';
import { decodeTransfer } from './transfer.ts';

const ROUNDS = 2000;

/** Samples by content type. */
const RECOGNISED: readonly (readonly [string, readonly Buffer[]])[] = [
  ['text/vnd.wap.si', [samples.SI_XML]],
  ['application/vnd.wap.sic', [samples.SI_WBXML]],
  ['text/vnd.wap.sl', [samples.SL_XML]],
  ['application/vnd.wap.slc', [samples.SL_WBXML]],
  ['application/vnd.wap.mms-message', [samples.MMS_NOTIFICATION, samples.MMS_DELIVERY]],
  ['application/vnd.omaloc-supl-init', [SUPL_1, SUPL_2, SUPL_NAI, SUPL_NOTIFY]],
  ['text/x-vcard', [samples.VCARD_4, samples.VCARD_21]],
  ['text/vnd.wap.connectivity-xml', [samples.PROVISIONING_XML]],
  ['application/vnd.wap.connectivity-wbxml', [samples.PROVISIONING_WBXML]],
  ['application/vnd.syncml.notification', [samples.DM_NOTIFICATION]],
  ['application/vnd.wap.emn+xml', [samples.EMN_XML]],
  ['application/vnd.wap.emn+wbxml', [samples.EMN_WBXML]],
];

describe('mangled contents', () => {
  it.each(RECOGNISED)('of %s give fields or nothing', (type, whole) => {
    const contentType = samples.typeOf(type);
    let recognised = 0;
    for (const bytes of mangled(whole, ROUNDS, 11)) {
      const result = recogniseContent(bytes, contentType);
      if (result.kind !== 'recognised') continue;
      recognised += 1;
      for (const { value } of result.content.fields) expect(value.length).toBeLessThan(16 * 1024 + 2);
    }
    expect(recognised).toBeGreaterThan(0);
  });

  it.each(RECOGNISED)('of %s may also be noise', (type) => {
    const contentType = samples.typeOf(type);
    const random = seededRandom(5);
    for (let round = 0; round < ROUNDS; round += 1) {
      const bytes = Buffer.from(Array.from({ length: random(64) }, () => random(256)));
      // The bytes with which each type begins, so that the noise is looked at.
      const begin = [Buffer.alloc(0), Buffer.from('8c82', 'hex'), Buffer.from('03056a0045', 'hex')][
        round % 3
      ];
      expect(() => recogniseContent(Buffer.concat([begin ?? bytes, bytes]), contentType)).not.toThrow();
    }
  });

  it('of pictures have a size or none', () => {
    for (const [type, whole] of [
      ['image/png', PNG],
      ['image/gif', GIF],
      ['image/jpeg', JPEG],
      ['image/webp', WEBP_LOSSY],
      ['image/webp', WEBP_LOSSLESS],
      ['image/webp', WEBP_EXTENDED],
    ] as const) {
      for (const bytes of mangled([whole], ROUNDS, 3)) {
        expect(imageSize(bytes, type)?.width ?? 1).toBeGreaterThan(0);
      }
    }
  });

  it('of JSON and XML are laid out or not', () => {
    const json = Buffer.from('{"a":[1,2,{"b":"c\\"d"}],"e":null}');
    for (const bytes of mangled([json, samples.SI_XML, samples.PROVISIONING_XML], 2 * ROUNDS, 7)) {
      const text = bytes.toString('latin1');
      const pretty = prettyJson(text);
      if (pretty !== null) expect(JSON.parse(pretty)).toEqual(JSON.parse(text));
      expect(prettyXml(text)?.replace(/\s/g, '') ?? text.replace(/\s/g, '')).toBe(text.replace(/\s/g, ''));
    }
  });

  it('of encodings are never longer', () => {
    const whole = [Buffer.from('aGVsbG8gd29ybGQ=\r\n'), Buffer.from('a=3Db =\r\nc=E2=82=AC')];
    for (const bytes of mangled(whole, ROUNDS, 13)) {
      for (const encoding of ['base64', 'quoted-printable']) {
        const result = decodeTransfer(bytes, encoding);
        expect(result.kind === 'ok' ? result.bytes.length : 0).toBeLessThanOrEqual(bytes.length);
      }
      splitHeaderBlock(bytes);
    }
  });

  it('of containers are described', async () => {
    const cpim = 'From: <sip:a@h>\r\n\r\nContent-Type: text/plain\r\n\r\nhello';
    const parts = [
      `Content-Type: message/cpim\r\n\r\n${cpim}`,
      'Content-Type: application/vnd.oma.push\r\n\r\nContent-Type: text/html\r\n\r\n<p>',
      'Content-Type: text/vnd.wap.sl\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<sl href=3D"x"/>',
      'Content-Type: multipart/related; boundary=i\r\n\r\n--i\r\nContent-ID: <x>\r\n\r\na\r\n--i--',
      'Content-Type: message/external-body; access-type=URL; URL="http://x"\r\n\r\n',
    ];
    const body = Buffer.from(`${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--`);
    const headers = { contentType: 'multipart/mixed; boundary=b' };
    expect((await describeContent(body, headers)).parts).toHaveLength(9);
    for (const bytes of mangled([body], ROUNDS / 2, 17)) {
      const { parts: described } = await describeContent(bytes, headers);
      for (const part of described) expect(part.bytes).toBeLessThanOrEqual(bytes.length);
    }
    for (const bytes of mangled([gzipSync(body)], ROUNDS / 4, 19)) {
      await describeContent(bytes, { ...headers, contentEncoding: 'gzip' });
    }
  });

  it('are read in time, however they repeat themselves', async () => {
    const size = 2_000_000;
    const bodies: readonly (readonly [string, string])[] = [
      ['multipart/mixed; boundary=b', '--b\r\n'],
      ['multipart/mixed; boundary=b', '\r\n--bb'],
      ['message/cpim', 'A: b\r\n'],
      ['application/vnd.oma.push', 'Content-A: b\r\n'],
      ['text/vnd.wap.si', '<si>'],
      ['application/xml', '<a b="'],
      ['application/json', '[1,'],
      ['text/vcard', 'BEGIN:VCARD\n'],
      ['text/plain', 'é'],
      ['application/vnd.wap.sic', '\x03\x05\x6a\x00\x45'],
      ['application/vnd.wap.mms-message', '\x8c\x82'],
      ['application/vnd.omaloc-supl-init', '\xff'],
      ['image/jpeg', '\xff\xd8\xff'],
    ];
    const start = performance.now();
    for (const [contentType, piece] of bodies) {
      const bytes = Buffer.from(piece.repeat(size / piece.length), 'latin1');
      await describeContent(bytes, { contentType });
    }
    expect(performance.now() - start).toBeLessThan(4000);
  });
});
