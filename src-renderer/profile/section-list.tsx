import { clsx } from 'clsx';
import type { Problems } from './problems.ts';
import { isFieldOf, SECTIONS } from './sections.tsx';

type SectionListProps = {
  readonly current: string;
  readonly problems: Problems;
  readonly show: (title: string) => void;
};

/** The sections of the form, with how much each has to be mended. */
export function SectionList({ current, problems, show }: SectionListProps) {
  return (
    <nav aria-label="Sections" className="w-40 shrink-0 overflow-y-auto border-line border-r p-2">
      <ul className="flex flex-col gap-0.5">
        {SECTIONS.map((section) => {
          const { title } = section;
          const bad = [...problems.keys()].filter((field) => isFieldOf(section, field)).length;
          return (
            <li key={title}>
              <button
                type="button"
                aria-current={current === title ? 'true' : undefined}
                className={clsx(
                  'flex w-full items-center rounded-lg px-2.5 py-1.5 text-left',
                  current === title ? 'bg-selected font-medium' : 'hover:bg-quiet-soft',
                )}
                onClick={() => show(title)}
              >
                <span className="flex-1">{title}</span>
                {bad > 0 && (
                  <span className="rounded-full bg-bad-soft px-1.5 text-bad text-xs leading-[18px]">
                    {bad}
                    <span className="sr-only"> to mend</span>
                  </span>
                )}
              </button>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}
