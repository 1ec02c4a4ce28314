import { describe, expect, it } from 'vitest';
import { announcedApplications } from './feature-tags.ts';
import { formatRegInfo, parseRegInfo, type RegContact, type RegInfo } from './reginfo.ts';

/** RFC 3680 §5.3. */
const RFC_3680 = `<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
    version="0" state="full">
  <registration aor="sip:user@example.com" id="as9" state="active">
    <contact id="76" state="active" event="registered" duration-registered="7322" q="0.8">
      <uri>sip:user@pc887.example.com</uri>
    </contact>
    <contact id="77" state="terminated" event="expired" duration-registered="3600" q="0.5">
      <uri>sip:user@university.edu</uri>
    </contact>
  </registration>
</reginfo>`;

/** RFC 5628 §8.2 with the first two of its registrations. */
const RFC_5628 = `<?xml version="1.0"?>
<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" xmlns:gr="urn:ietf:params:xml:ns:gruuinfo" version="1" state="full">
  <registration aor="sip:user_aor_1@example.net" id="a7" state="active">
    <contact id="92" state="active" event="registered" duration-registered="1" expires="3599"
        callid="faif9a@ua.example.com" cseq="23001">
      <uri>
        sip:ua.example.com
      </uri>
      <unknown-param name="+sip.instance">"&lt;urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6&gt;"</unknown-param>
      <gr:pub-gruu uri="sip:user_aor_1@example.net;gr=hha9s8d-999a"/>
      <gr:temp-gruu uri="sip:8ffkas08af7fasklzi9@example.net;gr" first-cseq="54301"/>
    </contact>
  </registration>
  <registration aor="sip:+358504821437@example.net;user=phone" id="a9" state="active">
    <contact id="94" state="active" event="created" duration-registered="1" expires="3599"
        callid="faif9a@ua.example.com" cseq="23001">
      <uri>sip:ua.example.com</uri>
      <gr:pub-gruu uri="sip:+358504821437@example.net;user=phone;gr=hha9s8d-999c"/>
    </contact>
  </registration>
</reginfo>`;

const PLAIN: RegContact = {
  id: '76',
  state: 'active',
  event: 'registered',
  expires: null,
  uri: 'sip:user@pc887.example.com',
  displayName: null,
  callId: null,
  cseq: null,
  instance: null,
  pubGruu: null,
  tempGruu: null,
  tempGruuFirstCseq: null,
  parameters: [],
};

function parse(text: string) {
  return parseRegInfo(Buffer.from(text));
}

function infoOf(text: string): RegInfo {
  const result = parse(text);
  if (result.kind === 'bad') throw new Error(result.reason);
  return result.info;
}

/** A document with this inside its only contact. */
function contactWith(inside: string, uri = '<uri>sip:a@b</uri>'): string {
  return `<r:reginfo xmlns:r="urn:ietf:params:xml:ns:reginfo" xmlns:g="urn:ietf:params:xml:ns:gruuinfo"
    version="3" state="partial"><r:registration aor="sip:a@b" id="1" state="active"><r:contact id="2" state="active"
    event="refreshed">${`${uri}${inside}`.replace(/<(\/?)(uri|display-name|unknown-param)/g, '<$1r:$2')}</r:contact>
    </r:registration></r:reginfo>`;
}

function contactOf(text: string): RegContact | undefined {
  return infoOf(text).registrations[0]?.contacts[0];
}

