import type { AppState } from '../../src-main/ipc/contract.ts';
import { useNow } from '../components/ui.tsx';
import { TerminalChoice } from '../registration/terminal-choice.tsx';
import { showApplications, useStore } from '../store/store.ts';
import { ApplicationTable } from './application-table.tsx';
import { Permissions } from './permissions.tsx';
import { TrustSection } from './trust-section.tsx';

/** Where the pushes of one terminal go, and who may push: the selected terminal, else the first. */
export function ApplicationsTab({ app }: { readonly app: AppState }) {
  const selected = useStore((state) => state.query.terminal);
  const only = useStore((state) => state.only);
  const now = useNow();
  const { terminals } = app;
  const terminal = terminals.find(({ name }) => name === selected) ?? terminals[0];
  if (terminal === undefined) {
    return (
      <div className="grid flex-1 place-items-center p-6 text-center text-muted">
        <p>There is no terminal. Add one, and its applications show up here.</p>
      </div>
    );
  }
  return (
    <div className="@container min-w-0 flex-1 overflow-y-auto">
      <div className="flex flex-col gap-3 p-4">
        {only === null && terminals.length > 1 && (
          <TerminalChoice terminals={terminals} chosen={terminal.name} now={now} choose={showApplications} />
        )}
        <h2 className="sr-only">{terminal.displayName ?? terminal.name}</h2>
        <ApplicationTable
          key={`applications of ${terminal.name}`}
          terminal={terminal}
          counts={app.counts}
          permissions={app.permissions}
        />
        <Permissions permissions={app.permissions} />
        <TrustSection key={`trust of ${terminal.name}`} terminal={terminal} />
      </div>
    </div>
  );
}
