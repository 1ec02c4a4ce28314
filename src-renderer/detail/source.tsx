import { clsx } from 'clsx';
import { inHalfLines } from './half-lines.ts';

/** Text as it is, in a box. */
export function Source({ text }: { readonly text: string }) {
  return (
    <pre className="mono select-text wrap-anywhere whitespace-pre-wrap rounded-[10px] border border-line bg-panel p-3">
      {text}
    </pre>
  );
}

/** A hex dump, whose lines are never broken: sixteen bytes a line, or eight where there is no room for more. */
export function HexDump({ text }: { readonly text: string }) {
  return (
    <div className="@container">
      <Dump text={text} className="@max-[590px]:hidden" />
      <Dump text={inHalfLines(text)} className="@min-[590px]:hidden" />
    </div>
  );
}

function Dump({ text, className }: { readonly text: string; readonly className: string }) {
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      className={clsx(
        'mono select-text overflow-x-auto rounded-[10px] border border-line bg-panel p-3',
        className,
      )}
    >
      {text}
    </pre>
  );
}
