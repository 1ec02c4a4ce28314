import { X } from 'lucide-react';
import { type FormEvent, useId, useRef, useState } from 'react';
import { callSchemas } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { attempt } from '../store/store.ts';
import { Section } from './section.tsx';

const NOTE = 'Application Resource Identifiers; Enter adds, and the core is told at once.';
const NOTE_WITHDRAWN =
  'Application Resource Identifiers; Enter adds. Push is withdrawn, so the core is told once it is offered again.';

type ApplicationsProps = {
  readonly terminal: string;
  readonly applications: readonly string[];
  /** Push is withdrawn: the core is told nothing of them. */
  readonly withdrawn?: boolean;
};

/** The Application Resource Identifiers served; a change is registered at once. */
export function Applications({ terminal, applications, withdrawn = false }: ApplicationsProps) {
  const [draft, setDraft] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const noteId = useId();
  const last = applications.length === 1;

  const serve = async (wanted: readonly string[]): Promise<boolean> => {
    setBusy(true);
    const answer = await attempt('terminal.applications', { terminal, applications: [...wanted] });
    setBusy(false);
    setProblem(answer.kind === 'ok' ? null : answer.reason);
    return answer.kind === 'ok';
  };
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const added = [...new Set(draft.split(/[\s,]+/).filter((word) => word !== ''))];
    const wrong = problemOf(added, applications);
    if (wrong !== null) setProblem(wrong);
    else if (!busy && (await serve([...applications, ...added]))) setDraft('');
  };
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
      <form className="flex gap-2" aria-busy={busy} onSubmit={(event) => void add(event)}>
        <input
          ref={input}
          aria-label="Add an application"
          aria-describedby={noteId}
          {...(problem === null ? {} : { 'aria-invalid': true })}
          className="field mono min-w-0 flex-1"
          placeholder="e.g. mms.ua"
          value={draft}
          onChange={(event) => {
            setDraft(event.target.value);
            setProblem(null);
          }}
        />
        <Button type="submit" disabled={draft.trim() === ''}>
          Add
        </Button>
      </form>
      <p
        id={noteId}
        aria-live="polite"
        className={problem === null ? 'mt-1 text-muted' : 'mt-1 break-words text-bad'}
      >
        {problem ?? (withdrawn ? NOTE_WITHDRAWN : NOTE)}
      </p>
    </Section>
  );
}

/** What is wrong with identifiers to be added, in words for the user; null if nothing. */
function problemOf(added: readonly string[], served: readonly string[]): string | null {
  if (added.length === 0) return 'Type an Application Resource Identifier such as mms.ua.';
  const known = added.find((one) => served.includes(one));
  if (known !== undefined) return `${known} is served already.`;
  // One by one, so that the words name the one that is wrong.
  const { applications: schema } = callSchemas['terminal.applications'].shape;
  for (const one of added) {
    const parsed = schema.safeParse([one]);
    if (!parsed.success)
      return `“${one}” ${parsed.error.issues[0]?.message ?? 'is no identifier'}: plain ASCII without quotation marks.`;
  }
  return null;
}
