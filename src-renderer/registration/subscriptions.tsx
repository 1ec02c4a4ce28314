import { useState } from 'react';
import type { TerminalView } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { ColumnHeads, type Columns } from './column-heads.tsx';
import { Section } from './section.tsx';
import { SubscribeDialog } from './subscribe-dialog.tsx';
import { SubscriptionRow } from './subscription-row.tsx';

const COLUMNS: Columns = [
  ['Subscription', ''],
  ['State', 'w-[30%]'],
  ['Last NOTIFY', 'w-[22%]'],
  ['Actions', 'w-[150px]'],
];

/** What the terminal has subscribed to, with whom, how it stands and what came last (PRA-SUB-01 to -15). */
export function Subscriptions({ terminal, now }: { readonly terminal: TerminalView; readonly now: number }) {
  const [asking, setAsking] = useState(false);
  const { subscriptions, aor } = terminal;
  return (
    <Section
      title="Subscriptions"
      aside={
        <div className="-my-1 ml-auto">
          <Button title="Sends SUBSCRIBE to any event package" onClick={() => setAsking(true)}>
            Subscribe…
          </Button>
        </div>
      }
    >
      {subscriptions.length === 0 ? (
        <p className="text-muted">
          This terminal subscribes to nothing. Subscribe to ua-profile to have pushes come by NOTIFY, or watch
          any other event package; the profile can keep subscriptions up.
        </p>
      ) : (
        <div className="@container">
          <table className="w-full table-fixed border-collapse text-left @max-xl:block">
            <caption className="sr-only">Subscriptions of {aor}</caption>
            <ColumnHeads columns={COLUMNS} />
            {subscriptions.map((subscription) => (
              <SubscriptionRow
                key={subscription.id}
                terminal={terminal.name}
                subscription={subscription}
                now={now}
              />
            ))}
          </table>
        </div>
      )}
      {asking && <SubscribeDialog terminal={terminal} close={() => setAsking(false)} />}
    </Section>
  );
}
