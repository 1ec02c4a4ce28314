import { Tabs } from 'radix-ui';
import { type FormEvent, useId, useState } from 'react';
import type { CoreBindingView, PushResult, SandboxView } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { call, notify, useStore } from '../store/store.ts';
import { commandOf } from './command.ts';
import { callOf, type Draft, FIRST_DRAFT, KIND_LABELS, KINDS, lackOf, type PushCall } from './draft.ts';
import { FileList } from './file-list.tsx';
import { PushOptions } from './push-options.tsx';

export type RunningSandbox = Extract<SandboxView, { kind: 'running' }>;

type ComposeProps = {
  readonly targets: readonly string[];
  /** Targets are users, and the push is for the first terminal of each that takes it. */
  readonly first: boolean;
  readonly sandbox: RunningSandbox;
};

/** What: a message, files, a NOTIFY, a REFER or OPTIONS, how it is to go, and the same as a command. */
export function Compose({ targets, first, sandbox }: ComposeProps) {
  const [draft, setDraft] = useState<Draft>(FIRST_DRAFT);
  const change = (changed: Partial<Draft>) => setDraft((before) => ({ ...before, ...changed }));
  const lack = lackOf(draft, targets);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    for (const to of targets) {
      const gruus = sandbox.bindings.flatMap(({ aor, pubGruu }) => (aor === to ? (pubGruu ?? []) : []));
      if (first) await sendToFirst(draft, gruus);
      else await send(callOf(draft, to));
    }
  };
  const copy = async () => {
    await call('sender.copyCommand', { text: commandOf(draft, { targets, first }, sandbox, 'copy') });
    notify('info', 'Copied the command, with the password of this run.');
  };
  return (
    <section aria-label="What" className="overflow-y-auto border-line border-r p-4">
      <h2 className="heading mb-3">What</h2>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        <Tabs.Root
          value={draft.kind}
          onValueChange={(value) => change({ kind: KINDS.find((kind) => kind === value) ?? 'message' })}
        >
          <Tabs.List
            aria-label="Kind of push"
            className="mb-4 inline-flex rounded-lg border border-line bg-panel p-0.5"
          >
            {KINDS.map((kind) => (
              <Tabs.Trigger
                key={kind}
                value={kind}
                className="rounded-md px-3 py-1 text-muted data-[state=active]:bg-selected data-[state=active]:text-ink"
              >
                {KIND_LABELS[kind]}
              </Tabs.Trigger>
            ))}
          </Tabs.List>
          <ApplicationField draft={draft} bindings={sandbox.bindings} change={change} />
          <Tabs.Content value="message">
            <ContentFields draft={draft} change={change} />
          </Tabs.Content>
          <Tabs.Content value="files">
            <FileList files={draft.files} change={(files) => change({ files })} />
          </Tabs.Content>
          <Tabs.Content value="notify" className="flex flex-col gap-3">
            <ContentFields draft={draft} change={change} />
            <p className="text-muted">It reaches terminals that have subscribed to {sandbox.sender}.</p>
          </Tabs.Content>
          <Tabs.Content value="refer">
            <p className="text-muted">Asks the terminal to subscribe to {sandbox.sender}.</p>
          </Tabs.Content>
          <Tabs.Content value="options">
            <p className="text-muted">Asks the terminal what it can do; nobody is disturbed.</p>
          </Tabs.Content>
        </Tabs.Root>
        <PushOptions draft={draft} change={change} />
        <div className="flex flex-wrap items-center gap-3">
          <Button look="main" type="submit" disabled={lack !== null}>
            {pushLabel(targets)}
          </Button>
          <Button disabled={lack !== null} onClick={() => void copy()}>
            Copy as command
          </Button>
          {lack !== null && <span className="text-muted">{lack}</span>}
        </div>
      </form>
      <figure className="mt-4 rounded-[10px] border border-line bg-panel p-3">
        <figcaption className="mb-1 text-muted">The same from a shell</figcaption>
        <pre className="mono whitespace-pre-wrap break-all" data-testid="command">
          {commandOf(draft, { targets, first }, sandbox, 'read')}
        </pre>
      </figure>
    </section>
  );
}

/** Pushes to one terminal after the other, until one takes it. */
async function sendToFirst(draft: Draft, gruus: readonly string[]): Promise<void> {
  for (const gruu of gruus) {
    const begun = await send(callOf(draft, gruu));
    if (begun === null) return;
    const { state } = await endOf(begun.id);
    if (state === 'delivered') return;
  }
}

/** The last state of a push. */
function endOf(id: string): Promise<PushResult> {
  return new Promise((resolve) => {
    const look = () => {
      const result = useStore.getState().app?.results.find((one) => one.id === id);
      if (result === undefined || result.milliseconds === null) return;
      unsubscribe();
      resolve(result);
    };
    const unsubscribe = useStore.subscribe(look);
    look();
  });
}

/** Narrows what a call is called and takes together; null when it failed, which was said. */
function send(push: PushCall): Promise<PushResult | null> {
  switch (push.name) {
    case 'sender.message':
      return call(push.name, push.argument);
    case 'sender.files':
      return call(push.name, push.argument);
    case 'sender.notify':
      return call(push.name, push.argument);
    case 'sender.refer':
      return call(push.name, push.argument);
    case 'sender.options':
      return call(push.name, push.argument);
  }
}

type FieldProps = { readonly draft: Draft; readonly change: (changed: Partial<Draft>) => void };

function ApplicationField({
  draft,
  bindings,
  change,
}: FieldProps & { readonly bindings: readonly CoreBindingView[] }) {
  const ids = { field: useId(), list: useId() };
  const known = [...new Set(bindings.flatMap(({ applications }) => applications))];
  return (
    <div className="mb-4">
      <label htmlFor={ids.field} className="mb-1 block text-muted">
        Application Resource Identifier
      </label>
      <input
        id={ids.field}
        className="field"
        list={ids.list}
        value={draft.application}
        onChange={(event) => change({ application: event.target.value.trim() })}
      />
      <datalist id={ids.list}>
        {known.map((id) => (
          <option key={id} value={id} />
        ))}
      </datalist>
    </div>
  );
}

function ContentFields({ draft, change }: FieldProps) {
  const ids = { type: useId(), text: useId() };
  return (
    <div className="flex flex-col gap-3">
      <div>
        <label htmlFor={ids.text} className="mb-1 block text-muted">
          Text ({draft.contentType})
        </label>
        <textarea
          id={ids.text}
          className="field min-h-24 resize-y"
          value={draft.text}
          onChange={(event) => change({ text: event.target.value })}
        />
      </div>
      <div>
        <label htmlFor={ids.type} className="mb-1 block text-muted">
          Content-Type
        </label>
        <input
          id={ids.type}
          className="field"
          value={draft.contentType}
          onChange={(event) => change({ contentType: event.target.value })}
        />
      </div>
    </div>
  );
}

function pushLabel(targets: readonly string[]): string {
  const byGruu = targets.some((target) => target.includes(';gr='));
  if (targets.length === 0) return 'Push';
  const what = byGruu ? 'terminal' : 'user';
  return `Push to ${targets.length} ${what}${targets.length === 1 ? '' : 's'}`;
}
