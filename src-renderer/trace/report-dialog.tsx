import { useEffect, useState } from 'react';
import type { ReportEntry } from '../../src-main/ipc/contract.ts';
import { Modal } from '../components/modal.tsx';
import { Button } from '../components/ui.tsx';
import { formatBytes } from '../format.ts';
import { call, closeReport, notify, useStore } from '../store/store.ts';

/** What a report of a problem would hold; nothing is written before it was looked at. */
export function ReportDialog() {
  const only = useStore((state) => state.only);
  const [entries, setEntries] = useState<readonly ReportEntry[] | null>(null);
  useEffect(() => {
    void call('report.contents', { terminal: only }).then(setEntries);
  }, [only]);
  const save = async () => {
    const path = await call('report.save', { terminal: only });
    if (path === null) return;
    notify('info', `Saved the report to ${path}.`);
    closeReport();
  };
  return (
    <Modal title="Report a problem" close={closeReport}>
      <p className="mb-3">
        These go into one zip file on this machine; nothing is sent anywhere. Passwords and keys are left out,
        but addresses and the content of messages are in the trace.
      </p>
      <ul aria-label="Contents of the report" className="mb-4 rounded-lg border border-line p-2">
        {(entries ?? []).map(({ name, bytes, what }) => (
          <li key={name} className="flex items-baseline gap-3 px-1 py-0.5">
            <span className="mono w-32 shrink-0">{name}</span>
            <span className="min-w-0 flex-1 text-muted">{what}</span>
            <span className="shrink-0 text-muted">{formatBytes(bytes)}</span>
          </li>
        ))}
      </ul>
      <div className="flex justify-end gap-2">
        <Button onClick={closeReport}>Cancel</Button>
        <Button look="main" disabled={entries === null} onClick={() => void save()}>
          Save…
        </Button>
      </div>
    </Modal>
  );
}
