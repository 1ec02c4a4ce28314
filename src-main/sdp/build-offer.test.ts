import { describe, expect, it } from 'vitest';
import { buildOffer } from './build-offer.ts';
import type { FileLine } from './offer.ts';
import { offerOf } from './test-samples.ts';

describe('buildOffer', () => {
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

  it('writes date and description only when they are known, each on its line', () => {
    const described = {
      ...file,
      modified: new Date('2006-05-15T12:01:31Z'),
      description: 'two\r\nm=lines',
    };
    const [line, bare] = offerOf(buildOffer([described, file], { host: 'h', wrapped: false }))
      .media as readonly FileLine[];
    expect(line?.file.date.modification).toBe('Mon, 15 May 2006 12:01:31 +0000');
    expect(line?.file.description).toBe('two m=lines');
    expect(bare?.file).toMatchObject({ description: null, date: { modification: null } });
  });

  it('offers MSRP over TLS with a fingerprint (RFC 4975 §14.4)', () => {
    const local = { host: '127.0.0.1', wrapped: false };
    const [plain] = offerOf(buildOffer([file], local)).media;
    expect(plain).toMatchObject({ protocol: 'TCP/MSRP', secure: false, fingerprints: [] });
    const [secure] = offerOf(buildOffer([file], { ...local, fingerprint: 'sha-256 AA:BB' })).media;
    expect(secure).toMatchObject({
      protocol: 'TCP/TLS/MSRP',
      secure: true,
      fingerprints: [{ algorithm: 'sha-256', value: 'AA:BB' }],
    });
  });
});
