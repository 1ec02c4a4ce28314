import { type FormEvent, useEffect, useMemo, useRef, useState } from 'react';
import type { Profile } from '../../src-main/ipc/contract.ts';
import { useFocusReturn } from '../components/focus.ts';
import { Button } from '../components/ui.tsx';
import { type Form, FormContext } from './form-context.ts';
import { FormDialog } from './form-dialog.tsx';
import { checkValues, type Problems, stillMissing } from './problems.ts';
import { SectionList } from './section-list.tsx';
import { SECTIONS } from './sections.tsx';
import { NEW_VALUES, type Values, valuesOf } from './values.ts';

/** What the form is for: a new terminal, perhaps from a profile or as a copy of one that is there, or that one itself. */
export type ProfileTarget =
  | { readonly kind: 'new'; readonly profile?: Profile }
  | { readonly kind: 'edit' | 'copy'; readonly terminal: string };

type ProfileFormProps = { readonly target: ProfileTarget; readonly close: () => void };

/** The form of a profile, checked by the profile's own schema. */
export function ProfileForm({ target, close }: ProfileFormProps) {
  useFocusReturn();
  if (target.kind !== 'new') return <FormOfTerminal {...target} close={close} />;
  const first = target.profile === undefined ? NEW_VALUES : valuesOf(target.profile);
  return <Editor isNew title="Connect to a core" saved={NEW_VALUES} first={first} close={close} />;
}

type FormOfTerminalProps = {
  readonly kind: 'edit' | 'copy';
  readonly terminal: string;
  readonly close: () => void;
};

function FormOfTerminal({ kind, terminal, close }: FormOfTerminalProps) {
  const [profile, setProfile] = useState<Profile | null>(null);
  const [failure, setFailure] = useState<string | null>(null);
  useEffect(() => {
    window.pushTerminal.call('terminal.profile', { terminal }).then(setProfile, (error: unknown) => {
      setFailure(sentenceOf(error));
    });
  }, [terminal]);
  const title = kind === 'edit' ? `Edit ${terminal}` : `Duplicate ${terminal}`;
  if (profile === null) {
    return (
      <FormDialog title={title} leave={close}>
        <p role="status" className={failure === null ? 'p-5 text-muted' : 'p-5 text-bad'}>
          {failure ?? 'Reading the profile…'}
        </p>
      </FormDialog>
    );
  }
  const own = valuesOf(profile);
  // Another terminal of the same user: what only one can have is left open.
  const values = kind === 'edit' ? own : { ...own, name: '', instanceId: '', 'msrp.port': '0' };
  return <Editor isNew={kind === 'copy'} title={title} saved={values} first={values} close={close} />;
}

type EditorProps = {
  readonly isNew: boolean;
  readonly title: string;
  /** What is kept already: leaving with anything else loses it. */
  readonly saved: Values;
  readonly first: Values;
  readonly close: () => void;
};

function Editor({ isNew, title, saved, first, close }: EditorProps) {
  const [values, setValues] = useState(first);
  const [imported, setImported] = useState<Imported>(NOTHING_IMPORTED);
  /** Problems are shown from the first try on, and then go away as they are mended. */
  const [tried, setTried] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const [asking, setAsking] = useState(false);
  const [current, setCurrent] = useState(SECTIONS[0]?.title ?? '');
  const form = useRef<HTMLFormElement>(null);
  const focusFirstProblem = useFocusOnDemand(form);
  const scrolledFor = useRef<string | null>(null);

  useEffect(() => {
    form.current?.querySelector<HTMLElement>('input:not([readonly])')?.focus();
  }, []);

  const problems = useMemo(
    () => (tried ? problemsOf(values, imported.missing) : stillMissing(imported.missing, values)),
    [tried, values, imported],
  );
  const context = useMemo<Form>(
    () => ({
      values,
      problems,
      change: (change) => setValues((before) => ({ ...before, ...change })),
      fail: setFailure,
    }),
    [values, problems],
  );

  const leave = () => {
    if (asking) setAsking(false);
    else if (isSame(values, saved)) close();
    else setAsking(true);
  };

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setTried(true);
    setFailure(null);
    const checked = checkValues(values);
    if (checked.kind === 'bad' || stillMissing(imported.missing, values).size > 0) {
      focusFirstProblem();
      return;
    }
    setBusy(true);
    try {
      await window.pushTerminal.call(isNew ? 'terminal.add' : 'terminal.update', checked.profile);
      close();
    } catch (error) {
      setFailure(sentenceOf(error));
    } finally {
      setBusy(false);
    }
  };

  const importFile = async () => {
    setFailure(null);
    try {
      const read = await window.pushTerminal.call('profile.import');
      if (read.kind === 'cancelled') return;
      if (read.kind === 'bad') {
        setImported({ ...NOTHING_IMPORTED, problems: read.problems });
        return;
      }
      setValues(valuesOf(read.profile));
      setImported({ problems: [], missing: read.missing });
      setTried(false);
      if (read.missing.length > 0) focusFirstProblem();
    } catch (error) {
      setFailure(sentenceOf(error));
    }
  };

  const showSection = (section: string) => {
    setCurrent(section);
    scrolledFor.current = section;
    const found = form.current?.querySelector<HTMLElement>(`[data-section="${section}"]`);
    found?.scrollIntoView?.({ block: 'start' });
    found?.focus({ preventScroll: true });
  };

  const followScroll = (scrolled: HTMLElement) => {
    // The last sections cannot come to the top, so what was chosen stays chosen.
    if (scrolledFor.current === null) setCurrent(sectionAt(scrolled));
    scrolledFor.current = null;
  };

  return (
    <FormDialog title={title} leave={leave}>
      <FormContext value={context}>
        <form
          ref={form}
          className="flex min-h-0 flex-1 flex-col"
          noValidate
          onSubmit={(event) => void submit(event)}
        >
          <div className="flex min-h-0 flex-1">
            <SectionList current={current} problems={problems} show={showSection} />
            <div
              className="relative min-w-0 flex-1 overflow-y-auto px-6 py-4"
              onScroll={(event) => followScroll(event.currentTarget)}
            >
              <ImportProblems problems={imported.problems} />
              {SECTIONS.map((section) => (
                <fieldset
                  key={section.title}
                  data-section={section.title}
                  tabIndex={-1}
                  className="mb-7 min-w-0 scroll-mt-4 outline-none"
                >
                  <legend className="mb-3 w-full border-line border-b pb-1 font-semibold text-[14px]">
                    {section.title}
                  </legend>
                  <div className="flex flex-col gap-3">{section.content({ isNew })}</div>
                </fieldset>
              ))}
            </div>
          </div>
          <div className="flex min-h-14 shrink-0 items-center gap-2 border-line border-t px-5 py-3">
            {asking ? (
              <DiscardQuestion keep={() => setAsking(false)} discard={close} />
            ) : (
              <>
                {isNew && <Button onClick={() => void importFile()}>Import…</Button>}
                <p role="alert" className="min-w-0 flex-1 break-words text-bad">
                  {failure ?? summaryOf(problems)}
                </p>
                <Button onClick={leave}>Cancel</Button>
                <Button look="main" type="submit" disabled={busy}>
                  {isNew ? 'Add and register' : 'Save'}
                </Button>
              </>
            )}
          </div>
        </form>
      </FormContext>
    </FormDialog>
  );
}

