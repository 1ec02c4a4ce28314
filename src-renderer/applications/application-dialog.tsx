import { X } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import {
  type ApplicationHandler,
  type AppPermissions,
  sameApplication,
} from '../../src-main/ipc/contract.ts';
import { Labelled } from '../components/labelled.tsx';
import { Modal } from '../components/modal.tsx';
import { Button } from '../components/ui.tsx';
import { attempt } from '../store/store.ts';
import { changeProfile } from './change-profile.ts';
import { ACTION_WORDS, NOTIFY_WORDS } from './handler-words.ts';

type Kind = ApplicationHandler['action']['kind'];
type Draft = {
  readonly name: string;
  readonly icon: string;
  readonly kind: Kind;
  readonly folder: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly url: string;
  readonly notify: ApplicationHandler['notify'];
};
type Change = (change: Partial<Draft>) => void;

/** Signs that fonts without emoji have, too. */
const ICONS = ['✉', '★', '⚙', '♫', '▶', '☎', '⚑', '⌂'];
const PLACEHOLDERS = '{from} {application} {type} {path} {push} {terminal} {text}';

type DialogProps = {
  readonly terminal: string;
  readonly handler: ApplicationHandler;
  readonly permissions: AppPermissions;
  readonly close: () => void;
};

/** How one application is shown and what becomes of its pushes. */
export function ApplicationDialog({ terminal, handler, permissions, close }: DialogProps) {
  const [draft, setDraft] = useState(() => draftOf(handler));
  const [problem, setProblem] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const change: Change = (one) => {
    setDraft((before) => ({ ...before, ...one }));
    setProblem(null);
  };
  const { application } = handler;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    if (busy) return;
    setBusy(true);
    const changed = handlerOf(application, draft);
    const wrong = await changeProfile(terminal, (profile) => {
      const known = profile.handlers.some((one) => sameApplication(one.application, application));
      const replace = (one: ApplicationHandler) =>
        sameApplication(one.application, application) ? changed : one;
      return {
        ...profile,
        handlers: known ? profile.handlers.map(replace) : [...profile.handlers, changed],
      };
    });
    setBusy(false);
    if (wrong === null) close();
    else setProblem(wrong);
  };
  const off =
    (draft.kind === 'command' && !permissions.commands) ||
    (draft.kind === 'webhook' && !permissions.webhooks);
  return (
    <Modal title={`Edit ${application}`} close={close}>
      <form className="flex flex-col gap-3.5" noValidate onSubmit={(event) => void save(event)}>
        <div className="grid grid-cols-[1fr_auto] gap-3">
          <Labelled label="Name" hint="shown instead of the identifier">
            {(id) => (
              <input
                id={id}
                className="field"
                maxLength={64}
                value={draft.name}
                onChange={(event) => change({ name: event.target.value })}
              />
            )}
          </Labelled>
          <Labelled label="Icon" hint="one character">
            {(id) => (
              <div className="flex items-center gap-1">
                <input
                  id={id}
                  className="field w-12! text-center"
                  maxLength={8}
                  value={draft.icon}
                  onChange={(event) => change({ icon: event.target.value })}
                />
                {ICONS.map((icon) => (
                  <button
                    key={icon}
                    type="button"
                    aria-label={`Icon ${icon}`}
                    aria-pressed={draft.icon === icon}
                    className="rounded p-1 leading-none hover:bg-quiet-soft aria-pressed:bg-selected"
                    onClick={() => change({ icon: draft.icon === icon ? '' : icon })}
                  >
                    {icon}
                  </button>
                ))}
              </div>
            )}
          </Labelled>
        </div>
        <Labelled label="What becomes of its pushes">
          {(id) => (
            <select
              id={id}
              className="field"
              value={draft.kind}
              onChange={(event) => change({ kind: event.target.value as Kind })}
            >
              {Object.entries(ACTION_WORDS).map(([kind, words]) => (
                <option key={kind} value={kind}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <ActionFields draft={draft} change={change} fail={setProblem} />
        {off && (
          <p role="status" className="rounded-lg bg-warn-soft p-2.5 text-warn">
            {draft.kind === 'command' ? 'Commands' : 'Webhooks'} are turned off. Turn them on in the section
            “Commands and webhooks” of this tab; until then its pushes are only kept.
          </p>
        )}
        <Labelled label="Notification" hint="what other people at your screen may read">
          {(id) => (
            <select
              id={id}
              className="field"
              value={draft.notify}
              onChange={(event) => change({ notify: event.target.value as Draft['notify'] })}
            >
              {Object.entries(NOTIFY_WORDS).map(([value, words]) => (
                <option key={value} value={value}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Labelled>
        <div className="sticky -bottom-5 -mx-5 -mb-5 flex items-center gap-2 border-line border-t bg-panel px-5 py-3.5">
          <p role="alert" className="min-w-0 flex-1 break-words text-bad">
            {problem}
          </p>
          <Button onClick={close}>Cancel</Button>
          <Button look="main" type="submit" disabled={busy}>
            Save
          </Button>
        </div>
      </form>
    </Modal>
  );
}

type FieldsProps = {
  readonly draft: Draft;
  readonly change: Change;
  readonly fail: (sentence: string) => void;
};

function ActionFields({ draft, change, fail }: FieldsProps) {
  switch (draft.kind) {
    case 'inbox':
      return null;
    case 'notify':
      return <p className="text-muted">Its pushes stay in the inbox, marked as read.</p>;
    case 'folder':
      return <FolderField draft={draft} change={change} fail={fail} />;
    case 'command':
      return <CommandFields draft={draft} change={change} />;
    case 'webhook':
      return (
        <Labelled label="Address" hint="of this computer only, such as http://127.0.0.1:8080/push">
          {(id) => (
            <input
              id={id}
              className="field mono"
              spellCheck={false}
              value={draft.url}
              onChange={(event) => change({ url: event.target.value })}
            />
          )}
        </Labelled>
      );
  }
}

function FolderField({ draft, change, fail }: FieldsProps) {
  const choose = async () => {
    const answer = await attempt('profile.pickPath', { what: 'folder', title: 'Folder for pushes' });
    if (answer.kind === 'refused') fail(answer.reason);
    else if (answer.value !== null) change({ folder: answer.value });
  };
  return (
    <Labelled label="Folder" hint="made when missing; nothing in it is ever overwritten">
      {(id) => (
        <div className="flex gap-2">
          <input
            id={id}
            className="field min-w-0"
            spellCheck={false}
            value={draft.folder}
            onChange={(event) => change({ folder: event.target.value })}
          />
          <Button className="shrink-0" aria-label="Choose the folder" onClick={() => void choose()}>
            Choose…
          </Button>
        </div>
      )}
    </Labelled>
  );
}

function CommandFields({ draft, change }: Omit<FieldsProps, 'fail'>) {
  const set = (args: readonly string[]) => change({ arguments: args });
  return (
    <>
      <Labelled label="Program" hint="its path, or a name to look up; never a shell line">
        {(id) => (
          <input
            id={id}
            className="field mono"
            spellCheck={false}
            value={draft.command}
            onChange={(event) => change({ command: event.target.value })}
          />
        )}
      </Labelled>
      <fieldset>
        <legend className="mb-1 font-medium">Arguments</legend>
        <div className="flex flex-col gap-1.5">
          {draft.arguments.map((argument, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: arguments have nothing else to be told apart by.
            <div key={index} className="flex gap-1.5">
              <input
                aria-label={`Argument ${index + 1}`}
                className="field mono min-w-0"
                spellCheck={false}
                value={argument}
                onChange={(event) => set(draft.arguments.with(index, event.target.value))}
              />
              <button
                type="button"
                aria-label={`Remove argument ${index + 1}`}
                className="rounded p-1.5 text-muted hover:bg-quiet-soft"
                onClick={() => set(draft.arguments.toSpliced(index, 1))}
              >
                <X aria-hidden size={14} />
              </button>
            </div>
          ))}
          <Button
            className="self-start px-2 py-1"
            disabled={draft.arguments.length >= 64}
            onClick={() => set([...draft.arguments, ''])}
          >
            Add argument
          </Button>
        </div>
        <p className="mt-1 text-muted">
          Filled in: <span className="mono">{PLACEHOLDERS}</span>; other braces stay as they are. The content
          comes on standard input.
        </p>
      </fieldset>
    </>
  );
}

function draftOf({ name = '', icon = '', action, notify }: ApplicationHandler): Draft {
  return {
    name,
    icon,
    kind: action.kind,
    folder: action.kind === 'folder' ? action.folder : '',
    command: action.kind === 'command' ? action.command : '',
    arguments: action.kind === 'command' ? action.arguments : [],
    url: action.kind === 'webhook' ? action.url : 'http://127.0.0.1:',
    notify,
  };
}

function handlerOf(application: string, draft: Draft): ApplicationHandler {
  const name = draft.name.trim();
  const icon = draft.icon.trim();
  return {
    application,
    ...(name === '' ? {} : { name }),
    ...(icon === '' ? {} : { icon }),
    action: actionOf(draft),
    notify: draft.notify,
  };
}

function actionOf(draft: Draft): ApplicationHandler['action'] {
  switch (draft.kind) {
    case 'inbox':
    case 'notify':
      return { kind: draft.kind };
    case 'folder':
      return { kind: 'folder', folder: draft.folder.trim() };
    case 'command':
      return { kind: 'command', command: draft.command.trim(), arguments: [...draft.arguments] };
    case 'webhook':
      return { kind: 'webhook', url: draft.url.trim() };
  }
}
