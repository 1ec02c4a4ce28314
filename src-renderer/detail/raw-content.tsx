import { useState } from 'react';
import type { RawView } from '../../src-main/ipc/contract.ts';
import { Choice } from '../components/choice.tsx';
import { formatBytes } from '../format.ts';
import { HexDump, Source } from './source.tsx';

const VIEWS = [
  ['text', 'Text'],
  ['hex', 'Hex'],
] as const;

/** A content exactly as it came, encodings and boundaries included. */
export function RawContent({ raw }: { readonly raw: RawView }) {
  const [view, setView] = useState<'text' | 'hex'>('text');
  const text = view === 'text' ? raw.text : null;
  const isCut = text === null ? raw.isHexTruncated : raw.isTextTruncated;
  const facts = [
    formatBytes(raw.bytes),
    raw.text === null ? 'binary' : text === null ? null : `read as ${raw.charset}`,
    isCut ? 'only the beginning is shown' : null,
  ];
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-3">
        {raw.text !== null && <Choice label="Raw view" options={VIEWS} value={view} choose={setView} />}
        <p className="text-muted">{facts.filter(Boolean).join(' · ')}</p>
      </div>
      {text === null ? <HexDump text={raw.hex} /> : <Source text={text} />}
    </div>
  );
}