describe('parseRegInfo', () => {
  it('reads the sample of RFC 3680', () => {
    expect(infoOf(RFC_3680)).toEqual({
      version: 0,
      state: 'full',
      registrations: [
        {
          aor: 'sip:user@example.com',
          id: 'as9',
          state: 'active',
          contacts: [
            PLAIN,
            { ...PLAIN, id: '77', state: 'terminated', event: 'expired', uri: 'sip:user@university.edu' },
          ],
        },
      ],
    });
  });

  it('reads the sample of RFC 5628', () => {
    const { version, registrations } = infoOf(RFC_5628);
    expect(version).toBe(1);
    expect(registrations.map(({ aor, id }) => [aor, id])).toEqual([
      ['sip:user_aor_1@example.net', 'a7'],
      ['sip:+358504821437@example.net;user=phone', 'a9'],
    ]);
    expect(registrations[0]?.contacts).toEqual([
      {
        ...PLAIN,
        id: '92',
        expires: 3599,
        uri: 'sip:ua.example.com',
        callId: 'faif9a@ua.example.com',
        cseq: 23001,
        instance: 'urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
        pubGruu: 'sip:user_aor_1@example.net;gr=hha9s8d-999a',
        tempGruu: 'sip:8ffkas08af7fasklzi9@example.net;gr',
        tempGruuFirstCseq: 54301,
      },
    ]);
    expect(registrations[1]?.contacts[0]).toMatchObject({ event: 'created', tempGruu: null });
  });

  it('reads the first document of RFC 3680 §6: nobody is registered', () => {
    const text =
      '<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full"><registration aor="sip:joe@example.com" id="a7" state="init" /></reginfo>';
    expect(infoOf(text).registrations).toEqual([
      { aor: 'sip:joe@example.com', id: 'a7', state: 'init', contacts: [] },
    ]);
  });

  it.each([
    ['a quoted value', '"mms.ua,wml.ua"', 'mms.ua,wml.ua', true],
    ['no quotes', 'mms.ua', 'mms.ua', false],
    ['angle brackets without quotes', '&lt;x&gt;', '<x>', true],
    ['escapes', '"a\\"b"', 'a"b', true],
    ['separators', 'a;b', 'a;b', true],
    ['nothing', ' ', null, false],
    ['CDATA', '<![CDATA["a<b"]]>', 'a<b', true],
  ])('reads parameters with %s', (_name, text, value, quoted) => {
    expect(contactOf(contactWith(`<unknown-param name="+g.x">${text}</unknown-param>`))?.parameters).toEqual([
      { name: '+g.x', value, quoted },
    ]);
  });

  it('gives feature tags as a Contact has them', () => {
    const inside = '<unknown-param name="+g.oma.pusheventapp">"mms.ua,wml.ua"</unknown-param>';
    expect(announcedApplications(contactOf(contactWith(inside))?.parameters ?? [])).toEqual([
      'mms.ua',
      'wml.ua',
    ]);
  });

  it('takes every prefix and skips what it does not know', () => {
    const text = contactWith(
      `<x:uri xmlns:x="urn:other">sip:no</x:uri><g:new-gruu uri="sip:x"/><pub-gruu xmlns="urn:other" uri="sip:y"/>
      <g:temp-gruu uri="sip:t@b;gr" cseq="7"/><display-name xml:lang="en"> J\u00fcrgen &amp; Co </display-name>`,
    );
    expect(infoOf(text)).toMatchObject({ version: 3, state: 'partial' });
    expect(contactOf(text)).toEqual({
      ...PLAIN,
      id: '2',
      event: 'refreshed',
      uri: 'sip:a@b',
      displayName: 'J\u00fcrgen & Co',
      tempGruu: 'sip:t@b;gr',
      tempGruuFirstCseq: 7,
    });
  });

  it.each([
    ['another namespace', RFC_3680.replace(':reginfo"', ':other"'), 'no reginfo'],
    ['no namespace', RFC_3680.replace('xmlns="urn:ietf:params:xml:ns:reginfo"', ''), 'no reginfo'],
    ['another root', '<a xmlns="urn:ietf:params:xml:ns:reginfo"/>', 'no reginfo'],
    ['no version', RFC_3680.replace('version="0"', ''), 'version'],
    ['a negative version', RFC_3680.replace('version="0"', 'version="-1"'), 'version'],
    ['a version of 33 bits', RFC_3680.replace('version="0"', 'version="4294967296"'), 'version'],
    ['an unknown state', RFC_3680.replace('"full"', '"whole"'), 'reginfo has no valid state'],
    ['no AOR', RFC_3680.replace('aor=', 'a='), 'aor'],
    ['an AOR that is no URI', RFC_3680.replace('sip:user@example.com', 'user'), 'aor'],
    ['no id', RFC_3680.replace('id="as9"', ''), 'no id'],
    ['a registration in no state', RFC_3680.replace('"active"', '""'), 'registration has no valid state'],
    ['a contact without id', RFC_3680.replace('id="76"', ''), 'contact has no id'],
    ['a contact in no state', RFC_3680.replace('"terminated"', '"init"'), 'contact has no valid state'],
    ['a contact without event', RFC_3680.replace('event="expired"', ''), 'event'],
    ['a contact without URI', contactWith('', ''), 'URI'],
    ['a URI with a line break', contactWith('', '<uri>sip:a@b\nRoute: x</uri>'), 'URI'],
    ['an overlong URI', contactWith('', `<uri>sip:${'a'.repeat(9000)}</uri>`), 'URI'],
    ['a nameless parameter', contactWith('<unknown-param>a</unknown-param>'), 'unknown-param'],
    ['the same contact twice', RFC_3680.replace('"77"', '"76"'), 'same id'],
    ['the same registration twice', RFC_5628.replace('"a9"', '"a7"'), 'same id'],
    ['65 parameters', contactWith('<unknown-param name="a"/>'.repeat(65)), 'too many unknown-param'],
    [
      '501 registrations',
      `<reginfo xmlns="urn:ietf:params:xml:ns:reginfo" version="0" state="full">${'<registration/>'.repeat(501)}</reginfo>`,
      'too many registration',
    ],
    [
      '2001 contacts',
      formatRegInfo(documentOf(...Array.from({ length: 3 }, (_, at) => table(`${at}`, 667)))),
      'too many contacts',
    ],
    ['a DOCTYPE', RFC_3680.replace('<reginfo', '<!DOCTYPE reginfo><reginfo'), 'type declaration'],
    ['no XML', 'v=0', 'well-formed'],
  ])('refuses %s', (_name, text, reason) => {
    expect(parse(text)).toEqual({ kind: 'bad', reason: expect.stringContaining(reason) });
  });

  it('takes an optional number that is none as absent', () => {
    const text = RFC_5628.replace('"3599"', '"soon"').replace('"23001"', '"-5"').replace('"54301"', '"1e3"');
    expect(contactOf(text)).toMatchObject({ expires: null, cseq: null, tempGruuFirstCseq: null });
  });
});

