import { X } from 'lucide-react';
import { useRef } from 'react';
import { AddApplication, useServed } from './add-application.tsx';
import { Section } from './section.tsx';

type ApplicationsProps = {
  readonly terminal: string;
  readonly applications: readonly string[];
  /** Push is withdrawn: the core is told nothing of them. */
  readonly withdrawn?: boolean;
};

/** The Application Resource Identifiers served; a change is registered at once. */
export function Applications({ terminal, applications, withdrawn = false }: ApplicationsProps) {
  const served = useServed(terminal);
  const { busy, serve } = served;
  const input = useRef<HTMLInputElement>(null);
  const last = applications.length === 1;

  const remove = async (application: string) => {
    if (last || busy) return;
    // The button goes with its chip; the focus must stay nearby.
    input.current?.focus();
    await serve(applications.filter((one) => one !== application));
  };

  return (
    <Section title="Applications">
      <ul aria-label="Applications" className="mb-2 flex flex-wrap gap-1.5">
        {applications.map((application) => (
          <li
            key={application}
            className="flex min-w-0 items-center gap-1 rounded-md bg-info-soft py-0.5 pr-0.5 pl-2 text-info"
          >
            <span className="mono min-w-0 select-text break-all">{application}</span>
            <button
              type="button"
              aria-label={`Remove ${application}`}
              title={
                last
                  ? 'At least one application must stay; add another one first.'
                  : `Stop serving ${application}`
              }
              disabled={last}
              className="rounded p-0.5 hover:bg-raised disabled:opacity-40"
              onClick={() => void remove(application)}
            >
              <X aria-hidden size={13} />
            </button>
          </li>
        ))}
      </ul>
      <AddApplication applications={applications} served={served} withdrawn={withdrawn} input={input} />
    </Section>
  );
}
