import type { FileRecord, Leftover } from '../../src-main/ipc/contract.ts';
import { Button, ProgressBar } from '../components/ui.tsx';
import { formatBytes, percentOf } from '../format.ts';
import { call } from '../store/store.ts';

type LeftoverProps = {
  readonly push: string;
  readonly file: FileRecord;
  readonly leftover: Leftover;
};

/** What is on disk of a file that did not become one, and what can be done with it. */
export function LeftoverPanel({ push, file, leftover }: LeftoverProps) {
  const where = { push, index: file.index };
  const { name, bytes } = file;
  return (
    <div className="mt-2 flex flex-col gap-2">
      {leftover.kind === 'part' ? (
        <>
          <p className="text-muted">
            {formatBytes(leftover.bytes)}
            {bytes === null ? '' : ` of ${formatBytes(bytes)}`} are here. Resume asks the sender for the rest;
            an offer of the rest goes on from here too.
          </p>
          <ProgressBar label={`Part of ${name}`} percent={percentOf(leftover.bytes, bytes)} />
        </>
      ) : (
        <p className="break-all text-muted">
          It is kept apart in <span className="mono">{leftover.path}</span>. The sender was told that it
          failed.
        </p>
      )}
      <div className="flex flex-wrap items-center gap-2">
        {leftover.kind === 'part' ? (
          <Button
            look="main"
            className="px-2.5 py-1"
            aria-label={`Resume ${name}`}
            onClick={() => void call('file.resume', where)}
          >
            Resume
          </Button>
        ) : (
          <>
            <Button
              className="px-2.5 py-1"
              aria-label={`Keep ${name} anyway`}
              onClick={() => void call('file.keep', where)}
            >
              Keep anyway
            </Button>
            <Button
              className="px-2.5 py-1"
              aria-label={`Show ${name} in folder`}
              onClick={() => void call('file.show', where)}
            >
              Show in folder
            </Button>
          </>
        )}
        <Button
          look="danger"
          className="px-2.5 py-1"
          aria-label={`Remove ${name}`}
          onClick={() => void call('file.remove', where)}
        >
          Remove
        </Button>
      </div>
    </div>
  );
}