describe('formatRegInfo', () => {
  it.each<[string, RegInfo]>([
    ['the sample of RFC 3680', infoOf(RFC_3680)],
    ['the sample of RFC 5628', infoOf(RFC_5628)],
    ['nothing', documentOf()],
    ['2,000 contacts', documentOf(table('a', 1000), table('b', 1000))],
    [
      'everything odd',
      documentOf({
        ...table('<&">', 0),
        contacts: [
          {
            ...PLAIN,
            id: '"\'\t\n<',
            event: 'a & b',
            expires: 0,
            uri: 'sip:%22&\'@[::1];x="'.replace('"', ''),
            displayName: ']]> <b>\ud83d\ude00</b> & \u20ac',
            callId: '<1&2>',
            cseq: 2 ** 31,
            instance: 'urn:uuid:x',
            parameters: [
              { name: 'mobile', value: null, quoted: false },
              { name: '+g.oma.pusheventapp', value: 'a,"b\\c"', quoted: true },
              { name: 'empty', value: '', quoted: true },
              { name: 'reg-id', value: '1', quoted: false },
              { name: '+g.x', value: '<string> & \u20ac', quoted: true },
            ],
          },
        ],
      }),
    ],
  ])('writes %s so that it reads back the same', (_name, info) => {
    expect(infoOf(formatRegInfo(info))).toEqual(info);
  });

  it('writes an instance as RFC 5628 does', () => {
    expect(formatRegInfo(infoOf(RFC_5628))).toContain(
      '<unknown-param name="+sip.instance">&quot;&lt;urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6&gt;&quot;</unknown-param>',
    );
  });
});

describe('any bytes', () => {
  it('are a result, and what is read reads back the same (fixed seed)', () => {
    const seeds = [RFC_3680, RFC_5628, contactWith('<unknown-param name="a">"b"</unknown-param>')];
    const pieces = [
      '<',
      '>',
      '"',
      "'",
      '&',
      '&#0;',
      '&amp;',
      '/',
      '=',
      '<!--',
      ']]>',
      '<![CDATA[',
      '<?x ?>',
      '',
    ];
    const more = [
      '<!DOCTYPE a>',
      '\0',
      '\u00ff',
      'xmlns=""',
      ' ',
      'a',
      ':',
      '9'.repeat(20),
      '</contact>',
      '<uri>',
    ];
    const alphabet = [...pieces, ...more];
    let state = 3680;
    const random = (below: number): number => {
      state = (state * 1103515245 + 12345) % 2147483648;
      return (state >> 8) % below;
    };
    let good = 0;
    for (let round = 0; round < 12_000; round++) {
      let text = seeds[round % seeds.length] ?? '';
      for (let edit = random(4); edit >= 0; edit--) {
        const at = random(text.length);
        text = text.slice(0, at) + (alphabet[random(alphabet.length)] ?? '') + text.slice(at + random(6));
      }
      const result = parseRegInfo(Buffer.from(text, round % 2 === 0 ? 'utf8' : 'latin1'));
      if (result.kind === 'bad') continue;
      good += 1;
      expect(infoOf(formatRegInfo(result.info))).toEqual(result.info);
    }
    expect(good).toBeGreaterThan(500);
  });
});

function documentOf(...registrations: RegInfo['registrations']): RegInfo {
  return { version: 0, state: 'full', registrations };
}

function table(id: string, count: number): RegInfo['registrations'][number] {
  const contacts = Array.from({ length: count }, (_, at) => ({ ...PLAIN, id: String(at) }));
  return { aor: 'sip:a@b', id, state: 'active', contacts };
}
