import { clsx } from 'clsx';
import { Inbox, Plus } from 'lucide-react';
import type { AppState } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { setQuery, unreadOf, useStore } from '../store/store.ts';
import { SandboxCard } from './sandbox-card.tsx';
import { TerminalCard } from './terminal-card.tsx';
import type { EditProfile } from './terminal-menu.tsx';
import { UnreadBadge } from './waiting-badge.tsx';

type SidebarProps = {
  readonly app: AppState;
  readonly addTerminal: () => void;
  readonly editProfile: EditProfile;
};

/** The left column: who am I, and am I reachable. */
export function Sidebar({ app, addTerminal, editProfile }: SidebarProps) {
  return (
    <nav
      aria-label="Terminals"
      className="flex w-62 shrink-0 flex-col gap-3 border-line border-r bg-panel p-3"
    >
      <div className="flex items-center gap-2.5 px-1.5 py-1">
        <span aria-hidden className="size-5 rounded-md bg-linear-to-br from-[#5b8cff] to-[#9b6bff]" />
        <span className="font-bold text-[14px]">Push Terminal</span>
      </div>
      <h2 className="heading px-1.5">Terminals</h2>
      {app.terminals.length > 1 && <AllTerminals app={app} />}
      <ul className="-mx-1 flex min-h-0 flex-col gap-1 overflow-y-auto px-1">
        {app.terminals.map((terminal) => (
          <TerminalCard
            key={terminal.name}
            terminal={terminal}
            unread={unreadOf(app.counts, terminal.name)}
            editProfile={editProfile}
          />
        ))}
      </ul>
      <Button className="flex items-center justify-center gap-1.5" onClick={addTerminal}>
        <Plus aria-hidden size={14} /> Add terminal
      </Button>
      <div className="mt-auto">
        <SandboxCard sandbox={app.sandbox} />
      </div>
    </nav>
  );
}

/** The pushes of all terminals in one list. */
function AllTerminals({ app }: { readonly app: AppState }) {
  const isShown = useStore((state) => state.query.terminal === null);
  return (
    <button
      type="button"
      aria-pressed={isShown}
      className={clsx(
        'flex items-center gap-2 rounded-[10px] border px-2.5 py-1.5 text-left',
        isShown ? 'border-line bg-raised' : 'border-transparent hover:bg-raised',
      )}
      onClick={() => void setQuery({ terminal: null })}
    >
      <Inbox aria-hidden size={14} className="text-muted" />
      <span className="min-w-0 flex-1 truncate font-semibold">All terminals</span>
      <UnreadBadge count={app.counts.unread} />
    </button>
  );
}
