import { useState } from 'react';
import type { AppState } from '../src-main/ipc/contract.ts';
import { Notices } from './components/notices.tsx';
import { Button } from './components/ui.tsx';
import { FirstStart } from './first-start/first-start.tsx';
import { RetentionDialog } from './history/retention-dialog.tsx';
import { ShortcutsDialog } from './inbox/shortcuts-dialog.tsx';
import { ProfileForm, type ProfileTarget } from './profile/profile-form.tsx';
import { Screens, useScreenTitle } from './screens.tsx';
import { StatusBar } from './status-bar.tsx';
import { call, showDialog, useStore } from './store/store.ts';
import { TerminalWindow } from './terminal-window.tsx';
import { Sidebar } from './terminals/sidebar.tsx';
import type { EditProfile } from './terminals/terminal-menu.tsx';
import { ReportDialog } from './trace/report-dialog.tsx';

/** The main window, or the window of one terminal. */
export function App() {
  const app = useStore((state) => state.app);
  const only = useStore((state) => state.only);
  const reporting = useStore((state) => state.reporting);
  const dialog = useStore((state) => state.dialog);
  const [form, setForm] = useState<ProfileTarget | null>(null);
  if (app === null) return null;
  const editProfile: EditProfile = (terminal, kind = 'edit') => setForm({ kind, terminal });
  return (
    <div className="flex h-full flex-col">
      {only === null ? (
        <MainWindow app={app} addTerminal={() => setForm({ kind: 'new' })} editProfile={editProfile} />
      ) : (
        <TerminalWindow app={app} name={only} editProfile={editProfile} />
      )}
      <Notices />
      {reporting && <ReportDialog />}
      {dialog === 'retention' && (
        <RetentionDialog retention={app.retention} counts={app.counts} close={() => showDialog(null)} />
      )}
      {dialog === 'shortcuts' && <ShortcutsDialog close={() => showDialog(null)} />}
      {form !== null && <ProfileForm target={form} close={() => setForm(null)} />}
    </div>
  );
}

type MainWindowProps = {
  readonly app: AppState;
  readonly addTerminal: () => void;
  readonly editProfile: EditProfile;
};

function MainWindow({ app, addTerminal, editProfile }: MainWindowProps) {
  const title = useScreenTitle();
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
      <StatusBar terminals={app.terminals} counts={app.counts} recording={app.trace.recording} />
    </>
  );
}
