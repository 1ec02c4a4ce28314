import { useState } from 'react';
import { Notices } from './components/notices.tsx';
import { Button } from './components/ui.tsx';
import { Detail } from './detail/detail.tsx';
import { FirstStart } from './first-start/first-start.tsx';
import { InboxList } from './inbox/inbox-list.tsx';
import { StatusBar } from './status-bar.tsx';
import { call, useStore } from './store/store.ts';
import { AddTerminal } from './terminals/add-terminal.tsx';
import { Sidebar } from './terminals/sidebar.tsx';

/** The main window. */
export function App() {
  const app = useStore((state) => state.app);
  const [adding, setAdding] = useState(false);
  if (app === null) return null;
  const addTerminal = () => setAdding(true);
  const isNew = app.terminals.length === 0 && app.counts.total === 0;
  return (
    <div className="flex h-full flex-col">
      <div className="flex min-h-0 flex-1">
        <Sidebar app={app} addTerminal={addTerminal} />
        {isNew ? (
          <FirstStart sandbox={app.sandbox} addTerminal={addTerminal} />
        ) : (
          <div className="flex min-w-0 flex-1 flex-col">
            <header className="flex h-12 shrink-0 items-center border-line border-b px-4">
              <h1 className="flex-1 font-semibold">Inbox</h1>
              {app.sandbox.kind === 'running' && (
                <Button look="link" onClick={() => void call('sender.openDesk')}>
                  Sender desk ↗
                </Button>
              )}
            </header>
            <div className="flex min-h-0 flex-1">
              <InboxList app={app} />
              <Detail />
            </div>
          </div>
        )}
      </div>
      <StatusBar app={app} />
      <Notices />
      {adding && <AddTerminal close={() => setAdding(false)} />}
    </div>
  );
}
