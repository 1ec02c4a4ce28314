import { clsx } from 'clsx';
import { X } from 'lucide-react';
import { useEffect } from 'react';
import { dismiss, type Notice, useStore } from '../store/store.ts';

/** Informing notices go by themselves; warnings and errors stay until they are dismissed. */
const INFO_MS = 5_000;

export function Notices() {
  const notices = useStore((state) => state.notices);
  return (
    <div
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-10 z-50 flex w-80 flex-col gap-2"
    >
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </div>
  );
}

function NoticeCard({ notice }: { readonly notice: Notice }) {
  useEffect(() => {
    if (notice.tone !== 'info') return;
    const timer = setTimeout(() => dismiss(notice.id), notice.action?.forMs ?? INFO_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return (
    <div
      className={clsx(
        'pointer-events-auto flex items-start gap-2 rounded-lg border border-line bg-raised p-3 shadow-lg',
        notice.tone === 'error' && 'text-bad',
        notice.tone === 'warning' && 'text-warn',
      )}
    >
      <p className="min-w-0 flex-1 break-words">{notice.text}</p>
      {notice.action !== undefined && (
        <button
          type="button"
          className="shrink-0 rounded px-1 font-medium text-info hover:underline"
          onClick={() => {
            dismiss(notice.id);
            notice.action?.run();
          }}
        >
          {notice.action.label}
        </button>
      )}
      <button type="button" aria-label="Dismiss" className="rounded p-0.5" onClick={() => dismiss(notice.id)}>
        <X aria-hidden size={14} />
      </button>
    </div>
  );
}
