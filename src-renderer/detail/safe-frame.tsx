import { useState } from 'react';
import { Button } from '../components/ui.tsx';
import { call } from '../store/store.ts';

type SafeFrameProps = {
  /** Makes the page that is framed, once it is asked for. */
  readonly makePage: () => string;
  /** What is left out, in words. */
  readonly note: string;
};

/** Shows a page made of pushed content, on request: in a frame without scripts, origin and network. */
export function SafeFrame({ makePage, note }: SafeFrameProps) {
  const [url, setUrl] = useState<string | null>(null);
  if (url === null) {
    const show = async () => setUrl(await call('push.frame', { html: makePage() }));
    return (
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => void show()}>Render safely</Button>
        <span className="min-w-0 flex-1 text-muted">{note}</span>
      </div>
    );
  }
  return (
    <div className="flex flex-col gap-2">
      <iframe
        title="Rendered content"
        sandbox=""
        src={url}
        referrerPolicy="no-referrer"
        className="h-80 w-full resize-y rounded-[10px] border border-line bg-white"
      />
      <div className="flex flex-wrap items-center gap-3">
        <Button onClick={() => setUrl(null)}>Hide</Button>
        <span className="min-w-0 flex-1 text-muted">{note}</span>
      </div>
    </div>
  );
}