/** What an imported file left to say: why it is none, or which secrets it leaves out. */
type Imported = { readonly problems: readonly string[]; readonly missing: readonly string[] };
const NOTHING_IMPORTED: Imported = { problems: [], missing: [] };

function ImportProblems({ problems }: { readonly problems: readonly string[] }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (problems.length > 0) box.current?.scrollIntoView?.({ block: 'nearest' });
  }, [problems]);
  if (problems.length === 0) return null;
  return (
    <div ref={box} role="alert" className="mb-5 scroll-mt-4 rounded-lg bg-bad-soft p-3 text-bad">
      <p className="font-medium">The file was not imported; nothing here has changed.</p>
      <ul className="mt-1 list-disc pl-5">
        {problems.map((problem) => (
          <li key={problem} className="break-words">
            {problem}
          </li>
        ))}
      </ul>
    </div>
  );
}

type DiscardQuestionProps = { readonly keep: () => void; readonly discard: () => void };

function DiscardQuestion({ keep, discard }: DiscardQuestionProps) {
  const keepButton = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    keepButton.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <div role="alertdialog" aria-label="Discard changes?" className="flex flex-1 items-center gap-2">
      <p className="flex-1 font-medium">Discard changes?</p>
      <button
        ref={keepButton}
        type="button"
        className="rounded-lg border border-line bg-raised px-3 py-1.5 hover:bg-quiet-soft"
        onClick={keep}
      >
        Keep editing
      </button>
      <Button look="danger" onClick={discard}>
        Discard
      </Button>
    </div>
  );
}

/** Moves to the first field that has a problem, once what was just found is on the screen. */
function useFocusOnDemand(form: { readonly current: HTMLFormElement | null }): () => void {
  const [demands, setDemands] = useState(0);
  useEffect(() => {
    if (demands === 0) return;
    const first = form.current?.querySelector<HTMLElement>('[aria-invalid="true"]');
    first?.scrollIntoView?.({ block: 'center' });
    first?.focus({ preventScroll: true });
  }, [demands, form]);
  return () => setDemands((before) => before + 1);
}

function problemsOf(values: Values, missing: readonly string[]): Problems {
  const checked = checkValues(values);
  return new Map([
    ...(checked.kind === 'bad' ? checked.problems : []),
    // Last, so that it stands before what the schema says of an empty key.
    ...stillMissing(missing, values),
  ]);
}

function summaryOf({ size }: Problems): string {
  if (size === 0) return '';
  return size === 1 ? '1 setting needs attention' : `${size} settings need attention`;
}

/** The section that stands at the upper edge. */
function sectionAt(scrolled: HTMLElement): string {
  const sections = [...scrolled.querySelectorAll<HTMLElement>('[data-section]')];
  const passed = sections.filter((section) => section.offsetTop <= scrolled.scrollTop + 40);
  return (passed.at(-1) ?? sections[0])?.dataset['section'] ?? '';
}

function isSame(values: Values, saved: Values): boolean {
  return JSON.stringify(values) === JSON.stringify({ ...values, ...saved });
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
