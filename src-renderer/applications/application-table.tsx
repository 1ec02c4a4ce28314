import { Pencil, Shapes, X } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import {
  type ApplicationCount,
  type ApplicationHandler,
  type AppPermissions,
  applicationKey,
  type Counts,
  sameApplication,
  type TerminalView,
} from '../../src-main/ipc/contract.ts';
import { Chip } from '../components/ui.tsx';
import { AddApplication, useServed } from '../registration/add-application.tsx';
import { Section } from '../registration/section.tsx';
import { attempt, notify, showPushesFor } from '../store/store.ts';
import { ApplicationDialog } from './application-dialog.tsx';
import { changeProfile } from './change-profile.ts';
import { ACTION_WORDS, NOTIFY_WORDS, targetOf } from './handler-words.ts';
import { handlerFor } from './label.ts';

type TableProps = {
  readonly terminal: TerminalView;
  /** Of all pushes: when they change, those of the applications may have. */
  readonly counts: Counts;
  readonly permissions: AppPermissions;
};

/** The applications of a terminal, and what becomes of their pushes. */
export function ApplicationTable({ terminal, counts, permissions }: TableProps) {
  const { name, applications, handlers } = terminal;
  const [edited, setEdited] = useState<ApplicationHandler | null>(null);
  const served = useServed(name);
  const input = useRef<HTMLInputElement>(null);
  const tally = useTally(name, counts);
  const unserved = handlers
    .map(({ application }) => application)
    .filter((one) => !applications.some((known) => sameApplication(known, one)));
  const rows = [...applications, ...unserved].map(
    (application): Row => ({
      application,
      served: !unserved.includes(application),
      handler: handlerFor(handlers, application) ?? {
        application,
        action: { kind: 'inbox' },
        notify: 'content',
      },
      count: tally.find((one) => one.application === applicationKey(application)),
    }),
  );
  const remove = async (application: string) => {
    // The button goes with its row; the focus must stay nearby.
    input.current?.focus();
    const problem = await changeProfile(name, (profile) => ({
      ...profile,
      applications: profile.applications.filter((one) => !sameApplication(one, application)),
      handlers: profile.handlers.filter((one) => !sameApplication(one.application, application)),
    }));
    if (problem !== null) notify('error', problem);
  };
  return (
    <Section title="Applications">
      <div className="-mx-1 overflow-x-auto px-1">
        <table className="mb-3 w-full border-collapse">
          <thead>
            <tr className="border-line border-b text-left text-muted">
              <th className="py-1.5 pr-3 font-normal">Application</th>
              <th className="py-1.5 pr-3 font-normal">Handling</th>
              <th className="py-1.5 pr-3 font-normal">Notification</th>
              <th className="py-1.5 pr-3 text-right font-normal">Pushes</th>
              <th className="w-16 py-1.5 font-normal">
                <span className="sr-only">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <ApplicationRow
                key={row.application}
                row={row}
                permissions={permissions}
                isLast={row.served && applications.length === 1}
                show={() => showPushesFor(name, row.application)}
                edit={() => setEdited(row.handler)}
                remove={() => void remove(row.application)}
              />
            ))}
          </tbody>
        </table>
      </div>
      <div className="max-w-lg">
        <AddApplication applications={applications} served={served} input={input} />
      </div>
      {edited !== null && (
        <ApplicationDialog
          terminal={name}
          handler={edited}
          permissions={permissions}
          close={() => setEdited(null)}
        />
      )}
    </Section>
  );
}

type Row = {
  readonly application: string;
  readonly served: boolean;
  readonly handler: ApplicationHandler;
  readonly count: ApplicationCount | undefined;
};

type RowProps = {
  readonly row: Row;
  readonly permissions: AppPermissions;
  /** It must stay: a terminal serves at least one. */
  readonly isLast: boolean;
  readonly show: () => void;
  readonly edit: () => void;
  readonly remove: () => void;
};

const KEEPS: Readonly<Record<ApplicationHandler['action']['kind'], string>> = {
  inbox: 'kept in the inbox',
  folder: 'kept, and saved to',
  notify: 'notified, and marked as read',
  command: 'kept, and handed to',
  webhook: 'kept, and sent to',
};

function ApplicationRow({ row, permissions, isLast, show, edit, remove }: RowProps) {
  const { application, served, handler, count } = row;
  const { name, icon, action } = handler;
  const target = targetOf(action);
  const off =
    (action.kind === 'command' && !permissions.commands) ||
    (action.kind === 'webhook' && !permissions.webhooks);
  return (
    <tr className="border-line border-b align-middle">
      <th scope="row" className="py-2 pr-3 text-left font-normal">
        <span className="flex items-center gap-2.5">
          <span
            aria-hidden
            className="grid size-8 shrink-0 place-items-center rounded-lg bg-quiet-soft text-base text-muted leading-none"
          >
            {icon ?? <Shapes size={15} />}
          </span>
          <span className="min-w-0">
            {name !== undefined && <span className="block font-semibold">{name}</span>}
            <span className="mono select-text break-all text-muted">{application}</span>{' '}
            {!served && <Chip tone="quiet">not served</Chip>}
          </span>
        </span>
      </th>
      <td className="py-2 pr-3" title={ACTION_WORDS[action.kind]}>
        <span>{KEEPS[action.kind]}</span> {off && <Chip tone="warn">turned off</Chip>}
        {target !== null && (
          <span className="mono block max-w-80 truncate text-muted @4xl:max-w-[28rem]" title={target}>
            {target}
          </span>
        )}
      </td>
      <td className="py-2 pr-3">{NOTIFY_WORDS[handler.notify]}</td>
      <td className="whitespace-nowrap py-2 pr-3 text-right">
        <button
          type="button"
          className="rounded px-1 text-info tabular-nums hover:underline disabled:text-muted disabled:no-underline"
          disabled={count === undefined}
          aria-label={`Show ${count?.total === 1 ? '1 push' : `${count?.total ?? 0} pushes`} for ${application}, ${count?.unread ?? 0} unread`}
          onClick={show}
        >
          {count !== undefined && count.unread > 0 && (
            <span className="mr-1.5 rounded-full bg-accent px-1.5 font-semibold text-[11px] text-on-accent">
              {count.unread} new
            </span>
          )}
          {count?.total ?? 0}
        </button>
      </td>
      <td className="whitespace-nowrap py-2 text-right">
        <button
          type="button"
          aria-label={`Edit ${application}`}
          title={`Edit ${application}`}
          className="rounded p-1.5 text-muted hover:bg-quiet-soft hover:text-ink"
          onClick={edit}
        >
          <Pencil aria-hidden size={14} />
        </button>
        <button
          type="button"
          aria-label={`Remove ${application}`}
          title={
            isLast
              ? 'At least one application must stay; add another one first.'
              : `Stop serving ${application}, and forget how`
          }
          disabled={isLast}
          className="rounded p-1.5 text-muted hover:bg-quiet-soft hover:text-bad disabled:opacity-40"
          onClick={remove}
        >
          <X aria-hidden size={14} />
        </button>
      </td>
    </tr>
  );
}

/** Counts by application, read again whenever any count of history has changed. */
function useTally(terminal: string, counts: Counts): readonly ApplicationCount[] {
  const [tally, setTally] = useState<readonly ApplicationCount[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the counts say when, not what.
  useEffect(() => {
    let wanted = true;
    void attempt('application.counts', { terminal }).then((answer) => {
      if (wanted && answer.kind === 'ok') setTally(answer.value ?? []);
    });
    return () => {
      wanted = false;
    };
  }, [terminal, counts]);
  return tally;
}
