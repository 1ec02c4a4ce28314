import { useState } from 'react';
import type { PartView } from '../../src-main/ipc/contract.ts';
import { Choice } from '../components/choice.tsx';
import { Chip, CopyButton, Fact } from '../components/ui.tsx';
import { Warnings } from '../components/warnings.tsx';
import { formatBytes } from '../format.ts';
import { FieldsTable } from './fields-table.tsx';
import { PartActions } from './part-actions.tsx';
import { SafeFrame } from './safe-frame.tsx';
import { picturePage, safePage } from './sanitize.ts';
import { HexDump, Source } from './source.tsx';
import type { Which } from './use-content.ts';

type ViewName = 'fields' | 'picture' | 'pretty' | 'text' | 'hex';

const VIEW_WORDS: Readonly<Record<ViewName, string>> = {
  fields: 'Recognised',
  picture: 'Picture',
  pretty: 'Laid out',
  text: 'As sent',
  hex: 'Hex',
};
/** Largest SVG that is rendered, in characters. */
const MAX_SVG_CHARACTERS = 1024 * 1024;
const HTML_NOTE = 'Without scripts, forms, links and anything from outside.';
const SVG_NOTE = 'As a picture: without scripts and anything from outside.';

type PartPanelProps = {
  readonly push: string;
  readonly which: Which;
  readonly parts: readonly PartView[];
  readonly index: number;
  /** False where the content must not leave the window. */
  readonly mayLeave: boolean;
};

/** One part of a content: what it is, what is odd about it, what it says, and what can be done with it. */
export function PartPanel({ push, which, parts, index, mayLeave }: PartPanelProps) {
  const part = parts[index];
  if (part === undefined) return null;
  return (
    <section aria-label="Part" className="flex flex-col gap-3">
      <PartFacts part={part} />
      <Warnings texts={part.warnings} />
      {part.headers.length > 0 && <Names facts={part.headers} />}
      {part.kind === 'leaf' && <Leaf part={part} pictures={picturesOf(parts)} />}
      {part.kind === 'external' && <External part={part} />}
      {mayLeave && part.kind !== 'external' && (
        <PartActions push={push} which={which} index={index} part={part} />
      )}
    </section>
  );
}

function PartFacts({ part }: { readonly part: PartView }) {
  const parameters = part.parameters.filter(({ name }) => part.kind === 'leaf' && name !== 'name');
  const written = [part.contentType, ...parameters.map(({ name, value }) => `${name}=${value}`)].join('; ');
  const facts = [
    part.declared === null ? `no Content-Type, taken as ${part.contentType}` : written,
    formatBytes(part.bytes),
    part.charset === null ? null : `read as ${part.charset}`,
    part.fileName,
    part.disposition,
  ];
  return (
    <p className="flex flex-wrap items-center gap-x-2 gap-y-1 text-muted">
      <span className="min-w-0 break-words">{facts.filter(Boolean).join(' · ')}</span>
      {part.isMismatch && <Chip tone="warn">mismatch</Chip>}
      {part.isTruncated && <Chip tone="warn">beginning only</Chip>}
      {part.runsPrograms && <Chip tone="bad">can run programs</Chip>}
    </p>
  );
}

function Leaf({
  part,
  pictures,
}: {
  readonly part: PartView;
  readonly pictures: ReadonlyMap<string, string>;
}) {
  const views = viewsOf(part);
  const [chosen, setChosen] = useState<ViewName | null>(null);
  const shown = views.find((view) => view === chosen) ?? views[0];
  if (shown === undefined) return <p className="text-muted">It is empty.</p>;
  return (
    <>
      <Rendering part={part} pictures={pictures} />
      <Choice
        label="View"
        options={views.map((view) => [view, VIEW_WORDS[view]] as const)}
        value={shown}
        choose={setChosen}
      />
      <View part={part} name={shown} />
    </>
  );
}

/** What HTML and SVG look like, on request; their source stands below. */
function Rendering({
  part,
  pictures,
}: {
  readonly part: PartView;
  readonly pictures: ReadonlyMap<string, string>;
}) {
  const { html, text } = part;
  if (html !== null) return <SafeFrame makePage={() => safePage(html, pictures)} note={HTML_NOTE} />;
  if (text === null || !isSvg(part) || text.length > MAX_SVG_CHARACTERS) return null;
  return <SafeFrame makePage={() => picturePage(text)} note={SVG_NOTE} />;
}

function View({ part, name }: { readonly part: PartView; readonly name: ViewName }) {
  switch (name) {
    case 'fields':
      return part.fields === null ? null : (
        <FieldsTable title={part.fields.title} fields={part.fields.fields} />
      );
    case 'picture':
      return (
        <img
          src={part.image ?? ''}
          alt={part.label}
          className="max-h-96 max-w-full self-start rounded-lg border border-line"
        />
      );
    case 'pretty':
      return <Source text={part.pretty ?? ''} />;
    case 'hex':
      return (
        <>
          <HexDump text={part.hex} />
          {part.isHexTruncated && <p className="text-muted">Only the beginning is shown.</p>}
        </>
      );
    case 'text':
      return isProse(part) ? <Prose text={part.text ?? ''} /> : <Source text={part.text ?? ''} />;
  }
}

function Prose({ text }: { readonly text: string }) {
  return (
    <pre className="select-text whitespace-pre-wrap break-words rounded-[10px] border border-line bg-panel p-3 font-sans">
      {text}
    </pre>
  );
}

/** Content that lies elsewhere, as the push says; what becomes of it stands above the tabs. */
function External({ part }: { readonly part: PartView }) {
  return (
    <>
      <p className="text-muted">The push only says where this content lies:</p>
      <Names facts={part.parameters} />
    </>
  );
}

function Names({ facts }: { readonly facts: PartView['parameters'] }) {
  return (
    <dl className="select-text">
      {facts.map(({ name, value }, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: names may repeat, and the order is the sender's.
        <Fact key={index} name={name}>
          {/^url$|^uri$/i.test(name) ? (
            <span className="flex items-baseline gap-2">
              <span className="mono min-w-0 break-all">{value}</span>
              <CopyButton text={value} what={name} />
            </span>
          ) : (
            <span className="break-words">{value}</span>
          )}
        </Fact>
      ))}
    </dl>
  );
}

/** The most telling view first. */
function viewsOf(part: PartView): readonly ViewName[] {
  return [
    ...(part.fields === null ? [] : (['fields'] as const)),
    ...(part.image === null ? [] : (['picture'] as const)),
    ...(part.pretty === null ? [] : (['pretty'] as const)),
    ...(part.text === null || part.text === '' ? [] : (['text'] as const)),
    ...(part.bytes === 0 ? [] : (['hex'] as const)),
  ];
}

function isProse(part: PartView): boolean {
  return part.contentType === 'text/plain' && part.html === null;
}

function isSvg({ contentType, sniffedType }: PartView): boolean {
  return contentType === 'image/svg+xml' || sniffedType === 'image/svg+xml';
}

/** Pictures of the same push by Content-ID, for HTML that shows them. */
function picturesOf(parts: readonly PartView[]): ReadonlyMap<string, string> {
  return new Map(
    parts.flatMap(({ contentId, image }) =>
      contentId === null || image === null ? [] : [[contentId, image] as const],
    ),
  );
}
