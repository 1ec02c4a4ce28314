import { useEffect, useState } from 'react';
import { type FileRecord, isDangerousType, type PushRecord } from '../../src-main/ipc/contract.ts';
import { RuleLink } from '../applications/rule-link.tsx';
import { Button, Chip, CopyButton } from '../components/ui.tsx';
import { formatBytes, formatHash, formatTime } from '../format.ts';
import { filesOf } from '../inbox/push-state.ts';
import { call } from '../store/store.ts';
import { Countdown } from './countdown.tsx';
import { FileIcon } from './file-icon.tsx';

/** An offer that waits: what is in it, what to take, and how long there is to decide. */
export function OfferPanel({ record }: { readonly record: PushRecord }) {
  const files = filesOf(record);
  const open = files.filter(({ state }) => state === 'offered');
  const [chosen, setChosen] = useState<ReadonlySet<number>>(
    () => new Set(open.filter(isChosenAtFirst).map(({ index }) => index)),
  );
  const accept = (indexes: readonly number[]) => {
    if (indexes.length > 0) void call('offer.accept', { offer: record.id, files: [...indexes] });
  };
  useEffect(() => {
    const enter = (event: KeyboardEvent) => {
      const { target } = event;
      const busy =
        target instanceof HTMLElement &&
        target.closest('button, a, select, textarea, [type=search], dialog') !== null;
      if (event.key === 'Enter' && !busy && chosen.size > 0) {
        event.preventDefault();
        void call('offer.accept', { offer: record.id, files: [...chosen] });
      }
    };
    window.addEventListener('keydown', enter);
    return () => window.removeEventListener('keydown', enter);
  }, [record.id, chosen]);
  const allKnown = open.length > 0 && open.every(({ known }) => known !== null);
  const toggle = (index: number) => {
    const next = new Set(chosen);
    if (!next.delete(index)) next.add(index);
    setChosen(next);
  };
  return (
    <section aria-label="Offer" className="@container">
      <Countdown offer={record.id} ruled={open.filter(({ ruled }) => ruled).length} />
      <table className="w-full border-collapse">
        <thead>
          <tr className="border-line border-b text-left text-muted">
            <th className="w-8 py-2 font-normal">
              <span className="sr-only">Take</span>
            </th>
            <th className="py-2 font-normal">File</th>
            <th className="hidden py-2 font-normal @xl:table-cell">Type</th>
            <th className="py-2 text-right font-normal">Size</th>
            <th className="hidden py-2 pl-4 font-normal @xl:table-cell">Hash (SHA-1)</th>
          </tr>
        </thead>
        <tbody>
          {files.map((file) => (
            <OfferRow
              key={file.index}
              push={record.id}
              file={file}
              chosen={chosen.has(file.index)}
              toggle={() => toggle(file.index)}
            />
          ))}
        </tbody>
      </table>
      <div className="flex flex-wrap items-center gap-2 py-4">
        {allKnown && (
          <Button look="main" onClick={() => void call('offer.useKnown', { offer: record.id })}>
            Keep the {open.length === 1 ? 'copy' : 'copies'} I have
          </Button>
        )}
        {!(allKnown && chosen.size === 0) && (
          <Button
            look={allKnown ? 'plain' : 'main'}
            disabled={chosen.size === 0}
            onClick={() => accept([...chosen])}
          >
            Accept {chosen.size} selected <span aria-hidden>⏎</span>
          </Button>
        )}
        <Button onClick={() => accept(open.map(({ index }) => index))}>Accept all</Button>
        <Button look="danger" onClick={() => void call('offer.decline', { offer: record.id })}>
          Decline
        </Button>
        <RuleLink record={record} />
      </div>
    </section>
  );
}

/** What runs programs, and what is here already, the user takes by hand. */
function isChosenAtFirst({ name, type, known }: FileRecord): boolean {
  return known === null && !isDangerousType(name, type);
}

function OfferRow({
  push,
  file,
  chosen,
  toggle,
}: {
  readonly push: string;
  readonly file: FileRecord;
  readonly chosen: boolean;
  readonly toggle: () => void;
}) {
  const possible = file.state === 'offered';
  return (
    <tr className="border-line border-b align-top">
      <td className="py-2.5 pr-3">
        <input
          type="checkbox"
          aria-label={`Take ${file.name}`}
          checked={possible && chosen}
          disabled={!possible}
          onChange={toggle}
        />
      </td>
      <td className="py-2.5 pr-3">
        <FileIcon file={file} />
        <span className="break-all font-semibold">{file.name}</span>{' '}
        {isDangerousType(file.name, file.type) && <Chip tone="bad">can run programs</Chip>}{' '}
        {file.known !== null && <Chip tone="info">you have this already</Chip>}{' '}
        {file.from > 1 && possible && <Chip tone="info">goes on</Chip>}{' '}
        {file.ruled && possible && <Chip tone="ok">by rule</Chip>}
        <span className="block text-muted">
          {[
            file.date === null ? null : `created ${file.date}`,
            file.disposition === 'attachment' ? 'attachment' : 'show after asking',
          ]
            .filter(Boolean)
            .join(' · ')}
        </span>
        <span className="block text-muted @xl:hidden">
          {file.type ?? 'no type given'}
          {file.hash !== null && (
            <span className="mono whitespace-nowrap"> · SHA-1 {formatHash(file.hash)}</span>
          )}
        </span>
        {file.from > 1 && possible && (
          <span className="block text-muted">
            continues after the {formatBytes(file.from - 1)} that are here
          </span>
        )}
        {file.known !== null && (
          <span className="block text-muted">
            received {formatTime(file.known.at)} and verified, the same SHA-1 ·{' '}
            <Button
              look="link"
              className="-my-1 px-0!"
              aria-label={`Show the copy of ${file.name} in folder`}
              onClick={() => void call('file.show', { push, index: file.index })}
            >
              Show in folder
            </Button>
          </span>
        )}
        {possible && file.known === null && isDangerousType(file.name, file.type) && (
          <span className="block text-muted">left out unless you select it</span>
        )}
        {file.reason !== null && <span className="block text-bad">{file.reason}</span>}
      </td>
      <td className="hidden break-words py-2.5 pr-3 @xl:table-cell">{file.type ?? 'not given'}</td>
      <td className="whitespace-nowrap py-2.5 text-right tabular-nums">
        {file.bytes === null ? 'not given' : formatBytes(file.bytes)}
      </td>
      <td className="hidden py-2.5 pl-4 @xl:table-cell">
        {file.hash === null ? (
          <span className="text-muted">not given</span>
        ) : (
          <span className="mono whitespace-nowrap" title={file.hash}>
            {formatHash(file.hash)} <CopyButton text={file.hash} what={`hash of ${file.name}`} />
          </span>
        )}
      </td>
    </tr>
  );
}
