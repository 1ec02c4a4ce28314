import { useEffect, useMemo } from 'react';
import type { AppState } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { useStore } from '../store/store.ts';
import { MessageList } from './message-list.tsx';
import { MessageView } from './message-view.tsx';
import { Toolbar } from './toolbar.tsx';
import { changeFilter, clearFilter, fitting, syncTrace, useTrace } from './trace-store.ts';

/** The Trace tab: one ladder for SIP and MSRP, and the message that is selected. */
export function TraceTab({ app }: { readonly app: AppState }) {
  const { trace, terminals } = app;
  const terminal = useStore((state) => state.query.terminal);
  const version = useTrace((state) => state.version);
  const filter = useTrace((state) => state.filter);
  const found = useTrace((state) => state.found);
  const selected = useTrace((state) => state.selected);
  useEffect(() => void syncTrace(trace), [trace]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the version stands for all, which grows in place.
  const shown = useMemo(
    () => fitting(useTrace.getState().all, filter, found, terminal),
    [version, filter, found, terminal],
  );
  const message = selected === null ? undefined : shown.find(({ id }) => id === selected);
  return (
    <>
      <section aria-label="Trace" className="flex min-w-0 flex-1 flex-col">
        <Toolbar trace={trace} shown={shown} />
        {filter.callId !== null && <OneCall callId={filter.callId} />}
        {shown.length === 0 ? (
          <Empty trace={trace} />
        ) : (
          <MessageList messages={shown} terminals={terminals} />
        )}
      </section>
      {message !== undefined && <MessageView summary={message} />}
    </>
  );
}

/** Says that only one call is shown, and ends it. */
function OneCall({ callId }: { readonly callId: string }) {
  return (
    <div className="flex items-center gap-2 border-line border-b bg-panel px-3 py-1.5">
      <span className="min-w-0 flex-1 truncate text-muted">
        Only the call <span className="mono text-ink">{callId}</span>
      </span>
      <Button look="link" onClick={() => changeFilter({ callId: null })}>
        Show all
      </Button>
    </div>
  );
}

function Empty({ trace }: { readonly trace: AppState['trace'] }) {
  const isEmpty = trace.last < trace.first;
  return (
    <div className="p-8 text-center text-muted">
      {isEmpty ? (
        <>
          <p className="mb-1 font-medium text-ink">Nothing is recorded yet</p>
          <p>
            {trace.recording
              ? 'Every SIP and MSRP message of the terminals shows up here as it is sent and received.'
              : 'Recording is paused. Choose Record to go on.'}
          </p>
        </>
      ) : (
        <>
          <p className="mb-1 font-medium text-ink">Nothing here fits</p>
          <Button look="link" onClick={clearFilter}>
            Show everything
          </Button>
        </>
      )}
    </div>
  );
}
