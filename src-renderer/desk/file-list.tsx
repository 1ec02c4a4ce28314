import { X } from 'lucide-react';
import type { PickedFile } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { formatBytes } from '../format.ts';
import { call } from '../store/store.ts';

type FileListProps = {
  readonly files: readonly PickedFile[];
  readonly change: (files: readonly PickedFile[]) => void;
};

/** The files of a push, and the way to more of them. */
export function FileList({ files, change }: FileListProps) {
  const pick = async () => {
    const picked = await call('sender.pickFiles');
    if (picked !== null) change([...files, ...picked]);
  };
  return (
    <div className="flex flex-col gap-3">
      {files.length === 0 ? (
        <p className="text-muted">No files yet.</p>
      ) : (
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
                onClick={() => change(files.filter(({ token }) => token !== file.token))}
              >
                <X aria-hidden size={14} />
              </button>
            </li>
          ))}
        </ul>
      )}
      <Button className="self-start" onClick={() => void pick()}>
        + Add files
      </Button>
    </div>
  );
}
