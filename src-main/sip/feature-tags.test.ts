import { describe, expect, it } from 'vitest';
import {
  announcedApplications,
  applicationKey,
  formatIcsiTag,
  formatPushTag,
  parseContactPreferences,
  pushApplications,
  sameApplication,
  serviceReferences,
} from './feature-tags.ts';
import { parseNameAddr } from './name-addr.ts';

describe('pushApplications', () => {
  it.each([
    ['plain', ['*;+g.oma.pusheventapp="mms.ua"'], ['mms.ua']],
    ['several', ['*;+g.oma.pusheventapp="mms.ua,wml.ua";require'], ['mms.ua', 'wml.ua']],
    ['three p (X-01)', ['*;+g.oma.pusheventappp="mms.ua"'], ['mms.ua']],
    ['any case', ['*;+G.OMA.PushEventApp="mms.ua"'], ['mms.ua']],
    ['no star (X-38)', ['+g.oma.pusheventapp="mms.ua"'], ['mms.ua']],
    [
      'second value after a comma (X-38)',
      ['*;+g.3gpp.icsi_ref="urn%3Aurn-7",+g.oma.pusheventapp="mms.ua"'],
      ['mms.ua'],
    ],
    ['second header', ['*;audio', '*;+g.oma.pusheventapp="mms.ua"'], ['mms.ua']],
    ['curly end quote in latin1 (X-38)', ['*;+g.oma.pusheventapp="mms.ua\u00e2\u0080\u009d'], ['mms.ua']],
    ['curly quotes in Unicode', ['*;+g.oma.pusheventapp=\u201cmms.ua\u201d;require'], ['mms.ua']],
    ['spaces (X-38)', ['*;+g.oma.pusheventapp=" mms.ua , wml.ua"'], ['mms.ua', 'wml.ua']],
    ['space after the plus (X-38)', ['*;+ g.oma.pusheventapp="mms.ua"'], ['mms.ua']],
    [
      'long form, twice (X-43)',
      ['*;+g.oma.pusheventapp="x-wap-application:mms.ua,mms.ua"'],
      ['x-wap-application:mms.ua'],
    ],
    ['unquoted', ['*;+g.oma.pusheventapp=mms.ua'], ['mms.ua']],
    ['OMA characters (X-42)', ['*;+g.oma.pusheventapp="urn:a/b!c#<d>"'], ['urn:a/b!c#<d>']],
    ['empty', ['*;+g.oma.pusheventapp=""'], []],
    ['no tag', ['*;+g.other="x"'], []],
    ['torn value', ['*;+g.oma.pusheventapp="mms.ua'], []],
    ['none', [], []],
  ] as const)('%s', (_name, values, expected) => {
    expect(pushApplications(values)).toEqual(expected);
  });
});

describe('application names', () => {
  it.each([
    ['mms.ua', 'x-wap-application:mms.ua', true],
    ['urn:x-wap-application:MMS.ua', 'mms.ua', true],
    ['mms.ua', 'wml.ua', false],
  ])('%s and %s: %s (X-43)', (a, b, expected) => {
    expect(sameApplication(a, b)).toBe(expected);
    expect(applicationKey(a) === applicationKey(b)).toBe(expected);
  });

  it('are written as one quoted list and read back from a Contact', () => {
    const tag = formatPushTag(['mms.ua', 'wml.ua']);
    expect(tag).toBe('+g.oma.pusheventapp="mms.ua,wml.ua"');
    expect(announcedApplications(parseNameAddr(`<sip:a@b>;${tag}`)?.parameters ?? [])).toEqual([
      'mms.ua',
      'wml.ua',
    ]);
  });
});

describe('parseContactPreferences', () => {
  it('tells flags from features', () => {
    const [one, two] = parseContactPreferences([
      '*;audio;require;+g.x="a", *;explicit;methods="MESSAGE,INVITE"',
    ]);
    expect(one).toMatchObject({ require: true, explicit: false });
    expect(one?.features.map(({ name, value }) => [name, value])).toEqual([
      ['audio', null],
      ['+g.x', 'a'],
    ]);
    expect(two).toMatchObject({ require: false, explicit: true });
  });
});

describe('serviceReferences (X-39)', () => {
  const urn = 'urn:urn-7:3gpp-service.ims.icsi.oma.push';
  it.each([
    [`+g.3gpp.icsi-ref="${encodeURIComponent(urn)}"`, [urn], []],
    [`+g.3gpp.icsi_ref="${encodeURIComponent(urn)}"`, [urn], []],
    [`+g.ims.app_ref="<${urn}>"`, [urn], []],
    ['+g.oma.lcsi.sip-push', ['+g.oma.lcsi.sip-push'], []],
    ['+g.oma.iari.syncml', [], ['+g.oma.iari.syncml']],
    ['+g.3gpp.iari-ref="urn%3Aa,urn%3Ab"', [], ['urn:a', 'urn:b']],
    ['+g.3gpp.icsi-ref="%ZZ"', ['%ZZ'], []],
  ])('%s', (tag, icsi, iari) => {
    const [preference] = parseContactPreferences([`*;${tag}`]);
    expect(serviceReferences(preference?.features ?? [])).toEqual({ icsi, iari });
  });

  it('are written with a hyphen and escapes', () => {
    expect(formatIcsiTag(['urn:urn-7:x'])).toBe('+g.3gpp.icsi-ref="urn%3Aurn-7%3Ax"');
  });
});
