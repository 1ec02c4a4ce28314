import { describe, expect, it } from 'vitest';
import { type AskedTerms, registeredState } from './core-features.ts';
import type { RegisterAnswer } from './register-answer.ts';

const ANSWER: RegisterAnswer = {
  expires: 600,
  pubGruu: 'sip:bob@push.test;gr=urn:uuid:1',
  tempGruu: null,
  bindings: [],
  repeatsTags: true,
  outbound: true,
  flowTimer: null,
  path: [],
  serviceRoute: [],
  identities: [],
  server: null,
  supported: [],
};
const ASKED: AskedTerms = { requirePref: true, outbound: true, withdrawn: false, algorithm: null };

/** What the answer says of Require: pref, and the warnings. */
function judged(terms: AskedTerms) {
  const state = registeredState(ANSWER, terms, []);
  if (state.kind !== 'registered') throw new Error(state.kind);
  const feature = state.details.features.find(({ name }) => name === 'Require: pref');
  return { state: feature?.state, note: feature?.note, warnings: state.warnings.length };
}

describe('registeredState', () => {
  it('tells a Require: pref that was refused from one that was not sent', () => {
    expect(judged(ASKED)).toEqual({ state: 'yes', note: null, warnings: 0 });
    const refused = { ...ASKED, requirePref: false };
    expect(judged(refused)).toEqual({ state: 'no', note: 'refused with 420', warnings: 1 });
    const withdrawn = { ...refused, withdrawn: true };
    expect(judged(withdrawn)).toEqual({ state: 'unknown', note: 'push is withdrawn', warnings: 0 });
  });
});
