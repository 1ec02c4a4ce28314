import { describe, expect, it } from 'vitest';
import { decideFile, type FileQuestion } from './file-rules.ts';
import { readProfile } from './profile.ts';

const QUESTION: FileQuestion = {
  identities: ['sip:psa@push.test', 'tel:+15550100'],
  application: 'mms.ua',
  type: 'image/jpeg',
  bytes: 5000,
};
const ALLOWED = { kind: 'allow', rule: false } as const;

function filesWith(rules: readonly object[], decide = 'ask') {
  const read = readProfile({
    name: 'bob',
    aor: 'sip:bob@push.test',
    core: 'sip:127.0.0.1',
    files: { rules, decide },
  });
  if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
  return read.profile.files;
}

describe('decideFile', () => {
  it.each([
    ['no rule', {}, 'ask'],
    ['one that fits in all', { sender: '*@push.test', application: 'MMS.UA', type: 'image/*' }, 'accept'],
    ['any identity', { sender: 'tel:+15550100' }, 'accept'],
    ['another sender', { sender: '*@other.test' }, 'ask'],
    ['another application', { application: 'wml.ua' }, 'ask'],
    ['another type', { type: 'text/plain' }, 'ask'],
    ['both ends of a size', { minBytes: 5000, maxBytes: 5000 }, 'accept'],
    ['too large for it', { maxBytes: 4999 }, 'ask'],
    ['too small for it', { minBytes: 5001 }, 'ask'],
  ])('follows %s', (name, rule, decision) => {
    const rules = name === 'no rule' ? [] : [{ ...rule, decide: 'accept' }];
    expect(decideFile(QUESTION, filesWith(rules), ALLOWED)).toBe(decision);
  });

  it('takes the first rule that fits', () => {
    const files = filesWith([
      { type: 'text/*', decide: 'accept' },
      { maxBytes: 6000, decide: 'decline' },
      { decide: 'accept' },
    ]);
    expect(decideFile(QUESTION, files, ALLOWED)).toBe('decline');
    expect(decideFile({ ...QUESTION, bytes: 6001 }, files, ALLOWED)).toBe('accept');
  });

  it('knows no size where the offer names none, and no type', () => {
    const files = filesWith([
      { minBytes: 0, decide: 'accept' },
      { type: 'image/*', decide: 'accept' },
    ]);
    expect(decideFile({ ...QUESTION, bytes: null, type: null }, files, ALLOWED)).toBe('ask');
  });

  it('leaves it to a rule of trust where no rule about files fits', () => {
    const trusted = { kind: 'allow', rule: true } as const;
    expect(decideFile(QUESTION, filesWith([]), trusted)).toBe('accept');
    expect(decideFile(QUESTION, filesWith([{ decide: 'decline' }]), trusted)).toBe('decline');
  });

  it('accepts nothing unseen where a rule of trust asks', () => {
    const asks = { kind: 'ask', reason: 'A rule asks.' } as const;
    expect(decideFile(QUESTION, filesWith([{ decide: 'accept' }], 'accept'), asks)).toBe('ask');
    expect(decideFile(QUESTION, filesWith([{ decide: 'decline' }], 'accept'), asks)).toBe('decline');
  });

  it('refuses sizes the wrong way round', () => {
    expect(() => filesWith([{ minBytes: 2, maxBytes: 1, decide: 'ask' }])).toThrow(
      'must not have a minBytes larger than its maxBytes',
    );
  });
});
