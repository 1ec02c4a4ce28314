import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { useNow } from '../components/ui.tsx';
import { showRegistration, useStore } from '../store/store.ts';
import type { EditProfile } from '../terminals/terminal-menu.tsx';
import { Addresses } from './addresses.tsx';
import { Applications } from './applications.tsx';
import { Bindings } from './bindings.tsx';
import { Connection } from './connection.tsx';
import { CoreFeatures } from './core-features.tsx';
import { Head } from './head.tsx';
import { LastExchange } from './last-exchange.tsx';
import { Publication } from './publication.tsx';
import { Subscriptions } from './subscriptions.tsx';
import { TerminalChoice } from './terminal-choice.tsx';

type RegistrationTabProps = {
  readonly terminals: readonly TerminalView[];
  readonly editProfile: EditProfile;
};

/** How one terminal stands with its core: the selected one, else the first. */
export function RegistrationTab({ terminals, editProfile }: RegistrationTabProps) {
  const selected = useStore((state) => state.query.terminal);
  const only = useStore((state) => state.only);
  const now = useNow();
  const terminal = terminals.find(({ name }) => name === selected) ?? terminals[0];
  if (terminal === undefined) {
    return (
      <div className="grid flex-1 place-items-center p-6 text-center text-muted">
        <p>There is no terminal. Add one, and its registration shows up here.</p>
      </div>
    );
  }
  return (
    <div className="@container min-w-0 flex-1 overflow-y-auto">
      <div className="flex flex-col gap-3 p-4">
        {only === null && terminals.length > 1 && (
          <TerminalChoice terminals={terminals} chosen={terminal.name} now={now} choose={showRegistration} />
        )}
        <Head terminal={terminal} now={now} editProfile={editProfile} />
        <Bindings terminal={terminal} now={now} />
        <Subscriptions key={`${terminal.name} subscriptions`} terminal={terminal} now={now} />
        <div className="grid gap-3 @4xl:grid-cols-2">
          <div className="flex min-w-0 flex-col gap-3">
            <Addresses terminal={terminal} />
            <Applications
              key={terminal.name}
              terminal={terminal.name}
              applications={terminal.applications}
              withdrawn={terminal.registration.kind === 'registered' && terminal.registration.withdrawn}
            />
          </div>
          <div className="flex min-w-0 flex-col gap-3">
            <Connection terminal={terminal} />
            <CoreFeatures terminal={terminal} />
            <Publication terminal={terminal} now={now} />
          </div>
        </div>
        <LastExchange terminal={terminal} />
      </div>
    </div>
  );
}
