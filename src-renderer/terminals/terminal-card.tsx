import { clsx } from 'clsx';
import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { Dot, useNow } from '../components/ui.tsx';
import { formatGruu } from '../format.ts';
import { setQuery, useStore } from '../store/store.ts';
import { describeRegistration } from './registration.ts';
import { type EditProfile, TerminalMenu } from './terminal-menu.tsx';
import { UnreadBadge, WaitingBadge } from './waiting-badge.tsx';

type CardProps = {
  readonly terminal: TerminalView;
  /** Its pushes that nobody has read. */
  readonly unread: number;
  readonly editProfile: EditProfile;
};

/** One terminal in the left column: who it is, whether it can be reached, and what can be done with it. */
export function TerminalCard({ terminal, unread, editProfile }: CardProps) {
  const selected = useStore((state) => state.query.terminal === terminal.name);
  // In the Registration tab a second click must not jump to another terminal.
  const staysSelected = useStore((state) => state.screen === 'registration');
  const { registration } = terminal;
  const { tone, text, detail } = describeRegistration(registration, useNow());
  const gruu = registration.kind === 'registered' ? registration.pubGruu : null;
  const label = terminal.displayName ?? terminal.name;
  return (
    <li
      className={clsx(
        'relative rounded-[10px] border',
        selected ? 'border-line bg-raised' : 'border-transparent hover:bg-raised',
      )}
    >
      <button
        type="button"
        aria-pressed={selected}
        className="block w-full rounded-[10px] px-2.5 py-2 text-left"
        onClick={() => void setQuery({ terminal: selected && !staysSelected ? null : terminal.name })}
      >
        <span className="flex items-center gap-2 pr-6">
          <Dot tone={tone} />
          <span className="min-w-0 flex-1 truncate font-semibold">{label}</span>
          <WaitingBadge count={terminal.waiting} />
        </span>
        <span className="flex items-center gap-2 text-muted">
          <span className="min-w-0 flex-1 truncate">{terminal.aor}</span>
          <UnreadBadge count={unread} />
        </span>
        {gruu !== null && <span className="mono block truncate text-muted">{formatGruu(gruu)}</span>}
        <span className="block truncate text-muted">{text}</span>
        {detail !== null && <span className="block break-words text-bad">{detail}</span>}
      </button>
      <TerminalMenu terminal={terminal} label={label} editProfile={editProfile} />
    </li>
  );
}
