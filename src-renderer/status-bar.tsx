import { useShallow } from 'zustand/react/shallow';
import type { AppState, FlowView, TerminalView } from '../src-main/ipc/contract.ts';
import { formatBytes, formatCount, formatSpeed } from './format.ts';
import { showDialog, useStore } from './store/store.ts';

/** More listening ports than this are only counted. */
const MAX_PORTS = 4;

type StatusBarProps = {
  readonly terminals: readonly TerminalView[];
  /** What history keeps, or null in a window that shows only a part of it. */
  readonly counts: AppState['counts'] | null;
  /** Whether the trace is recorded. */
  readonly recording: boolean;
};

/** The foot of the window: where it is connected, what runs, what is kept. */
export function StatusBar({ terminals, counts, recording }: StatusBarProps) {
  const running = useStore(
    useShallow((state) =>
      Object.values(state.progress).filter(({ offer }) =>
        state.records.some(({ id, state: stage }) => id === offer && stage === 'receiving'),
      ),
    ),
  );
  const flows = new Set(terminals.flatMap(({ flow }) => (flow === null ? [] : [describeFlow(flow)])));
  const ports = terminals.flatMap(({ msrp }) => (msrp === null ? [] : [msrp.port]));
  const speed = running.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  return (
    <footer className="flex shrink-0 flex-wrap gap-x-5 whitespace-nowrap border-line border-t bg-panel px-3 py-1 text-muted text-xs">
      <span>{flows.size === 0 ? 'Not connected' : [...flows].join(', ')}</span>
      {ports.length > 0 && (
        <span title={ports.join(', ')}>
          MSRP listening on {ports.length > MAX_PORTS ? `${ports.length} ports` : ports.join(', ')}
        </span>
      )}
      {running.length > 0 && (
        <span>
          {running.length} {running.length === 1 ? 'transfer' : 'transfers'} · {formatSpeed(speed)}
        </span>
      )}
      <span className="ml-auto">{recording ? 'Trace recording' : 'Trace paused'}</span>
      {counts !== null && (
        <button
          type="button"
          className="rounded px-1 hover:text-ink hover:underline"
          title="What history keeps…"
          onClick={() => showDialog('retention')}
        >
          {formatCount(counts.total)} {counts.total === 1 ? 'push' : 'pushes'} kept ·{' '}
          {formatBytes(counts.bytes)}
        </button>
      )}
    </footer>
  );
}

/** `TLS to core.test:5061`. */
function describeFlow({ transport, remote, spare }: FlowView): string {
  return `${transport} to ${remote}${spare ? ' (a spare core)' : ''}`;
}
