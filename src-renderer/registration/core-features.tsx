import type { CoreFeature, TerminalView } from '../../src-main/ipc/contract.ts';
import { Chip, type Tone } from '../components/ui.tsx';
import { EARLIER, Section } from './section.tsx';

const TONES: Readonly<Record<CoreFeature['state'], Tone>> = { yes: 'ok', no: 'quiet', unknown: 'quiet' };

/** What the core's answers tell of its abilities. */
export function CoreFeatures({ terminal }: { readonly terminal: TerminalView }) {
  const { registration, lastRegistered } = terminal;
  const isEarlier = registration.kind !== 'registered' && lastRegistered !== null;
  const features =
    (registration.kind === 'registered' ? registration : lastRegistered)?.details.features ?? [];
  return (
    <Section title="What the core supports" aside={isEarlier && EARLIER}>
      {features.length === 0 ? (
        <p className="text-muted">
          {registration.kind === 'registered'
            ? 'Its answer tells nothing.'
            : 'Its answer to REGISTER will tell.'}
        </p>
      ) : (
        <ul aria-label="Features of the core" className="flex flex-col gap-0.5">
          {features.map(({ name, state, note }) => (
            <li key={name} className="flex items-baseline gap-2">
              <span className="w-[62px] shrink-0">
                <Chip tone={TONES[state]}>{state}</Chip>
              </span>
              <span className="min-w-0 flex-1 break-words">
                {name}
                {note !== null && <span className="text-muted"> · {note}</span>}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
