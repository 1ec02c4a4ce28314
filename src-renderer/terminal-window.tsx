import { useEffect } from 'react';
import type { AppState } from '../src-main/ipc/contract.ts';
import { Chip, useNow } from './components/ui.tsx';
import { Screens } from './screens.tsx';
import { StatusBar } from './status-bar.tsx';
import { describeRegistration } from './terminals/registration.ts';
import type { EditProfile } from './terminals/terminal-menu.tsx';
import { WaitingBadge } from './terminals/waiting-badge.tsx';

type TerminalWindowProps = {
  readonly app: AppState;
  readonly name: string;
  readonly editProfile: EditProfile;
};

/** A window of one terminal: its state, its pushes, its registration, and nothing of others. */
export function TerminalWindow({ app, name, editProfile }: TerminalWindowProps) {
  const terminal = app.terminals.find((one) => one.name === name);
  const waiting = terminal?.waiting ?? 0;
  const now = useNow();
  useEffect(() => {
    document.title = `${waiting > 0 ? `(${waiting}) ` : ''}${name} · Push Terminal`;
  }, [name, waiting]);
  if (terminal === undefined) {
    return (
      <main className="grid flex-1 place-items-center p-8 text-center text-muted">
        <div>
          <h1 className="mb-1 break-words font-medium text-ink">There is no terminal called {name}</h1>
          <p>It was removed, or renamed. Close this window; the main window shows the others.</p>
        </div>
      </main>
    );
  }
  const { tone, word } = describeRegistration(terminal.registration, now);
  const label = terminal.displayName ?? name;
  return (
    <>
      <Screens
        app={app}
        editProfile={editProfile}
        before={
          <div className="flex min-w-0 items-center gap-2.5 border-line border-r pr-4 max-[640px]:w-full max-[640px]:border-r-0 max-[640px]:pt-2.5 max-[640px]:pr-0">
            <h1 className="min-w-0 truncate font-semibold" title={label === name ? undefined : name}>
              {label}
            </h1>
            <Chip tone={tone}>{word}</Chip>
            <WaitingBadge count={waiting} />
          </div>
        }
      />
      <StatusBar terminals={[terminal]} counts={null} recording={app.trace.recording} />
    </>
  );
}
