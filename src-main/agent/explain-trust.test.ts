import { describe, expect, it } from 'vitest';
import { readProfile, type TrustRule } from './profile.ts';
import { decideTrust, explainTrust } from './trust.ts';

function profileWith(rules: readonly Partial<TrustRule>[]) {
  const read = readProfile({
    name: 'bob',
    aor: 'sip:bob@push.test',
    core: 'sip:127.0.0.1',
    trust: { rules },
  });
  if (read.kind === 'bad') throw new Error(read.problems.join('\n'));
  return read.profile;
}

const rules = [
  { sender: '*@evil.test', decide: 'deny' },
  { application: 'mms.ua', type: 'image/*', decide: 'ask' },
  { sender: 'sip:psa@other.test', decide: 'allow' },
] as const;
const ask = (sender: string, application: string, type: string | null) => {
  const { decision, rule } = explainTrust({ identities: [sender], application }, type, profileWith(rules));
  return [decision.kind, rule];
};

describe('rules of trust', () => {
  it.each<[sender: string, application: string, type: string | null, kind: string, rule: number | null]>([
    ['sip:a@evil.test', 'mms.ua', 'image/png', 'deny', 0],
    ['sip:psa@push.test', 'urn:x-wap-application:MMS.ua', 'image/png', 'ask', 1],
    ['sip:psa@push.test', 'mms.ua', 'text/plain', 'allow', null],
    ['sip:psa@push.test', 'mms.ua', null, 'allow', null],
    ['sip:psa@other.test', 'wml.ua', 'text/plain', 'allow', 2],
    ['sip:b@other.test', 'wml.ua', 'text/plain', 'deny', null],
  ])('%s for %s with %s: %s', (sender, application, type, kind, rule) => {
    expect(ask(sender, application, type)).toEqual([kind, rule]);
  });

  it('the strictest of several types counts', () => {
    const identities = ['sip:psa@push.test'];
    const types = ['text/plain', 'image/png'];
    const question = { identities, application: 'mms.ua', types };
    expect(decideTrust(question, profileWith(rules)).kind).toBe('ask');
  });
});
