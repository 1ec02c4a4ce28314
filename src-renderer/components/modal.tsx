import { X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';

type ModalProps = { readonly title: string; readonly children: ReactNode; readonly close: () => void };

/**
 * A dialog of the browser's own, which keeps the focus inside and closes with Esc without any injected style,
 * so that the strict style policy holds.
 */
export function Modal({ title, children, close }: ModalProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={titleId}
      onClose={close}
      className="max-h-[88vh] w-[560px] max-w-[92vw] rounded-xl border border-line bg-panel p-5 text-ink shadow-2xl"
    >
      <div className="mb-4 flex items-center justify-between">
        <h2 id={titleId} className="text-base font-semibold">
          {title}
        </h2>
        <button type="button" aria-label="Close" className="rounded p-1 hover:bg-quiet-soft" onClick={close}>
          <X aria-hidden size={16} />
        </button>
      </div>
      {children}
    </dialog>
  );
}
