import { useNow } from '../components/ui.tsx';
import { formatCountdown } from '../format.ts';
import { useStore } from '../store/store.ts';

type CountdownProps = {
  /** Id of the push. */
  readonly offer: string;
  /** Files that a rule takes when time runs out. */
  readonly ruled?: number;
};

/** How long there is to decide on an offer or a REFER; nothing when it does not wait. */
export function Countdown({ offer, ruled = 0 }: CountdownProps) {
  const deadline = useStore((state) => state.app?.deadlines.find((one) => one.offer === offer)?.deadline);
  const now = useNow();
  if (deadline === undefined) return null;
  return (
    <p role="timer" aria-live="off" className="mb-2 text-muted first-letter:uppercase">
      {ruled === 0
        ? 'declines itself in'
        : `takes the ${ruled === 1 ? 'file' : `${ruled} files`} that a rule accepts in`}{' '}
      <span className="font-bold text-[17px] text-warn tabular-nums">
        {formatCountdown(Date.parse(deadline) - now)}
      </span>
    </p>
  );
}
