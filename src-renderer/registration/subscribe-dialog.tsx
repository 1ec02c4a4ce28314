import { type FormEvent, useState } from 'react';
import { subscriptionSchema, type TerminalView } from '../../src-main/ipc/contract.ts';
import { useFocusReturn } from '../components/focus.ts';
import { Labelled } from '../components/labelled.tsx';
import { Modal } from '../components/modal.tsx';
import { Button } from '../components/ui.tsx';
import { attempt, useStore } from '../store/store.ts';

type Draft = {
  readonly event: string;
  readonly target: string;
  readonly application: string;
  readonly expires: string;
  readonly accept: string;
};

type DialogProps = { readonly terminal: TerminalView; readonly close: () => void };

/** Starts a subscription by hand: any package, anybody, for as long as wanted. */
export function SubscribeDialog({ terminal, close }: DialogProps) {
  useFocusReturn();
  const sandbox = useStore((state) => state.app?.sandbox);
  const [draft, setDraft] = useState<Draft>(() => ({
    event: 'ua-profile',
    // The sandbox has no rule that leads the user's own address to its sender.
    target: sandbox?.kind === 'running' && isOf(terminal, sandbox.domain) ? sandbox.sender : '',
    application: terminal.applications[0] ?? '',
    expires: '',
    accept: '',
  }));
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const set = (change: Partial<Draft>) => {
    setDraft((before) => ({ ...before, ...change }));
    setProblem(null);
  };
  const start = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    const read = readDraft(draft);
    if (typeof read === 'string') {
      setProblem(read);
      return;
    }
    setBusy(true);
    const answer = await attempt('subscription.start', { terminal: terminal.name, ...read });
    setBusy(false);
    if (answer.kind === 'ok') close();
    else setProblem(answer.reason);
  };
  return (
    <Modal title="Subscribe" close={close}>
      <form className="flex flex-col gap-3.5" noValidate onSubmit={(event) => void start(event)}>
        <Labelled
          label="Event package"
          hint="with parameters if wanted, after semicolons; those of ua-profile are filled in"
        >
          {(id, hint) => (
            <input
              id={id}
              aria-describedby={hint}
              className="field mono"
              spellCheck={false}
              autoComplete="off"
              value={draft.event}
              onChange={(event) => set({ event: event.target.value })}
            />
          )}
        </Labelled>
        <Labelled label="With" hint={`who is asked; empty: ${terminal.aor}, the terminal’s own address`}>
          {(id, hint) => (
            <input
              id={id}
              aria-describedby={hint}
              className="field mono"
              spellCheck={false}
              autoComplete="off"
              placeholder={terminal.aor}
              value={draft.target}
              onChange={(event) => set({ target: event.target.value })}
            />
          )}
        </Labelled>
        <Labelled
          label="Application"
          hint="whose pushes the NOTIFYs are; without one they are only shown here"
        >
          {(id, hint) => (
            <select
              id={id}
              aria-describedby={hint}
              className="field"
              value={draft.application}
              onChange={(event) => set({ application: event.target.value })}
            >
              {terminal.applications.map((one) => (
                <option key={one} value={one}>
                  {one}
                </option>
              ))}
              <option value="">none</option>
            </select>
          )}
        </Labelled>
        <Labelled label="Expires" hint="seconds; 0 asks once; empty: what is usual for the package">
          {(id, hint) => (
            <input
              id={id}
              aria-describedby={hint}
              className="field w-40!"
              inputMode="numeric"
              autoComplete="off"
              value={draft.expires}
              onChange={(event) => set({ expires: event.target.value })}
            />
          )}
        </Labelled>
        <Labelled label="Accept" hint="media types, one a line; empty: what the profile takes">
          {(id, hint) => (
            <textarea
              id={id}
              aria-describedby={hint}
              className="field mono min-h-14"
              rows={2}
              spellCheck={false}
              value={draft.accept}
              onChange={(event) => set({ accept: event.target.value })}
            />
          )}
        </Labelled>
        {problem !== null && (
          <p role="alert" className="break-words text-bad">
            {problem}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="main" disabled={busy}>
            Subscribe
          </Button>
        </div>
      </form>
    </Modal>
  );
}

const NAMES: Readonly<Record<string, string>> = {
  event: 'The event package',
  target: 'Who is asked',
  application: 'The application',
  expires: 'Expires',
  accept: 'Accept',
};

/** What was asked for, or what is wrong with it in a sentence. */
function readDraft(draft: Draft) {
  const accept = draft.accept
    .split(/[\n,]/)
    .map((one) => one.trim())
    .filter((one) => one !== '');
  const expires = draft.expires.trim();
  const asked = {
    event: draft.event.trim(),
    target: draft.target.trim() || null,
    application: draft.application || null,
    expires: expires === '' ? null : Number(expires),
    accept: accept.length === 0 ? null : accept,
  };
  const parsed = subscriptionSchema.safeParse(asked);
  if (parsed.success) return asked;
  const [issue] = parsed.error.issues;
  const field = String(issue?.path[0] ?? '');
  if (field === 'expires') return 'Expires must be a whole number of seconds, up to 2147482.';
  return `${NAMES[field] ?? field} ${issue?.message ?? 'is wrong'}.`;
}

function isOf({ aor }: TerminalView, domain: string): boolean {
  return aor.toLowerCase().endsWith(`@${domain.toLowerCase()}`);
}
