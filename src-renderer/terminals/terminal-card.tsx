import { clsx } from 'clsx';
import { MoreHorizontal } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useState } from 'react';
import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { Dot, useNow } from '../components/ui.tsx';
import { formatAddress, formatGruu } from '../format.ts';
import { call, setQuery, useStore } from '../store/store.ts';
import { describeRegistration } from './registration.ts';
import { TerminalDetails } from './terminal-details.tsx';

/** One terminal in the left column: who it is, whether it can be reached, and what can be done with it. */
export function TerminalCard({ terminal }: { readonly terminal: TerminalView }) {
  const selected = useStore((state) => state.query.terminal === terminal.name);
  const [details, setDetails] = useState(false);
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
        onClick={() => void setQuery({ terminal: selected ? null : terminal.name })}
      >
        <span className="flex items-center gap-2 pr-6">
          <Dot tone={tone} />
          <span className="min-w-0 flex-1 truncate font-semibold">{label}</span>
          {terminal.waiting > 0 && (
            <span
              role="img"
              aria-label={`${terminal.waiting} waiting`}
              className="rounded-full bg-accent px-1.5 font-semibold text-[11px] text-on-accent leading-[17px]"
            >
              {terminal.waiting}
            </span>
          )}
        </span>
        <span className="block truncate text-muted">sip:{formatAddress(terminal.aor)}</span>
        {gruu !== null && <span className="mono block truncate text-muted">{formatGruu(gruu)}</span>}
        <span className="block truncate text-muted">{text}</span>
        {detail !== null && <span className="block break-words text-bad">{detail}</span>}
      </button>
      <TerminalMenu terminal={terminal} label={label} showDetails={() => setDetails(true)} />
      {details && <TerminalDetails terminal={terminal} close={() => setDetails(false)} />}
    </li>
  );
}

type MenuProps = {
  readonly terminal: TerminalView;
  readonly label: string;
  readonly showDetails: () => void;
};

function TerminalMenu({ terminal, label, showDetails }: MenuProps) {
  const { name, registration } = terminal;
  const gruus = registration.kind === 'registered' ? registration : null;
  const copy = (text: string) => void call('clipboard.write', { text });
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger
        aria-label={`Actions for ${label}`}
        className="absolute top-1.5 right-1.5 rounded p-1 text-muted hover:bg-quiet-soft"
      >
        <MoreHorizontal aria-hidden size={15} />
      </DropdownMenu.Trigger>
      <DropdownMenu.Content
        align="start"
        className="z-40 min-w-48 rounded-lg border border-line bg-raised p-1 shadow-xl"
      >
        <Item onSelect={showDetails}>Details…</Item>
        <Item onSelect={() => void call('terminal.register', { terminal: name })}>Register</Item>
        <Item onSelect={() => void call('terminal.unregister', { terminal: name })}>Unregister</Item>
        <DropdownMenu.Separator className="my-1 h-px bg-line" />
        <Item onSelect={() => copy(terminal.aor)}>Copy address</Item>
        <Item disabled={!gruus?.pubGruu} onSelect={() => copy(gruus?.pubGruu ?? '')}>
          Copy public GRUU
        </Item>
        <Item disabled={!gruus?.tempGruu} onSelect={() => copy(gruus?.tempGruu ?? '')}>
          Copy temporary GRUU
        </Item>
        <DropdownMenu.Separator className="my-1 h-px bg-line" />
        <Item onSelect={() => void call('terminal.remove', { terminal: name })}>Remove terminal</Item>
      </DropdownMenu.Content>
    </DropdownMenu.Root>
  );
}

function Item(props: DropdownMenu.DropdownMenuItemProps) {
  return (
    <DropdownMenu.Item
      className="rounded px-2 py-1 outline-none data-[disabled]:text-muted data-[highlighted]:bg-selected"
      {...props}
    />
  );
}
