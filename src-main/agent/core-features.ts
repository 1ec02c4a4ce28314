import type { CoreFeature, RegistrationState } from './events.ts';
import type { RegisterAnswer } from './register-answer.ts';

/** How the REGISTER was asked that an answer belongs to. */
export type AskedTerms = {
  /** `Require: pref` was in it, so the core took it. */
  readonly requirePref: boolean;
  /** It carried reg-id and `Supported: outbound`. */
  readonly outbound: boolean;
  readonly withdrawn: boolean;
  /** Digest algorithm of its credentials, or null when it had none. */
  readonly algorithm: string | null;
};

/** The state a 2xx to REGISTER puts the terminal in. `warnings` are those that hold whatever the core answers. */
export function registeredState(
  answer: RegisterAnswer,
  terms: AskedTerms,
  warnings: readonly string[],
): RegistrationState {
  const { outbound, flowTimer, path, serviceRoute, identities, server } = answer;
  const features = coreFeatures(answer, terms);
  return {
    kind: 'registered',
    expiresAt: new Date(Date.now() + answer.expires * 1000).toISOString(),
    pubGruu: answer.pubGruu,
    tempGruu: answer.tempGruu,
    bindings: answer.bindings,
    warnings: [...warnings, ...registrationWarnings(answer, terms)],
    withdrawn: terms.withdrawn,
    details: { outbound, flowTimer, path, serviceRoute, identities, server, features },
  };
}

/** What the core can do, as far as its 2xx to REGISTER tells. */
function coreFeatures(answer: RegisterAnswer, terms: AskedTerms): readonly CoreFeature[] {
  const list = (values: readonly string[]): string | null =>
    values.length === 0 ? null : `${values.length} ${values.length === 1 ? 'value' : 'values'}`;
  return [
    feature('Public GRUU', answer.pubGruu !== null, 'RFC 5627'),
    feature('Temporary GRUU', answer.tempGruu !== null, 'RFC 5627'),
    terms.withdrawn
      ? { name: 'Push tags repeated', state: 'unknown', note: 'push is withdrawn' }
      : feature('Push tags repeated', answer.repeatsTags, 'RFC 3840 §6'),
    terms.withdrawn
      ? { name: 'Require: pref', state: 'unknown', note: 'push is withdrawn' }
      : feature('Require: pref', terms.requirePref, terms.requirePref ? null : 'refused with 420'),
    terms.outbound
      ? feature('Outbound flow', answer.outbound, 'RFC 5626')
      : { name: 'Outbound flow', state: 'unknown', note: 'not asked for' },
    feature(
      'Flow-Timer',
      answer.flowTimer !== null,
      answer.flowTimer === null ? null : `${answer.flowTimer} s`,
    ),
    feature('Path', answer.path.length > 0 || answer.supported.includes('path'), list(answer.path)),
    feature('Service-Route', answer.serviceRoute.length > 0, list(answer.serviceRoute)),
    feature('Associated identities', answer.identities.length > 0, list(answer.identities)),
    feature('Digest sign-in', terms.algorithm !== null, terms.algorithm),
    {
      name: 'Security agreement',
      state: 'unknown',
      note: 'RFC 3329 is left out: Security-Verify needs IPsec, which is the system’s business; use TLS',
    },
  ];
}

/** What works less well than it could, in sentences for the user. */
function registrationWarnings(answer: RegisterAnswer, terms: AskedTerms): readonly string[] {
  return [
    ...(terms.requirePref || terms.withdrawn
      ? []
      : ['The core refuses Require: pref (420), so it may ignore the push tags.']),
    ...(answer.pubGruu === null
      ? ['The core gave no public GRUU, so no sender can choose this terminal alone.']
      : []),
    ...(answer.repeatsTags
      ? []
      : ['The core does not repeat the push tags, so it may send pushes for any application here.']),
  ];
}

function feature(name: string, has: boolean, note: string | null): CoreFeature {
  return { name, state: has ? 'yes' : 'no', note };
}
