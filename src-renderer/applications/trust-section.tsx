import { useState } from 'react';
import type { Profile, TerminalView } from '../../src-main/ipc/contract.ts';
import { Section } from '../registration/section.tsx';
import { changeProfile } from './change-profile.ts';
import { RuleTable } from './rule-table.tsx';
import { TrustTrial } from './trust-trial.tsx';
import { TrustedSenders } from './trusted-senders.tsx';

type Trust = Profile['trust'];
/** Changes the trust of a profile; answers whether it was taken. */
export type ChangeTrust = (change: (trust: Trust) => Trust) => Promise<boolean>;

/** Who may push what: rules in their order, then the list of senders, and what they would decide. */
export function TrustSection({ terminal }: { readonly terminal: TerminalView }) {
  const [problem, setProblem] = useState<string | null>(null);
  const { trust } = terminal;
  const change: ChangeTrust = async (make) => {
    const wrong = await changeProfile(terminal.name, (profile) => ({
      ...profile,
      trust: make(profile.trust),
    }));
    setProblem(wrong);
    return wrong === null;
  };
  return (
    <Section
      title="Trust"
      aside={
        <span className="text-muted">the first rule that fits decides; without one, the senders below</span>
      }
    >
      <RuleTable terminal={terminal} change={change} />
      <p role="alert" className="break-words text-bad">
        {problem}
      </p>
      <TrustedSenders trust={trust} aor={terminal.aor} change={change} />
      <label className="mt-3 flex items-center gap-2 font-medium">
        <input
          type="checkbox"
          checked={trust.requireAssertedIdentity}
          onChange={(event) => {
            const { checked } = event.target;
            void change((before) => ({ ...before, requireAssertedIdentity: checked }));
          }}
        />
        Require an asserted identity
        <span className="font-normal text-muted">a push without P-Asserted-Identity gets 403</span>
      </label>
      <TrustTrial terminal={terminal} />
    </Section>
  );
}
