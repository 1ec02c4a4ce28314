import { type FormEvent, type Ref, useId, useState } from 'react';
import { callSchemas } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { attempt } from '../store/store.ts';

const NOTE = 'Application Resource Identifiers; Enter adds, and the core is told at once.';
const NOTE_WITHDRAWN =
  'Application Resource Identifiers; Enter adds. Push is withdrawn, so the core is told once it is offered again.';

/** Changes the list of applications a terminal serves; a refusal is a sentence. */
export type Served = {
  readonly problem: string | null;
  readonly busy: boolean;
  readonly setProblem: (sentence: string | null) => void;
  /** Whether it was taken. */
  readonly serve: (wanted: readonly string[]) => Promise<boolean>;
};

export function useServed(terminal: string): Served {
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const serve = async (wanted: readonly string[]): Promise<boolean> => {
    setBusy(true);
    const answer = await attempt('terminal.applications', { terminal, applications: [...wanted] });
    setBusy(false);
    setProblem(answer.kind === 'ok' ? null : answer.reason);
    return answer.kind === 'ok';
  };
  return { problem, busy, setProblem, serve };
}

type AddApplicationProps = {
  readonly applications: readonly string[];
  readonly served: Served;
  /** Push is withdrawn: the core is told nothing of them. */
  readonly withdrawn?: boolean;
  readonly input?: Ref<HTMLInputElement>;
};

/** The field that adds identifiers; the core is told at once. */
export function AddApplication({ applications, served, withdrawn = false, input }: AddApplicationProps) {
  const { problem, busy, setProblem, serve } = served;
  const [draft, setDraft] = useState('');
  const noteId = useId();
  const add = async (event: FormEvent) => {
    event.preventDefault();
    const added = [...new Set(draft.split(/[\s,]+/).filter((word) => word !== ''))];
    const wrong = problemOf(added, applications);
    if (wrong !== null) setProblem(wrong);
    else if (!busy && (await serve([...applications, ...added]))) setDraft('');
  };
  return (
    <>
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
    </>
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
