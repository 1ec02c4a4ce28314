import { Tabs } from 'radix-ui';
import type { ReactNode } from 'react';

export type Tab = { readonly name: string; readonly content: ReactNode };

/** Views of one push; the first is shown until another is chosen. */
export function TabSet({ tabs }: { readonly tabs: readonly Tab[] }) {
  return (
    <Tabs.Root defaultValue={tabs[0]?.name ?? ''}>
      <Tabs.List aria-label="Views" className="mb-3 flex gap-1 border-line border-b">
        {tabs.map(({ name }) => (
          <Tabs.Trigger
            key={name}
            value={name}
            className="-mb-px border-transparent border-b-2 px-2.5 py-1.5 text-muted data-[state=active]:border-accent data-[state=active]:text-ink"
          >
            {name}
          </Tabs.Trigger>
        ))}
      </Tabs.List>
      {tabs.map(({ name, content }) => (
        <Tabs.Content key={name} value={name}>
          {content}
        </Tabs.Content>
      ))}
    </Tabs.Root>
  );
}
