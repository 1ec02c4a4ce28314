import { useShallow } from 'zustand/react/shallow';
import { isMessage, type PushRecord } from '../../src-main/ipc/contract.ts';
import { RuleLink } from '../applications/rule-link.tsx';
import { Button, Chip, CopyButton, Fact } from '../components/ui.tsx';
import { formatAddress } from '../format.ts';
import { ChosenPanel } from '../inbox/chosen-panel.tsx';
import { describeState, titleOf } from '../inbox/push-state.ts';
import { isOpen, removePushes } from '../inbox/selection.ts';
import { mark, select, useStore } from '../store/store.ts';
import { showTraceOf } from '../trace/trace-store.ts';
import { Delivery } from './delivery.tsx';
import { MessageDetail } from './message-detail.tsx';
import { OfferPanel } from './offer-panel.tsx';
import { ReferPanel } from './refer-panel.tsx';
import { ReportList } from './report-list.tsx';
import { SessionFacts } from './session-facts.tsx';
import { Source } from './source.tsx';
import { type Tab, TabSet } from './tab-set.tsx';
import { TransferPanel } from './transfer-panel.tsx';

/** The right column: what is in the selected push, and what can be done with it. */
export function Detail() {
  const record = useStore((state) => state.records.find(({ id }) => id === state.selected));
  const chosen = useStore((state) => state.chosen);
  if (chosen.size > 1) return <ChosenPanel chosen={chosen} />;
  if (record === undefined) {
    return (
      <section className="grid min-w-0 flex-1 place-items-center p-6 text-center text-muted">
        <p>Select a push to see its content, what was answered, and what was reported.</p>
      </section>
    );
  }
  const isTaken = isMessage(record) && record.state !== 'refused';
  return (
    <section
      aria-label="Detail"
      tabIndex={-1}
      className="min-h-0 min-w-0 flex-1 overflow-y-auto p-5"
      onKeyDown={(event) => {
        if (event.key === 'Escape') select(null);
      }}
    >
      <Header record={record} />
      <div key={record.id} className="flex flex-col gap-4">
        {record.body.kind === 'files' &&
          (record.state === 'waiting' ? <OfferPanel record={record} /> : <TransferPanel record={record} />)}
        {record.body.kind === 'refer' && <ReferPanel record={record} refer={record.body} />}
        {(record.state === 'refused' || (isMessage(record) && record.state === 'waiting')) && (
          <RuleLink record={record} />
        )}
        {isTaken ? (
          <MessageDetail record={record} />
        ) : (
          <>
            {record.reason !== null && record.state !== 'waiting' && !isSaidOfAFile(record) && (
              <Reason record={record} />
            )}
            <OfferTabs record={record} />
          </>
        )}
      </div>
    </section>
  );
}

function Header({ record }: { readonly record: PushRecord }) {
  const progress = useStore(
    useShallow((state) => Object.values(state.progress).filter(({ offer }) => offer === record.id)),
  );
  const terminal = useStore(
    ({ app }) => app?.terminals.find(({ name }) => name === record.terminal)?.displayName ?? record.terminal,
  );
  const { tone, text } = describeState(record, progress);
  const session = record.body.kind === 'files' ? record.body.sessionIdentity : null;
  return (
    <header className="mb-4">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <h1 className="min-w-52 flex-1 truncate font-semibold text-lg">{titleOf(record)}</h1>
        <div className="flex items-center gap-3">
          <Chip tone={tone}>{text}</Chip>
          <Button
            className="px-2 py-1"
            title="Every SIP and MSRP message of this push"
            onClick={() => showTraceOf(record.callId)}
          >
            Trace
          </Button>
          <Button
            className="px-2 py-1"
            title={`${record.pinned ? 'Unpin' : 'Pin'} (P): a pinned push is kept whatever the limits of history say`}
            aria-pressed={record.pinned}
            onClick={() => mark([record.id], { pinned: !record.pinned })}
          >
            {record.pinned ? 'Pinned' : 'Pin'}
          </Button>
          <Button
            className="px-2 py-1 max-[1200px]:hidden"
            title="Mark as unread (U)"
            onClick={() => mark([record.id], { read: !record.read })}
          >
            {record.read ? 'Mark unread' : 'Mark read'}
          </Button>
          {!isOpen(record) && (
            <Button className="px-2 py-1" title="Delete (Del)" onClick={() => void removePushes([record.id])}>
              Delete
            </Button>
          )}
        </div>
      </div>
      <p className="text-muted">
        from <strong className="text-ink">{formatAddress(record.from)}</strong> ·{' '}
        {record.asserted ? 'asserted by the core' : 'not asserted by the core'}
        {record.application !== null && (
          <>
            {' '}
            · for application <strong className="text-ink">{record.application}</strong>
          </>
        )}{' '}
        · on {terminal}
      </p>
      <dl className="mt-1 select-text text-xs">
        <Fact name="Call-ID">
          <span className="mono break-all">{record.callId}</span>{' '}
          <CopyButton text={record.callId} what="Call-ID" />
        </Fact>
        {session !== null && (
          <Fact name="Session identity">
            <span className="mono break-all">{session}</span>
          </Fact>
        )}
      </dl>
    </header>
  );
}

/** A file that failed says why itself; once is enough. */
function isSaidOfAFile({ body, reason }: PushRecord): boolean {
  return body.kind === 'files' && body.files.some((file) => file.reason === reason);
}

/** Why it went as it did, and what to do where something can be done. */
function Reason({ record }: { readonly record: PushRecord }) {
  const bad = record.state === 'refused' || record.state === 'failed';
  return (
    <div className={bad ? 'rounded-lg bg-bad-soft p-3 text-bad' : 'rounded-lg bg-quiet-soft p-3 text-quiet'}>
      <p className="break-words">{record.reason}</p>
      {record.state === 'refused' && <p className="mt-1">{adviceFor(record)}</p>}
    </div>
  );
}

function adviceFor(record: PushRecord): string {
  const reason = record.reason ?? '';
  if (reason.includes('list of trusted senders')) {
    return `To take pushes of ${formatAddress(record.from)}, add the address to the trusted senders in the Applications tab.`;
  }
  if (reason.startsWith('A rule ')) {
    return 'The rules stand in the Applications tab, under Trust; the first that fits decides.';
  }
  if (reason.includes('asserts no identity')) {
    return 'The core must add P-Asserted-Identity; it does so for senders that authenticate with it.';
  }
  if (record.method === 'REFER' && record.code !== 403)
    return `The sender was answered ${record.code ?? 'with a refusal'}.`;
  if (/^(?:The push names no|No) application\b/.test(reason)) {
    return 'Add the application in the Applications tab, or have the sender name one that this terminal serves.';
  }
  return `The sender was answered ${record.code ?? 'with a refusal'}.`;
}

function OfferTabs({ record }: { readonly record: PushRecord }) {
  const tabs: Tab[] = [
    {
      name: 'Delivery',
      content: (
        <>
          <ReportList record={record} />
          <Delivery record={record} />
        </>
      ),
    },
    ...(record.body.kind === 'files' ? [{ name: 'Session', content: <SessionFacts record={record} /> }] : []),
    { name: 'Headers', content: <Source text={record.headers} /> },
  ];
  if (record.body.kind === 'files') tabs.push({ name: 'SDP', content: <Source text={record.body.sdp} /> });
  return <TabSet tabs={tabs} />;
}
