import { describe, expect, it } from 'vitest';
import { mangled } from '../content/test-random.ts';
import { formatReferTo, type Reference, readReferTo } from './refer-to.ts';
import { formatUri, parseSipUri } from './uri.ts';

const EVENT = 'Event=ua-profile%3Bprofile-type%3Doma-app';
const FOR_MMS = 'Accept-Contact=*%3B%2Bg.oma.pusheventapp%3D%22mms.ua%22';
const SAMPLE = `<sip:psa@push.test;method=SUBSCRIBE?${EVENT}&${FOR_MMS}>`;

function reference(...values: readonly string[]): Reference {
  const read = readReferTo(values);
  if (read.kind !== 'ok') throw new Error(JSON.stringify(read));
  return read.reference;
}

describe('Refer-To (RFC 3515 §2.1, PSA-REF-03 to -06)', () => {
  it('is read: target, method, Event with its parameters, Accept-Contact', () => {
    const read = reference(SAMPLE);
    expect(formatUri(read.target)).toBe('sip:psa@push.test');
    expect(read.method).toBe('SUBSCRIBE');
    expect(read.event?.text).toBe('ua-profile;profile-type=oma-app');
    expect(read.event?.type).toBe('ua-profile');
    expect(read.event?.parameters.get('profile-type')).toBe('oma-app');
    expect(read.acceptContact).toEqual(['*;+g.oma.pusheventapp="mms.ua"']);
    expect(read.leftOut).toEqual([]);
  });

  it.each([
    ['a name before it and parameters behind it', `"Push" ${SAMPLE};x=1`, 'SUBSCRIBE'],
    ['no brackets', 'sip:psa@push.test', 'INVITE'],
    ['no method: INVITE', `<sip:psa@push.test?${EVENT}>`, 'INVITE'],
    ['a method in lower case', `<sip:psa@push.test;method=subscribe?${EVENT}>`, 'SUBSCRIBE'],
    ['other URI parameters, which stay', `<sip:psa@push.test;gr=x;method=BYE;transport=tcp>`, 'BYE'],
    ['headers in short form', '<sip:psa@push.test;method=SUBSCRIBE?o=reg&a=*>', 'SUBSCRIBE'],
  ])('with %s', (_name, value, method) => {
    expect(reference(value).method).toBe(method);
  });

  it('keeps the other parameters of the URI', () => {
    const read = reference('<sip:psa@push.test;gr=x;method=BYE;transport=tcp>');
    expect(formatUri(read.target)).toBe('sip:psa@push.test;gr=x;transport=tcp');
  });

  it('leaves out every other header field, and names it (PRA-REF-04)', () => {
    const more = 'Route=%3Csip:evil.test%3E&From=sip:eve%40evil.test&body=a%0D%0Ab&P-Asserted-Identity=x';
    const read = reference(`<sip:psa@push.test;method=SUBSCRIBE?${EVENT}&${more}>`);
    expect(read.event?.type).toBe('ua-profile');
    expect(read.leftOut).toEqual(['Route', 'From', 'body', 'P-Asserted-Identity']);
  });

  it.each([
    ['none', [], 'malformed'],
    ['two', [SAMPLE, SAMPLE], 'malformed'],
    ['two in one line', [`${SAMPLE}, <sip:other@push.test>`], 'malformed'],
    ['an empty one', [''], 'malformed'],
    ['no end of the brackets', ['<sip:psa@push.test'], 'malformed'],
    ['no address', ['<nobody>'], 'malformed'],
    ['a URI that is none', ['<sip:@>'], 'malformed'],
    ['headers that are not escaped', ['<sip:psa@push.test?Event=a;b>'], 'malformed'],
    ['two events', [`<sip:psa@push.test?${EVENT}&${EVENT}>`], 'malformed'],
    ['two events, one in short form', [`<sip:psa@push.test?${EVENT}&o=reg>`], 'malformed'],
    ['an event that is none', ['<sip:psa@push.test?Event=a%20b>'], 'malformed'],
    ['a header that begins another one', ['<sip:psa@push.test?Event=reg%0D%0ARoute:%20x>'], 'malformed'],
    ['NUL in a header', ['<sip:psa@push.test?Accept-Contact=%00>'], 'malformed'],
    ['a header without end', [`<sip:psa@push.test?Accept-Contact=${'a'.repeat(3000)}>`], 'malformed'],
    ['headers without end', [`<sip:psa@push.test?${'x=1&'.repeat(40)}y=1>`], 'malformed'],
    ['http', ['<http://evil.test/>'], 'foreign'],
    ['tel', ['<tel:+1555>'], 'foreign'],
    ['sips', ['<sips:psa@push.test>'], 'foreign'],
  ])('%s is not taken', (_name, values, kind) => {
    expect(readReferTo(values).kind).toBe(kind);
  });

  it('is written so that it reads the same', () => {
    const target = parseSipUri('sip:psa@push.test;gr=urn:uuid:x');
    if (target === null) throw new Error('no URI');
    const event = 'ua-profile;profile-type=oma-app';
    const acceptContact = '*;+g.oma.pusheventapp="mms.ua,a&b=c%d"';
    const written = formatReferTo({ target, method: 'SUBSCRIBE', event, acceptContact });
    expect(reference(written)).toMatchObject({
      target,
      method: 'SUBSCRIBE',
      event: { text: event },
      acceptContact: [acceptContact],
    });
  });

  it('takes anything without falling over, and gives out no line end', () => {
    const samples = [SAMPLE, `"x" ${SAMPLE};y`, `${SAMPLE},${SAMPLE}`].map((text) =>
      Buffer.from(text, 'latin1'),
    );
    let taken = 0;
    for (const bytes of mangled(samples, 6000, 3515)) {
      const read = readReferTo([bytes.toString('latin1')]);
      if (read.kind !== 'ok') continue;
      taken += 1;
      const { reference: found } = read;
      const texts = [
        found.event?.text ?? '',
        ...found.acceptContact,
        formatUri(found.target),
        ...found.leftOut,
      ];
      for (const text of texts) expect(text).not.toMatch(/[\r\n\0]/);
    }
    expect(taken).toBeGreaterThan(100);
  });
});
