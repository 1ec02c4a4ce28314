import { useNow } from '../components/ui.tsx';
import { formatCountdown } from '../format.ts';
import { useStore } from '../store/store.ts';

/** How long there is to decide on an offer or a REFER, by the id of its push; nothing when it does not wait. */
export function Countdown({ offer }: { readonly offer: string }) {
  const deadline = useStore((state) => state.app?.deadlines.find((one) => one.offer === offer)?.deadline);
  const now = useNow();
  if (deadline === undefined) return null;
  return (
    <p role="timer" aria-live="off" className="mb-2 text-muted">
      declines itself in{' '}
      <span className="font-bold text-[17px] text-warn tabular-nums">
        {formatCountdown(Date.parse(deadline) - now)}
      </span>
    </p>
  );
}
