import { TriangleAlert } from 'lucide-react';
import type { AppPermissions } from '../../src-main/ipc/contract.ts';
import { Section } from '../registration/section.tsx';
import { call } from '../store/store.ts';

/** The app's own switches for what handlers may start. */
export function Permissions({ permissions }: { readonly permissions: AppPermissions }) {
  const change = (one: Partial<AppPermissions>) => void call('app.permit', { ...permissions, ...one });
  const on = permissions.commands || permissions.webhooks;
  return (
    <Section
      title="Commands and webhooks"
      aside={<span className="text-muted">for all terminals on this computer</span>}
    >
      <div className="flex flex-wrap gap-x-6 gap-y-1.5">
        <label className="flex items-center gap-2 font-medium">
          <input
            type="checkbox"
            checked={permissions.commands}
            onChange={(event) => change({ commands: event.target.checked })}
          />
          Run commands
        </label>
        <label className="flex items-center gap-2 font-medium">
          <input
            type="checkbox"
            checked={permissions.webhooks}
            onChange={(event) => change({ webhooks: event.target.checked })}
          />
          Call local webhooks
        </label>
      </div>
      {on ? (
        <p role="status" className="mt-2 flex items-start gap-2 rounded-lg bg-warn-soft p-2.5 text-warn">
          <TriangleAlert aria-hidden size={16} className="mt-0.5 shrink-0" />
          <span>
            Whoever may push can set off what the handlers name, with content of their choice. Commands run as
            you, with all your rights. Allow only senders you trust, and only programs made for hostile input.
          </span>
        </p>
      ) : (
        <p className="mt-1 text-muted">
          Off: such handlers only say so in Delivery, and no profile can turn them on. Before you do: whoever
          may push then sets off what the handlers name, with content of their choice and all your rights.
        </p>
      )}
    </Section>
  );
}
