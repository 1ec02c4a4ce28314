import { describe, expect, it } from 'vitest';
import { profileSchema } from './profile.ts';
import { decideTrust } from './trust.ts';

type Rules = readonly {
  sender?: string;
  application?: string;
  type?: string;
  decide: 'allow' | 'ask' | 'deny';
}[];

function decide(
  rules: Rules,
  question: { identities?: readonly string[]; application?: string; types?: readonly string[] } = {},
  senders?: readonly string[],
) {
  const profile = profileSchema.parse({
    name: 'bob',
    aor: 'sip:bob@push.test',
    core: 'sip:push.test',
    trust: { rules, ...(senders === undefined ? {} : { senders }) },
  });
  const asked = {
    identities: ['sip:psa@push.test'],
    application: 'mms.ua',
    types: ['text/plain'],
    ...question,
  };
  return decideTrust(asked, profile);
}

describe('decideTrust (ALL-SEC-07)', () => {
  it.each<[string, Rules, Parameters<typeof decide>[1], string, boolean | null]>([
    ['without rules: the AOR’s own domain is trusted', [], {}, 'allow', false],
    ['without rules: nobody else is', [], { identities: ['sip:x@other.test'] }, 'deny', null],
    ['the first rule that fits wins', [{ decide: 'ask' }, { decide: 'deny' }], {}, 'ask', null],
    [
      'a rule for another sender does not fit',
      [{ sender: '*@other.test', decide: 'deny' }],
      {},
      'allow',
      false,
    ],
    [
      'a rule for another application neither',
      [{ application: 'dm.ua', decide: 'deny' }],
      {},
      'allow',
      false,
    ],
    [
      'an application in any of its forms',
      [{ application: 'x-wap-application:MMS.ua', decide: 'ask' }],
      {},
      'ask',
      null,
    ],
    ['a type by family', [{ type: 'text/*', decide: 'deny' }], {}, 'deny', null],
    [
      'a rule for a type does not fit an empty push',
      [{ type: 'text/*', decide: 'deny' }],
      { types: [] },
      'allow',
      false,
    ],
    [
      'of several types the strictest',
      [{ type: 'image/png', decide: 'deny' }],
      { types: ['text/plain', 'image/png'] },
      'deny',
      null,
    ],
    [
      'a rule allows whom the list does not know',
      [{ sender: 'sip:x@other.test', decide: 'allow' }],
      { identities: ['sip:x@other.test'] },
      'allow',
      true,
    ],
    [
      'one of several identities is enough (X-09)',
      [{ sender: 'tel:+15551234', decide: 'ask' }],
      { identities: ['sip:psa@push.test', 'tel:+15551234'] },
      'ask',
      null,
    ],
    [
      'allowed by rule only if every type is',
      [{ type: 'text/plain', decide: 'allow' }],
      { types: ['text/plain', 'image/png'] },
      'allow',
      false,
    ],
  ])('%s', (_name, rules, question, kind, rule) => {
    const decision = decide(rules, question);
    expect(decision.kind).toBe(kind);
    if (decision.kind === 'allow') expect(decision.rule).toBe(rule);
    else expect(decision.reason).toMatch(/^(A rule of the profile|sip:x@other\.test is not)/);
  });
});

it('remembers decisions for the same question alone', () => {
  const profile = profileSchema.parse({
    name: 'bob',
    aor: 'sip:bob@push.test',
    core: 'sip:push.test',
    trust: { rules: [{ type: 'application/x-evil', decide: 'deny' }] },
  });
  const asked = { identities: ['sip:psa@push.test'], application: 'mms.ua' };
  const kinds = [
    ['text/plain\napplication/x-evil'],
    ['text/plain', 'application/x-evil'],
    ['text/plain'],
  ].map((types) => decideTrust({ ...asked, types }, profile).kind);
  expect(kinds).toEqual(['allow', 'deny', 'allow']);
});
