import { useShallow } from 'zustand/react/shallow';
import type { AppState } from '../src-main/ipc/contract.ts';
import { formatBytes, formatSpeed } from './format.ts';
import { useStore } from './store/store.ts';

/** The foot of the window: where it is connected, what runs, what is kept. */
export function StatusBar({ app }: { readonly app: AppState }) {
  const running = useStore(
    useShallow((state) =>
      Object.values(state.progress).filter(({ offer }) =>
        state.records.some(({ id, state: stage }) => id === offer && stage === 'receiving'),
      ),
    ),
  );
  const cores = new Set(
    app.terminals
      .filter(({ registration }) => registration.kind === 'registered')
      .map(({ core }) => describeCore(core)),
  );
  const ports = app.terminals.flatMap(({ msrp }) => (msrp === null ? [] : [msrp.port]));
  const speed = running.reduce((sum, { bytesPerSecond }) => sum + bytesPerSecond, 0);
  return (
    <footer className="flex shrink-0 gap-5 border-line border-t bg-panel px-3 py-1 text-muted text-xs">
      <span>{cores.size === 0 ? 'Not connected' : [...cores].join(', ')}</span>
      {ports.length > 0 && <span>MSRP listening on {ports.join(', ')}</span>}
      {running.length > 0 && (
        <span>
          {running.length} {running.length === 1 ? 'transfer' : 'transfers'} · {formatSpeed(speed)}
        </span>
      )}
      <span className="ml-auto">
        {app.counts.total} {app.counts.total === 1 ? 'push' : 'pushes'} kept · {formatBytes(app.counts.bytes)}
      </span>
    </footer>
  );
}

/** `sip:core.test:5061;transport=tls` as `TLS to core.test:5061`. */
function describeCore(core: string): string {
  const named = /;transport=(\w+)/i.exec(core)?.[1] ?? (core.startsWith('sips:') ? 'tls' : 'tcp');
  return `${named.toUpperCase()} to ${core.replace(/^sips?:|;.*$/g, '')}`;
}
