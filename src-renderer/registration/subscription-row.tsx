import { ChevronRight } from 'lucide-react';
import { useId, useState } from 'react';
import type { NotifyView, SubscriptionView } from '../../src-main/ipc/contract.ts';
import { Button, Chip } from '../components/ui.tsx';
import { formatBytes, formatPreciseTime } from '../format.ts';
import { call, showPush } from '../store/store.ts';
import { NotifyTexts } from './notify-texts.tsx';
import { Mono } from './section.tsx';
import { describeSubscription, ORIGIN_WORDS, splitEvent } from './subscription-words.ts';

type RowProps = {
  readonly terminal: string;
  readonly subscription: SubscriptionView;
  readonly now: number;
};

/** One subscription: a line, and below it on demand what came as it came. */
export function SubscriptionRow({ terminal, subscription, now }: RowProps) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const { event, target, application, origin, notifies, lastNotify } = subscription;
  const { name, parameters } = splitEvent(event);
  const { tone, word, detail } = describeSubscription(subscription, now);
  const isTimed = subscription.state.kind === 'active' || subscription.state.kind === 'pending';
  return (
    <tbody className="border-line border-t @max-xl:block">
      <tr className="@max-xl:*:block @max-xl:*:w-full @max-xl:block @max-xl:py-1 @max-xl:*:py-0.5! *:py-1.5 *:pr-3 *:align-baseline">
        <th scope="row" className="font-normal">
          <span className="font-medium">{name}</span>{' '}
          <span className="text-muted">
            {application === null ? '' : `for ${application} · `}
            {ORIGIN_WORDS[origin]}
          </span>
          <Mono text={target} className="block" />
        </th>
        <td>
          <Chip tone={tone}>{word}</Chip>{' '}
          <span
            {...(isTimed ? { role: 'timer' } : {})}
            className="select-text break-words text-muted tabular-nums"
          >
            {detail}
          </span>
        </td>
        <td className="@max-xl:before:text-muted @max-xl:before:content-['Last_NOTIFY_']">
          <LastNotify terminal={terminal} notify={lastNotify} />
        </td>
        <td className="pr-0! text-right @max-xl:text-left">
          <Actions terminal={terminal} subscription={subscription} name={`${name} with ${target}`} />
        </td>
      </tr>
      <tr className="@max-xl:block">
        <td colSpan={4} className="pb-1.5 @max-xl:block">
          <button
            type="button"
            aria-expanded={open}
            aria-controls={id}
            aria-label={`Details of ${name} with ${target}`}
            className="-mx-1 flex items-center gap-1 rounded px-1 text-muted"
            onClick={() => setOpen(!open)}
          >
            <ChevronRight aria-hidden size={13} className={open ? 'rotate-90' : undefined} />
            {notifies === 1 ? 'Details, 1 NOTIFY' : `Details, ${notifies} NOTIFYs`}
          </button>
          <div id={id} hidden={!open} className="mt-2">
            {open && (
              <NotifyTexts
                terminal={terminal}
                subscription={subscription}
                parameters={parameters}
                now={now}
              />
            )}
          </div>
        </td>
      </tr>
    </tbody>
  );
}

function LastNotify({ terminal, notify }: { readonly terminal: string; readonly notify: NotifyView | null }) {
  if (notify === null) return <span className="text-muted">none yet</span>;
  const { at, contentType, bytes, code, push } = notify;
  const type = contentType?.split(';')[0]?.trim() ?? null;
  return (
    <>
      <time dateTime={at} className="tabular-nums">
        {formatPreciseTime(at)}
      </time>{' '}
      <span className="break-words text-muted">
        {bytes === 0 ? 'no content' : `${type ?? 'no type'} · ${formatBytes(bytes)}`}
        {code !== 200 && ` · answered ${code}`}
      </span>
      {push !== null && (
        <Button look="link" className="-my-1 block" onClick={() => void showPush(terminal, push)}>
          Open the push
        </Button>
      )}
    </>
  );
}

type ActionsProps = {
  readonly terminal: string;
  readonly subscription: SubscriptionView;
  /** What it is called to those who cannot see the row. */
  readonly name: string;
};

function Actions({ terminal, subscription, name }: ActionsProps) {
  const { id, state, origin } = subscription;
  const act = (what: 'stop' | 'restart' | 'forget' | 'refresh') =>
    void call(`subscription.${what}`, { terminal, subscription: id });
  const isOver = state.kind === 'ended';
  const isOpen = state.kind === 'active' || state.kind === 'pending';
  return (
    <span className="inline-flex flex-wrap justify-end gap-1.5">
      {isOpen && (
        <Button
          className="px-2! py-1!"
          aria-label={`Refresh ${name}`}
          title="Sends SUBSCRIBE again now"
          onClick={() => act('refresh')}
        >
          Refresh
        </Button>
      )}
      {isOver && (
        <Button
          className="px-2! py-1!"
          aria-label={`Subscribe to ${name} again`}
          title="Subscribes now"
          onClick={() => act('restart')}
        >
          Subscribe
        </Button>
      )}
      {isOver && state.retryAt === null && origin !== 'profile' && (
        <Button
          className="px-2! py-1!"
          aria-label={`Remove ${name}`}
          title="Takes it from the list"
          onClick={() => act('forget')}
        >
          Remove
        </Button>
      )}
      {(!isOver || state.retryAt !== null) && (
        <Button
          className="px-2! py-1!"
          aria-label={`Stop ${name}`}
          title="Unsubscribes with Expires: 0"
          onClick={() => act('stop')}
        >
          Stop
        </Button>
      )}
    </span>
  );
}
