import { useEffect, useState } from 'react';

/** What has the focus; for an item of a menu, which goes with its menu, the button that opened it. */
export function focusAnchor(): HTMLElement | null {
  const active = document.activeElement;
  const opener = active?.closest('[role="menu"]')?.getAttribute('aria-labelledby');
  const anchor = opener ? document.getElementById(opener) : active;
  return anchor instanceof HTMLElement ? anchor : null;
}

/** Gives the focus back, when what uses this goes, to what had it when that came. */
export function useFocusReturn(): void {
  const [anchor] = useState(focusAnchor);
  useEffect(
    () => () => {
      // Only then is a dialog gone that keeps the focus from everything outside of it.
      setTimeout(() => anchor?.focus());
    },
    [anchor],
  );
}
