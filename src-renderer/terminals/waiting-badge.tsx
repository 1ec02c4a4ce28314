/** How many offers wait for the user; nothing when none does. */
export function WaitingBadge({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return (
    <span
      role="img"
      aria-label={`${count} waiting`}
      className="rounded-full bg-accent px-1.5 font-semibold text-[11px] text-on-accent leading-[17px]"
    >
      {count}
    </span>
  );
}

/** How many pushes nobody has read; nothing when all are. */
export function UnreadBadge({ count }: { readonly count: number }) {
  if (count === 0) return null;
  return (
    <span
      role="img"
      aria-label={`${count} unread`}
      className="rounded-full bg-quiet-soft px-1.5 text-[11px] text-quiet tabular-nums leading-[17px]"
    >
      {count > 9_999 ? '9999+' : count}
    </span>
  );
}
