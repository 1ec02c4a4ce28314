import { clsx } from 'clsx';
import { type ButtonHTMLAttributes, type ReactNode, useEffect, useReducer } from 'react';
import { call, notify } from '../store/store.ts';

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'quiet';

const CHIPS: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok-soft text-ok',
  warn: 'bg-warn-soft text-warn',
  bad: 'bg-bad-soft text-bad',
  info: 'bg-info-soft text-info',
  quiet: 'bg-quiet-soft text-quiet',
};
const DOTS: Readonly<Record<Tone, string>> = {
  ok: 'bg-ok',
  warn: 'bg-warn',
  bad: 'bg-bad',
  info: 'bg-info',
  quiet: 'bg-muted',
};

/** A state as a word in a coloured chip. */
export function Chip({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return (
    <span
      className={clsx(
        'inline-block shrink-0 whitespace-nowrap rounded-[5px] px-1.5 text-xs leading-[18px]',
        CHIPS[tone],
      )}
    >
      {children}
    </span>
  );
}

/** A dot beside a word that says the same. */
export function Dot({ tone }: { readonly tone: Tone }) {
  return <span aria-hidden className={clsx('inline-block size-2 shrink-0 rounded-full', DOTS[tone])} />;
}

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  readonly look?: 'main' | 'plain' | 'danger' | 'link';
};

const BUTTONS: Readonly<Record<NonNullable<ButtonProps['look']>, string>> = {
  main: 'bg-accent text-on-accent border-transparent font-medium hover:brightness-110 px-3 py-1.5',
  plain: 'bg-raised text-ink border-line hover:bg-quiet-soft px-3 py-1.5',
  danger: 'bg-raised text-bad border-line hover:bg-bad-soft px-3 py-1.5',
  link: 'border-transparent text-info hover:underline px-1 py-0.5',
};

export function Button({ look = 'plain', className, type = 'button', ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={clsx('rounded-lg border disabled:opacity-50', BUTTONS[look], className)}
      {...rest}
    />
  );
}

/** Copies a text and says so. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <Button
      look="link"
      className="-my-1"
      aria-label={`Copy ${what}`}
      title={`Copy ${what}`}
      onClick={() => void call('clipboard.write', { text }).then(() => notify('info', `Copied the ${what}.`))}
    >
      Copy
    </Button>
  );
}

/** A bar for a share of 100, or a bar without a figure while the total is not known. */
export function ProgressBar({ label, percent }: { readonly label: string; readonly percent: number | null }) {
  return (
    <div
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(percent === null ? {} : { 'aria-valuenow': percent })}
      className="h-1 w-full overflow-hidden rounded-full bg-quiet-soft"
    >
      <div className="h-full rounded-full bg-accent" style={{ width: `${percent ?? 100}%` }} />
    </div>
  );
}

/** Milliseconds now, once a second, for countdowns. */
export function useNow(): number {
  const [, tick] = useReducer((ticks: number) => ticks + 1, 0);
  useEffect(() => {
    const timer = setInterval(tick, 1000);
    return () => clearInterval(timer);
  }, []);
  // Of this moment, not of the last tick: what came since then must not seem to last longer than it does.
  return Date.now();
}

/** A name and its value, in a list of such. */
export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div className="flex items-baseline gap-3 py-0.5">
      <dt className="w-32 shrink-0 text-muted">{name}</dt>
      <dd className="min-w-0 flex-1 break-words">{children}</dd>
    </div>
  );
}
