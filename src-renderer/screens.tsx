import { Tabs } from 'radix-ui';
import { type ReactNode, useEffect } from 'react';
import { flushSync } from 'react-dom';
import type { AppState } from '../src-main/ipc/contract.ts';
import { ApplicationsTab } from './applications/applications-tab.tsx';
import { Detail } from './detail/detail.tsx';
import { InboxList } from './inbox/inbox-list.tsx';
import { RegistrationTab } from './registration/registration-tab.tsx';
import { type Screen, showScreen, useStore } from './store/store.ts';
import type { EditProfile } from './terminals/terminal-menu.tsx';
import { TraceTab } from './trace/trace-tab.tsx';

/** In the order of Ctrl+1, Ctrl+2 … */
const SCREENS: readonly (readonly [Screen, string])[] = [
  ['inbox', 'Inbox'],
  ['registration', 'Registration'],
  ['applications', 'Applications'],
  ['trace', 'Trace'],
];

/** Screens with a search field of their own. */
const WITH_SEARCH: readonly Screen[] = ['inbox', 'trace'];

type ScreensProps = {
  readonly app: AppState;
  /** What stands in the header before and after the tabs. */
  readonly before: ReactNode;
  readonly after?: ReactNode;
  readonly editProfile: EditProfile;
};

/** The header with its tabs, and what the chosen one shows. */
export function Screens({ app, before, after, editProfile }: ScreensProps) {
  const screen = useStore((state) => state.screen);
  useShortcuts();
  return (
    <Tabs.Root
      value={screen}
      onValueChange={(value) => showScreen(value as Screen)}
      className="flex min-h-0 min-w-0 flex-1 flex-col"
    >
      <header className="flex min-h-12 shrink-0 flex-wrap items-center gap-x-3 max-[640px]:pb-1.5 border-line border-b px-3.5">
        {before}
        <Tabs.List aria-label="Screens" className="flex gap-1">
          {SCREENS.map(([value, title], index) => (
            <Tabs.Trigger
              key={value}
              value={value}
              aria-keyshortcuts={`Control+${index + 1}`}
              title={`Ctrl+${index + 1}`}
              className="rounded-lg px-3 py-1.5 text-muted hover:text-ink data-[state=active]:bg-selected data-[state=active]:font-medium data-[state=active]:text-ink"
            >
              {title}
            </Tabs.Trigger>
          ))}
        </Tabs.List>
        <div className="ml-auto shrink-0">{after}</div>
      </header>
      <main className="flex min-h-0 flex-1">
        {/* A hidden screen is unmounted: Enter in one must never accept an offer in the other. */}
        <Tabs.Content value="inbox" className="flex min-w-0 flex-1 -outline-offset-2 max-[760px]:flex-col">
          <InboxList app={app} />
          <Detail />
        </Tabs.Content>
        <Tabs.Content value="registration" className="flex min-w-0 flex-1 -outline-offset-2">
          <RegistrationTab terminals={app.terminals} editProfile={editProfile} />
        </Tabs.Content>
        <Tabs.Content value="applications" className="flex min-w-0 flex-1 -outline-offset-2">
          <ApplicationsTab app={app} />
        </Tabs.Content>
        <Tabs.Content value="trace" className="flex min-w-0 flex-1 -outline-offset-2">
          <TraceTab app={app} />
        </Tabs.Content>
      </main>
    </Tabs.Root>
  );
}

/** The title of the screen that is shown. */
export function useScreenTitle(): string {
  const screen = useStore((state) => state.screen);
  return SCREENS.find(([value]) => value === screen)?.[1] ?? '';
}

function useShortcuts(): void {
  useEffect(() => {
    const choose = (event: KeyboardEvent) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
      const chosen = SCREENS[Number(event.key) - 1]?.[0];
      if (chosen !== undefined) {
        event.preventDefault();
        showScreen(chosen);
      } else if (event.key.toLowerCase() === 'k' && !WITH_SEARCH.includes(useStore.getState().screen)) {
        // Brings the search field in before it hears of the same key.
        flushSync(() => showScreen('inbox'));
        document.querySelector<HTMLInputElement>('input[type="search"]')?.focus();
        event.preventDefault();
      }
    };
    window.addEventListener('keydown', choose);
    return () => window.removeEventListener('keydown', choose);
  }, []);
}
