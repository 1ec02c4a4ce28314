import { clsx } from 'clsx';
import type { PartView } from '../../src-main/ipc/contract.ts';
import { Chip } from '../components/ui.tsx';
import { formatBytes } from '../format.ts';

/** Steps that are indented; deeper parts stand there too. */
const INDENTS = ['pl-2.5', 'pl-7', 'pl-11', 'pl-15', 'pl-19'] as const;
const DEEPEST = INDENTS.length - 1;
const ROLES = { root: 'root', preferred: 'preferred' } as const;

type PartListProps = {
  readonly parts: readonly PartView[];
  readonly chosen: number;
  readonly choose: (index: number) => void;
};

/** What a container holds, one line a part; one is picked to be looked at. */
export function PartList({ parts, chosen, choose }: PartListProps) {
  return (
    <ul aria-label="Parts" className="overflow-hidden rounded-[10px] border border-line bg-panel">
      {parts.map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: parts are known by their place and never move.
        <li key={index} className="border-line border-b last:border-b-0">
          <button
            type="button"
            aria-pressed={index === chosen}
            className={clsx(
              'flex w-full items-center gap-2 py-1.5 pr-2.5 text-left -outline-offset-2',
              INDENTS[Math.min(part.depth, DEEPEST)],
              index === chosen ? 'bg-selected' : 'hover:bg-quiet-soft',
            )}
            onClick={() => choose(index)}
          >
            <span className="min-w-0 flex-1 truncate">
              <span className="font-medium">{part.label}</span>
              {part.contentType !== part.label && <span className="text-muted"> · {part.contentType}</span>}
              {part.fileName !== null && part.fileName !== part.label && (
                <span className="text-muted"> · {part.fileName}</span>
              )}
            </span>
            {part.role !== null && <Chip tone="info">{ROLES[part.role]}</Chip>}
            {part.isMismatch && <Chip tone="warn">mismatch</Chip>}
            {part.runsPrograms && <Chip tone="bad">can run programs</Chip>}
            <span className="w-16 shrink-0 text-right text-muted tabular-nums">
              {formatBytes(part.bytes)}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
