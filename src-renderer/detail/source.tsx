/** Text as it is, in a box. */
export function Source({ text }: { readonly text: string }) {
  return (
    <pre className="mono select-text wrap-anywhere whitespace-pre-wrap rounded-[10px] border border-line bg-panel p-3">
      {text}
    </pre>
  );
}

/** A hex dump, whose lines are never broken. */
export function HexDump({ text }: { readonly text: string }) {
  return (
    <pre
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
      tabIndex={0}
      className="mono select-text overflow-x-auto rounded-[10px] border border-line bg-panel p-3"
    >
      {text}
    </pre>
  );
}
