import { clsx } from 'clsx';
import { Fragment, type ReactNode, useId } from 'react';
import { CopyButton, Fact } from '../components/ui.tsx';

/** Said beside what an earlier registration told. */
export const EARLIER = <span className="text-muted">as of the last registration</span>;
/** Said of what only the core can tell. */
export const NOT_YET = 'known once registered';

type SectionProps = {
  readonly title: string;
  /** At the right of the title. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
};

/** One part of the Registration tab, with its heading. */
export function Section({ title, aside, children }: SectionProps) {
  const id = useId();
  return (
    <section
      aria-labelledby={id}
      className="min-w-0 rounded-[10px] border border-line bg-panel px-4 pt-3 pb-3.5"
    >
      <div className="mb-2 flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <h3 id={id} className="font-semibold">
          {title}
        </h3>
        {aside}
      </div>
      {children}
    </section>
  );
}

/** A URI or the like in full: it breaks after its separators, and anywhere if it must. */
export function Mono({ text, className }: { readonly text: string; readonly className?: string }) {
  return (
    <span className={clsx('mono select-text [overflow-wrap:anywhere]', className)}>
      {text.split(/(?<=[;,@?&])/).map((part, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a text have nothing else to be told apart by.
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {part}
        </Fragment>
      ))}
    </span>
  );
}

type MonoFactProps = {
  readonly name: string;
  /** What the Copy button copies, in words; without it there is none. */
  readonly what?: string;
  readonly text: string | null;
  /** Said in place of a missing text. */
  readonly missing?: string;
};

/** A name and a text that an engineer compares and copies. */
export function MonoFact({ name, what, text, missing = 'none given' }: MonoFactProps) {
  return (
    <Fact name={name}>
      {text === null ? (
        <span className="text-muted">{missing}</span>
      ) : (
        <span className="flex items-baseline gap-2">
          <Mono text={text} className="min-w-0 flex-1" />
          {what !== undefined && <SmallCopy text={text} what={what} />}
        </span>
      )}
    </Fact>
  );
}

/** The same for several texts, one a line. */
export function MonoListFact({ name, what, texts, missing = 'none given' }: MonoListProps) {
  return (
    <Fact name={name}>
      {texts.length === 0 ? (
        <span className="text-muted">{missing}</span>
      ) : (
        <ul>
          {texts.map((text, index) => (
            <li key={text} className="flex items-baseline gap-2">
              <Mono text={text} className="min-w-0 flex-1" />
              <SmallCopy text={text} what={texts.length === 1 ? what : `${what} ${index + 1}`} />
            </li>
          ))}
        </ul>
      )}
    </Fact>
  );
}

type MonoListProps = {
  readonly name: string;
  readonly what: string;
  readonly texts: readonly string[];
  readonly missing?: string;
};

/** Keeps the line's height. */
export function SmallCopy(props: { readonly text: string; readonly what: string }) {
  return (
    <span className="-my-1 shrink-0 text-xs">
      <CopyButton {...props} />
    </span>
  );
}
