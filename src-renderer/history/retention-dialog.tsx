import { type FormEvent, useState } from 'react';
import { type AppState, retentionSchema } from '../../src-main/ipc/contract.ts';
import { useFocusReturn } from '../components/focus.ts';
import { Labelled } from '../components/labelled.tsx';
import { Modal } from '../components/modal.tsx';
import { Button } from '../components/ui.tsx';
import { formatBytes, formatCount } from '../format.ts';
import { attempt, notify } from '../store/store.ts';

const GB = 1_000_000_000;

type Retention = AppState['retention'];
type DialogProps = {
  readonly retention: Retention;
  readonly counts: AppState['counts'];
  readonly close: () => void;
};
type Draft = { readonly pushes: string; readonly days: string; readonly gigabytes: string };

/** How much history keeps: the oldest pushes beyond any of the limits go. */
export function RetentionDialog({ retention, counts, close }: DialogProps) {
  useFocusReturn();
  const [draft, setDraft] = useState<Draft>(() => ({
    pushes: textOf(retention.pushes),
    days: textOf(retention.days),
    gigabytes: textOf(retention.bytes === null ? null : retention.bytes / GB),
  }));
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const read = readDraft(draft);
    if (typeof read === 'string') {
      setProblem(read);
      return;
    }
    const answer = await attempt('app.retain', read);
    if (answer.kind === 'refused') {
      setProblem(answer.reason);
      return;
    }
    close();
    notify('info', sentenceFor(read));
  };
  const field = (key: keyof Draft, label: string, hint: string, inputMode: 'numeric' | 'decimal') => (
    <Labelled label={label} hint={hint}>
      {(id, hintId) => (
        <input
          id={id}
          aria-describedby={hintId}
          className="field max-w-40"
          inputMode={inputMode}
          autoComplete="off"
          placeholder="no limit"
          value={draft[key]}
          onChange={(event) => {
            setDraft((before) => ({ ...before, [key]: event.target.value }));
            setProblem(null);
          }}
        />
      )}
    </Labelled>
  );
  return (
    <Modal title="What history keeps" close={close}>
      <form className="flex flex-col gap-3.5" noValidate onSubmit={(event) => void save(event)}>
        <p className="text-muted">
          Now {formatCount(counts.total)} {counts.total === 1 ? 'push' : 'pushes'} with{' '}
          {formatBytes(counts.bytes)}. The oldest beyond any of these limits are removed, in all terminals.
          Pinned pushes and those still open stay; received files stay where they are.
        </p>
        {field('pushes', 'Pushes at most', 'for example 100000', 'numeric')}
        {field('days', 'Days at most', 'pushes older than this go', 'decimal')}
        {field('gigabytes', 'GB at most', 'content and received files, counted together', 'decimal')}
        <p role="alert" className="min-h-5 text-bad">
          {problem}
        </p>
        <div className="flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button type="submit" look="main">
            Keep so much
          </Button>
        </div>
      </form>
    </Modal>
  );
}

function textOf(limit: number | null): string {
  return limit === null ? '' : String(limit);
}

/** The limits, or a sentence about what is none. */
function readDraft({ pushes, days, gigabytes }: Draft): Retention | string {
  const [count, age, size] = [numberOf(pushes), numberOf(days), numberOf(gigabytes)];
  if (count === undefined) return 'Pushes at most takes a whole number such as 100000, or nothing.';
  if (age === undefined) return 'Days at most takes a number such as 30, or nothing.';
  if (size === undefined) return 'GB at most takes a number such as 2.5, or nothing.';
  const limits = { pushes: count, days: age, bytes: size === null ? null : Math.round(size * GB) };
  return retentionSchema.safeParse(limits).success
    ? limits
    : 'A limit is at least 1 push, and more than 0 days or GB.';
}

/** Null for an empty text, undefined for one that is no number. */
function numberOf(text: string): number | null | undefined {
  const bare = text.trim().replaceAll(/(?<=\d)[ ,](?=\d{3}\b)/g, '');
  if (bare === '') return null;
  return /^\d+(?:\.\d+)?$/.test(bare) ? Number(bare) : undefined;
}

function sentenceFor({ pushes, days, bytes }: Retention): string {
  const limits = [
    ...(pushes === null ? [] : [`${formatCount(pushes)} pushes`]),
    ...(days === null ? [] : [`${days} days`]),
    ...(bytes === null ? [] : [formatBytes(bytes)]),
  ];
  return limits.length === 0 ? 'History keeps everything.' : `History keeps at most ${limits.join(', ')}.`;
}
