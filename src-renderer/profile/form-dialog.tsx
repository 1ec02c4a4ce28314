import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useLayoutEffect, useRef } from 'react';

type FormDialogProps = {
  readonly title: string;
  /** The user wants out: by Esc, by the cross, or by what the system has for it. */
  readonly leave: () => void;
  readonly children: ReactNode;
};

/** A dialog nearly as high as the window, which never closes by itself, so that a form can ask first. */
export function FormDialog({ title, leave, children }: FormDialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  // Before anything is drawn: one dialog may follow another, and the window behind should not flash up.
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  useEffect(() => {
    // Held back already here: the browser lets a page refuse only the first of two Esc in a row on a dialog.
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || event.isComposing) return;
      event.preventDefault();
      event.stopPropagation();
      leave();
    };
    document.addEventListener('keydown', onKey, true);
    return () => document.removeEventListener('keydown', onKey, true);
  }, [leave]);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onCancel={(event) => {
        event.preventDefault();
        leave();
      }}
      onClose={() => {
        dialog.current?.showModal();
        leave();
      }}
      className="h-[min(780px,92vh)] max-h-none w-[880px] max-w-[94vw] flex-col overflow-hidden rounded-xl border border-line bg-panel text-ink shadow-2xl open:flex"
    >
      <div className="flex shrink-0 items-center justify-between border-line border-b px-5 py-3">
        <h2 id={titleId} className="min-w-0 truncate font-semibold text-base">
          {title}
        </h2>
        <button type="button" aria-label="Close" className="rounded p-1 hover:bg-quiet-soft" onClick={leave}>
          <X aria-hidden size={16} />
        </button>
      </div>
      {children}
    </dialog>
  );
}
