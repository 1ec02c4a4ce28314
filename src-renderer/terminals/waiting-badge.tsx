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
