import { useState } from 'react';
import type { AppState } from '../src-main/ipc/contract.ts';
import { Notices } from './components/notices.tsx';
import { Button } from './components/ui.tsx';
import { FirstStart } from './first-start/first-start.tsx';
import { Screens, useScreenTitle } from './screens.tsx';
import { StatusBar } from './status-bar.tsx';
import { call, useStore } from './store/store.ts';
import { TerminalWindow } from './terminal-window.tsx';
import { AddTerminal } from './terminals/add-terminal.tsx';
import { Sidebar } from './terminals/sidebar.tsx';
import type { EditProfile } from './terminals/terminal-menu.tsx';

/** The main window, or the window of one terminal. `onEdit` opens the form of a profile. */
export function App({ onEdit }: { readonly onEdit?: EditProfile }) {
  const app = useStore((state) => state.app);
  const only = useStore((state) => state.only);
  if (app === null) return null;
  return (
    <div className="flex h-full flex-col">
      {only === null ? (
        <MainWindow app={app} editProfile={onEdit} />
      ) : (
        <TerminalWindow app={app} name={only} editProfile={onEdit} />
      )}
      <Notices />
    </div>
  );
}

function MainWindow({ app, editProfile }: { readonly app: AppState; readonly editProfile: EditProfile }) {
  const [adding, setAdding] = useState(false);
  const title = useScreenTitle();
  const addTerminal = () => setAdding(true);
  const isNew = app.terminals.length === 0 && app.counts.total === 0;
  const desk = app.sandbox.kind === 'running' && (
    <Button look="link" onClick={() => void call('sender.openDesk')}>
      Sender desk ↗
    </Button>
  );
  return (
    <>
      <div className="flex min-h-0 flex-1">
        <Sidebar app={app} addTerminal={addTerminal} editProfile={editProfile} />
        {isNew ? (
          <FirstStart sandbox={app.sandbox} addTerminal={addTerminal} />
        ) : (
          <Screens
            app={app}
            before={<h1 className="sr-only">{title}</h1>}
            after={desk}
            editProfile={editProfile}
          />
        )}
      </div>
      <StatusBar terminals={app.terminals} counts={app.counts} />
      {adding && <AddTerminal close={() => setAdding(false)} />}
    </>
  );
}
