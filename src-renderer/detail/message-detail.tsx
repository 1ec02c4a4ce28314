import { useState } from 'react';
import type { ContentView, PushRecord } from '../../src-main/ipc/contract.ts';
import { Choice } from '../components/choice.tsx';
import { Button } from '../components/ui.tsx';
import { formatBytes } from '../format.ts';
import { WaitingPanel } from './ask-panel.tsx';
import { Delivery } from './delivery.tsx';
import { firstPart } from './first-part.ts';
import { SaveButton } from './part-actions.tsx';
import { PartList } from './part-list.tsx';
import { PartPanel } from './part-panel.tsx';
import { RawContent } from './raw-content.tsx';
import { ReferencePanel } from './reference-panel.tsx';
import { Source } from './source.tsx';
import { type Tab, TabSet } from './tab-set.tsx';
import { useContent, type Which } from './use-content.ts';

/** A message that was taken: what it asks, what it says, and what was answered. */
export function MessageDetail({ record }: { readonly record: PushRecord }) {
  const { state } = record;
  const isElsewhere = record.references.length > 0;
  const isHidden = state === 'waiting' || state === 'declined';
  return (
    <>
      {isElsewhere && <ReferencePanel record={record} />}
      {!isElsewhere && state === 'waiting' && <WaitingPanel record={record} />}
      {!isElsewhere && state === 'declined' && (
        <p className="rounded-lg bg-quiet-soft p-3 text-quiet">
          You denied this push. The sender was answered 200 OK before you were asked.
        </p>
      )}
      {!isElsewhere && state === 'failed' && record.reason !== null && (
        <p className="rounded-lg bg-bad-soft p-3 text-bad">{record.reason}</p>
      )}
      {isHidden ? <HiddenContent record={record} /> : <MessageTabs record={record} />}
    </>
  );
}

/** Content that nobody has allowed: engineers can look at its bytes, but nothing of it is rendered. */
function HiddenContent({ record }: { readonly record: PushRecord }) {
  const [isShown, setShown] = useState(false);
  const view = useContent(record, 'own', isShown);
  const tabs: readonly Tab[] = [
    ...(isShown
      ? [
          { name: 'Raw', content: <Raw view={view} /> },
          { name: 'Headers', content: <Source text={record.headers} /> },
        ]
      : []),
    { name: 'Delivery', content: <Delivery record={record} /> },
  ];
  return (
    <>
      <div className="flex flex-wrap items-center gap-3">
        <Button aria-expanded={isShown} onClick={() => setShown(!isShown)}>
          {isShown ? 'Hide again' : 'Show anyway'}
        </Button>
        <span className="text-muted">Raw bytes and headers, nothing rendered.</span>
      </div>
      <TabSet key={String(isShown)} tabs={tabs} />
    </>
  );
}

function MessageTabs({ record }: { readonly record: PushRecord }) {
  const contents = contentsOf(record);
  const [chosen, setChosen] = useState<Which | null>(null);
  const which = chosen ?? contents[0]?.[0] ?? 'own';
  const view = useContent(record, which, true);
  const choice = <Choice label="Which content" options={contents} value={which} choose={setChosen} />;
  return (
    <TabSet
      tabs={[
        {
          name: 'Content',
          content: (
            <div className="flex flex-col gap-3">
              {choice}
              <Content key={which} record={record} which={which} view={view} />
            </div>
          ),
        },
        {
          name: 'Raw',
          content: (
            <div className="flex flex-col gap-3">
              {choice}
              <Raw view={view} />
            </div>
          ),
        },
        { name: 'Headers', content: <Source text={record.headers} /> },
        { name: 'Delivery', content: <Delivery record={record} /> },
      ]}
    />
  );
}

/** What there is to look at: what was fetched first, then the message itself. */
function contentsOf({ references, body }: PushRecord): readonly (readonly [Which, string])[] {
  const fetched = references.flatMap(({ sha256 }, index) => {
    const word = references.length === 1 ? 'Fetched content' : `Fetched ${index + 1}`;
    return sha256 === null ? [] : [[index, word] as const];
  });
  return body.kind === 'content' ? [...fetched, ['own', 'The message itself']] : fetched;
}

type ContentProps = {
  readonly record: PushRecord;
  readonly which: Which;
  readonly view: ContentView | null | undefined;
};

function Content({ record, which, view }: ContentProps) {
  const [chosen, setChosen] = useState<number | null>(null);
  if (view === undefined) return null;
  if (view === null) return <p className="text-muted">{absenceOf(record)}</p>;
  if (view.kind === 'too-large') {
    return (
      <>
        <TooLarge view={view} />
        <div>
          <SaveButton push={record.id} which={which} part={0} />
        </div>
      </>
    );
  }
  const { parts } = view;
  const index = chosen ?? firstPart(parts);
  const isPlainReference = parts.length === 1 && parts[0]?.kind === 'external';
  return (
    <>
      {parts.length > 1 && <PartList parts={parts} chosen={index} choose={setChosen} />}
      {isPlainReference && which === 'own' && record.references.length > 0 ? (
        <p className="text-muted">This message holds no content of its own, only where it lies.</p>
      ) : (
        <PartPanel key={index} push={record.id} which={which} parts={parts} index={index} mayLeave />
      )}
    </>
  );
}

function Raw({ view }: { readonly view: ContentView | null | undefined }) {
  if (view === undefined) return null;
  if (view === null) return <p className="text-muted">This push has no content.</p>;
  return view.kind === 'too-large' ? <TooLarge view={view} /> : <RawContent raw={view.raw} />;
}

function TooLarge({ view }: { readonly view: Extract<ContentView, { kind: 'too-large' }> }) {
  return (
    <p className="text-muted">
      The content has {formatBytes(view.bytes)}; more than {formatBytes(view.shownBytes)} are not shown here.
    </p>
  );
}

function absenceOf({ bytes }: PushRecord): string {
  return bytes === 0 ? 'This push has no content.' : 'The content is no longer there.';
}
