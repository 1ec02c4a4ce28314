import { TriangleAlert } from 'lucide-react';

/** Sentences about what is odd; nothing where nothing is. */
export function Warnings({ texts }: { readonly texts: readonly string[] }) {
  if (texts.length === 0) return null;
  return (
    <ul aria-label="Warnings" className="flex flex-col gap-1 rounded-lg bg-warn-soft p-2.5 text-warn">
      {[...new Set(texts)].map((text) => (
        <li key={text} className="flex gap-2">
          <TriangleAlert aria-hidden size={14} className="mt-0.5 shrink-0" />
          <span className="min-w-0 select-text break-words">{text}</span>
        </li>
      ))}
    </ul>
  );
}
