import { CircleHelp } from 'lucide-react';
import { Popover } from 'radix-ui';
import { useState } from 'react';

const KEYS: readonly (readonly [key: string, what: string, example: string])[] = [
  ['from:', 'the sender', 'from:psa@push.test'],
  ['app:', 'the application', 'app:mms'],
  ['file:', 'the name of a file', 'file:"my picture"'],
  ['type:', 'the content type', 'type:text/plain'],
  ['id:', 'a Call-ID, or an MSRP Message-ID', 'id:7f3a'],
  ['terminal:', 'the name of a terminal', 'terminal:bob-desk'],
  ['method:', 'MESSAGE, INVITE, NOTIFY or REFER', 'method:invite'],
  [
    'state:',
    'received, waiting, receiving, completed, reported, declined, cancelled, failed or refused',
    'state:failed',
  ],
  ['code:', 'the SIP status that was answered', 'code:403'],
  ['is:', 'unread, read or pinned', 'is:unread'],
  ['after:', 'a day, a time, or an age', 'after:7d'],
  ['before:', 'the same', 'before:2026-11-21'],
];

type HelpProps = {
  /** Adds a condition to the search. */
  readonly insert: (text: string) => void;
  /** Gives the field the focus. */
  readonly focus: () => void;
};

/** The search language: each key and each example goes into the search with a click. */
export function SearchHelp({ insert, focus }: HelpProps) {
  const [isOpen, setOpen] = useState(false);
  const use = (text: string) => {
    insert(text);
    setOpen(false);
  };
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger
        aria-label="How to search"
        title="How to search"
        className="shrink-0 rounded-lg p-1.5 text-muted hover:bg-quiet-soft hover:text-ink"
      >
        <CircleHelp aria-hidden size={16} />
      </Popover.Trigger>
      <Popover.Content
        aria-label="How to search"
        align="start"
        collisionPadding={12}
        className="z-40 max-h-[78vh] w-[430px] overflow-y-auto rounded-xl border border-line bg-raised p-4 shadow-xl"
        onCloseAutoFocus={(event) => {
          event.preventDefault();
          focus();
        }}
      >
        <p className="mb-2.5 text-muted">
          All words must be found: in sender, application, Call-ID, file names or text. Quotes keep words
          together, a minus leaves out: <span className="mono">-from:psa</span>
        </p>
        <table className="w-full">
          <tbody>
            {KEYS.map(([key, what, example]) => (
              <tr key={key}>
                <th scope="row" className="w-20 py-0.5 text-left align-top">
                  <Insert text={key} use={use} />
                </th>
                <td className="px-2 py-0.5 align-top text-muted">{what}</td>
                <td className="py-0.5 text-right align-top">
                  <Insert text={example} use={use} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </Popover.Content>
    </Popover.Root>
  );
}

function Insert({ text, use }: { readonly text: string; readonly use: (text: string) => void }) {
  return (
    <button
      type="button"
      aria-label={`Search for ${text}`}
      className="mono whitespace-nowrap rounded px-1 text-info hover:bg-info-soft"
      onClick={() => use(text)}
    >
      {text}
    </button>
  );
}
