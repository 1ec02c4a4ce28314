import { X } from 'lucide-react';
import { Tabs } from 'radix-ui';
import { type FormEvent, useId, useState } from 'react';
import type { CoreBindingView, PickedFile } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { formatBytes } from '../format.ts';
import { call } from '../store/store.ts';

type ComposeProps = { readonly targets: readonly string[]; readonly bindings: readonly CoreBindingView[] };
type Kind = 'message' | 'files';

/** What: a message or files, for which application. */
export function Compose({ targets, bindings }: ComposeProps) {
  const [kind, setKind] = useState<Kind>('message');
  const [application, setApplication] = useState('mms.ua');
  const [text, setText] = useState('Your parcel arrives today');
  const [files, setFiles] = useState<readonly PickedFile[]>([]);
  const [report, setReport] = useState(true);
  const ids = { application: useId(), text: useId(), list: useId() };
  const known = [...new Set(bindings.flatMap(({ applications }) => applications))];
  const ready = targets.length > 0 && application !== '' && (kind === 'message' || files.length > 0);
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    for (const to of targets) {
      if (kind === 'message')
        await call('sender.message', { to, application, contentType: 'text/plain', text });
      else await call('sender.files', { to, application, tokens: files.map(({ token }) => token), report });
    }
  };
  const pick = async () => {
    const picked = await call('sender.pickFiles');
    if (picked !== null) setFiles([...files, ...picked]);
  };
  return (
    <section aria-label="What" className="overflow-y-auto border-line border-r p-4">
      <h2 className="heading mb-3">What</h2>
      <form className="flex flex-col gap-4" onSubmit={(event) => void submit(event)}>
        <Tabs.Root value={kind} onValueChange={(value) => setKind(value === 'files' ? 'files' : 'message')}>
          <Tabs.List
            aria-label="Kind of push"
            className="mb-4 inline-flex rounded-lg border border-line bg-panel p-0.5"
          >
            <KindTab value="message" label="Message" />
            <KindTab value="files" label="Files" />
          </Tabs.List>
          <div className="mb-4">
            <label htmlFor={ids.application} className="mb-1 block text-muted">
              Application Resource Identifier
            </label>
            <input
              id={ids.application}
              className="field"
              list={ids.list}
              value={application}
              onChange={(event) => setApplication(event.target.value.trim())}
            />
            <datalist id={ids.list}>
              {known.map((id) => (
                <option key={id} value={id} />
              ))}
            </datalist>
          </div>
          <Tabs.Content value="message">
            <label htmlFor={ids.text} className="mb-1 block text-muted">
              Text (text/plain)
            </label>
            <textarea
              id={ids.text}
              className="field min-h-32 resize-y"
              value={text}
              onChange={(event) => setText(event.target.value)}
            />
          </Tabs.Content>
          <Tabs.Content value="files" className="flex flex-col gap-3">
            <FileList
              files={files}
              remove={(token) => setFiles(files.filter((file) => file.token !== token))}
            />
            <Button className="self-start" onClick={() => void pick()}>
              + Add files
            </Button>
            <label className="flex items-center gap-2">
              <input type="checkbox" checked={report} onChange={(event) => setReport(event.target.checked)} />
              Ask for success report
            </label>
          </Tabs.Content>
        </Tabs.Root>
        <div className="flex items-center gap-3">
          <Button look="main" type="submit" disabled={!ready}>
            {pushLabel(targets)}
          </Button>
          {targets.length === 0 && <span className="text-muted">Choose who gets it first.</span>}
        </div>
      </form>
    </section>
  );
}

function KindTab({ value, label }: { readonly value: Kind; readonly label: string }) {
  return (
    <Tabs.Trigger
      value={value}
      className="rounded-md px-3 py-1 text-muted data-[state=active]:bg-selected data-[state=active]:text-ink"
    >
      {label}
    </Tabs.Trigger>
  );
}

type FileListProps = { readonly files: readonly PickedFile[]; readonly remove: (token: string) => void };

function FileList({ files, remove }: FileListProps) {
  if (files.length === 0) return <p className="text-muted">No files yet.</p>;
  return (
    <ul aria-label="Files to push">
      {files.map((file) => (
        <li key={file.token} className="flex items-center gap-3 border-line border-b py-2">
          <span className="min-w-0 flex-1 truncate font-semibold">{file.name}</span>
          <span className="text-muted">{file.type}</span>
          <span className="tabular-nums">{formatBytes(file.bytes)}</span>
          <button
            type="button"
            aria-label={`Remove ${file.name}`}
            className="rounded p-1"
            onClick={() => remove(file.token)}
          >
            <X aria-hidden size={14} />
          </button>
        </li>
      ))}
    </ul>
  );
}

function pushLabel(targets: readonly string[]): string {
  const byGruu = targets.some((target) => target.includes(';gr='));
  if (targets.length === 0) return 'Push';
  const what = byGruu ? 'terminal' : 'user';
  return `Push to ${targets.length} ${what}${targets.length === 1 ? '' : 's'}`;
}
