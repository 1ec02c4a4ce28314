import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { Chip, Fact } from '../components/ui.tsx';
import { EARLIER, Mono, MonoFact, NOT_YET, Section, SmallCopy } from './section.tsx';

/** Every address this terminal answers to, in full. */
export function Addresses({ terminal }: { readonly terminal: TerminalView }) {
  const { aor, displayName, instanceId, registration, lastRegistered } = terminal;
  const isEarlier = registration.kind !== 'registered' && lastRegistered !== null;
  const registered = registration.kind === 'registered' ? registration : lastRegistered;
  const missing = registered === null ? NOT_YET : 'the core gave none';
  const identities = registered?.details.identities ?? [];
  return (
    <Section title="Addresses" aside={isEarlier && EARLIER}>
      <dl>
        <MonoFact name="Address of record" what="address of record" text={aor} />
        <MonoFact
          name="Public GRUU"
          what="public GRUU"
          text={registered?.pubGruu ?? null}
          missing={missing}
        />
        <MonoFact
          name="Temporary GRUU"
          what="temporary GRUU"
          text={registered?.tempGruu ?? null}
          missing={missing}
        />
        <MonoFact name="Instance id" what="instance id" text={instanceId} />
        <Fact name="Identities">
          {identities.length === 0 ? (
            <span className="text-muted">{missing}</span>
          ) : (
            <ul aria-label="Identities">
              {identities.map((identity, index) => (
                <li key={identity} className="flex items-baseline gap-2">
                  <span className="min-w-0 flex-1">
                    <Mono text={identity} /> {index === 0 && <Chip tone="info">default</Chip>}
                  </span>
                  <SmallCopy text={identity} what={`identity ${index + 1}`} />
                </li>
              ))}
            </ul>
          )}
        </Fact>
        <Fact name="Display name">
          {displayName === null ? <span className="text-muted">none</span> : displayName}
        </Fact>
      </dl>
    </Section>
  );
}
