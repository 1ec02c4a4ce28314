import { MoreHorizontal } from 'lucide-react';
import { DropdownMenu } from 'radix-ui';
import { useState } from 'react';
import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { call, showRegistration } from '../store/store.ts';
import { exportProfile } from './export-profile.ts';
import { RemoveQuestion } from './remove-question.tsx';

/** Opens the form of a terminal's profile, or of a new one that begins as a copy of it. */
export type EditProfile = (terminal: string, how?: 'edit' | 'copy') => void;

type MenuProps = {
  readonly terminal: TerminalView;
  readonly label: string;
  readonly editProfile: EditProfile;
};

/** What can be done with a terminal, behind the three dots of its card. */
export function TerminalMenu({ terminal, label, editProfile }: MenuProps) {
  const { name, registration } = terminal;
  const registered = registration.kind === 'registered' ? registration : null;
  const [removing, setRemoving] = useState(false);
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
        <Item onSelect={() => showRegistration(name)}>Details…</Item>
        <Item onSelect={() => void call('terminal.openWindow', { terminal: name })}>Open in own window</Item>
        <Line />
        <Item onSelect={() => void call('terminal.register', { terminal: name })}>
          {registered?.withdrawn ? 'Offer push again' : 'Register'}
        </Item>
        <Item
          disabled={registered === null || registered.withdrawn}
          onSelect={() => void call('terminal.withdraw', { terminal: name })}
        >
          Withdraw push
        </Item>
        <Item
          disabled={registration.kind === 'unregistered'}
          onSelect={() => void call('terminal.unregister', { terminal: name })}
        >
          Unregister
        </Item>
        <Line />
        <Item onSelect={() => copy(terminal.aor)}>Copy address</Item>
        <Item disabled={!registered?.pubGruu} onSelect={() => copy(registered?.pubGruu ?? '')}>
          Copy public GRUU
        </Item>
        <Item disabled={!registered?.tempGruu} onSelect={() => copy(registered?.tempGruu ?? '')}>
          Copy temporary GRUU
        </Item>
        <Line />
        <Item onSelect={() => editProfile(name)}>Edit profile…</Item>
        <Item onSelect={() => editProfile(name, 'copy')}>Duplicate…</Item>
        <Item onSelect={() => void exportProfile(name)}>Export profile…</Item>
        <Item onSelect={() => setRemoving(true)}>Remove terminal…</Item>
      </DropdownMenu.Content>
      {removing && <RemoveQuestion name={name} label={label} close={() => setRemoving(false)} />}
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

function Line() {
  return <DropdownMenu.Separator className="my-1 h-px bg-line" />;
}
