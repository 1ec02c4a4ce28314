import { useEffect, useState } from 'react';
import type { ContentView, PushRecord } from '../../src-main/ipc/contract.ts';
import { Button } from '../components/ui.tsx';
import { formatBytes } from '../format.ts';
import { call } from '../store/store.ts';

/** Loads the content of a message once it is looked at. Undefined while it loads. */
export function useContent(record: PushRecord): ContentView | null | undefined {
  const [view, setView] = useState<ContentView | null>();
  const { id, body } = record;
  const has = body.kind === 'content';
  useEffect(() => {
    let wanted = true;
    setView(has ? undefined : null);
    if (has) {
      void call('push.content', { push: id, which: 'own' }).then((found) => {
        if (wanted) setView(found);
      });
    }
    return () => {
      wanted = false;
    };
  }, [id, has]);
  return view;
}

/** What a message says, as text: pushed content is never rendered as a page. */
export function MessageContent({ view }: { readonly view: ContentView | null }) {
  const [image, setImage] = useState(false);
  if (view === null) return <p className="text-muted">This push has no content.</p>;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-muted">
        {view.contentType ?? 'no Content-Type'} · {formatBytes(view.bytes)}
      </p>
      <Mismatch view={view} />
      {view.image !== null &&
        (image ? (
          <img
            src={view.image}
            alt="Pushed content"
            className="max-h-96 max-w-full self-start rounded-lg border border-line"
          />
        ) : (
          <Button className="self-start" onClick={() => setImage(true)}>
            Show image
          </Button>
        ))}
      {view.text === null ? (
        view.image === null && <p className="text-muted">This is no text. Its bytes are under Raw.</p>
      ) : (
        <pre className="select-text whitespace-pre-wrap break-words rounded-[10px] border border-line bg-panel p-3 font-sans">
          {view.text}
        </pre>
      )}
      {view.truncated && <p className="text-muted">Only the beginning is shown.</p>}
    </div>
  );
}

/** The bytes themselves. */
export function RawContent({ view }: { readonly view: ContentView | null }) {
  if (view === null) return <p className="text-muted">This push has no content.</p>;
  return (
    <pre className="mono select-text overflow-x-auto rounded-[10px] border border-line bg-panel p-3">
      {view.hex}
    </pre>
  );
}

/** Says so where the bytes look like something else than was declared. */
function Mismatch({ view }: { readonly view: ContentView }) {
  const declared = (view.contentType?.split(';')[0] ?? '').trim().toLowerCase();
  const family = (type: string) => type.split('/')[0];
  const { sniffedType } = view;
  if (sniffedType === null || sniffedType === 'text/plain' || declared === '' || declared === sniffedType)
    return null;
  if (family(sniffedType) === 'text' && family(declared) === 'text') return null;
  if (sniffedType === 'application/xml' && /xml/.test(declared)) return null;
  return (
    <p className="rounded-lg bg-warn-soft p-2 text-warn">
      Declared as {declared}, but the bytes look like {sniffedType}.
    </p>
  );
}
