import { describe, expect, it } from 'vitest';
import { parseContactPreferences } from '../../sip/feature-tags.ts';
import { parseNameAddr } from '../../sip/name-addr.ts';
import { acceptsContact, rejectsContact } from './contact-matching.ts';

const parameters = (text: string) => parseNameAddr(`<sip:a@b>${text}`)?.parameters ?? [];

describe('acceptsContact', () => {
  it.each([
    ['no preference', [], ';audio', true],
    ['same application', ['*;+g.oma.pusheventapp="mms.ua"'], ';+g.oma.pusheventapp="wml.ua,mms.ua"', true],
    [
      'long form (X-43)',
      ['*;+g.oma.pusheventapp="MMS.ua"'],
      ';+g.oma.pusheventapp="x-wap-application:mms.ua"',
      true,
    ],
    ['three p (X-01)', ['*;+g.oma.pusheventappp="mms.ua"'], ';+g.oma.pusheventapp="mms.ua"', true],
    ['another application', ['*;+g.oma.pusheventapp="mms.ua"'], ';+g.oma.pusheventapp="wml.ua"', false],
    ['withdrawn from push (X-05)', ['*;+g.oma.pusheventapp="mms.ua"'], '', false],
    ['unknown feature', ['*;+g.x="a"'], '', true],
    ['other value without require', ['*;+g.x="a"'], ';+g.x="b"', true],
    ['other value with require', ['*;+g.x="a";require'], ';+g.x="b"', false],
    ['silent contact with require', ['*;+g.x="a";require'], '', true],
    ['silent contact with require and explicit', ['*;+g.x="a";require;explicit'], '', false],
    ['same value with require and explicit', ['*;+g.x="A";require;explicit'], ';+g.x="b,a"', true],
    ['boolean feature', ['*;audio;require;explicit'], ';audio', true],
    ['boolean feature denied', ['*;audio;require'], ';audio="FALSE"', false],
    ['negated value', ['*;+g.x="!a";require'], ';+g.x="a"', false],
    [
      'two values, one fails',
      ['*;+g.oma.pusheventapp="mms.ua"', '*;audio;require;explicit'],
      ';+g.oma.pusheventapp="mms.ua"',
      false,
    ],
  ] as const)('%s', (_name, values, contact, expected) => {
    expect(acceptsContact(parseContactPreferences(values), parameters(contact))).toBe(expected);
  });
});

describe('rejectsContact', () => {
  it.each([
    ['all features', '*;audio;+g.x="a"', ';audio;+g.x="a"', true],
    ['one is missing', '*;audio;+g.x="a"', ';audio', false],
    ['no feature', '*', ';audio', false],
  ])('%s', (_name, value, contact, expected) => {
    expect(rejectsContact(parseContactPreferences([value]), parameters(contact))).toBe(expected);
  });
});
