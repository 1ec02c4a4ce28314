import type { SandboxView } from '../../src-main/ipc/contract.ts';
import { Button, Dot, type Tone } from '../components/ui.tsx';
import { call } from '../store/store.ts';

const WORDS: Readonly<Record<SandboxView['kind'], readonly [Tone, string]>> = {
  stopped: ['quiet', 'stopped'],
  starting: ['warn', 'starting…'],
  running: ['ok', 'running'],
  failed: ['bad', 'failed'],
};

/** The sandbox at the foot of the left column. */
export function SandboxCard({ sandbox }: { readonly sandbox: SandboxView }) {
  const [tone, word] = WORDS[sandbox.kind];
  return (
    <section aria-label="Sandbox" className="rounded-[10px] border border-line bg-raised px-2.5 py-2">
      <div className="flex items-center gap-2">
        <Dot tone={tone} />
        <span className="flex-1 font-semibold">Sandbox</span>
        <span className="text-muted">{word}</span>
      </div>
      {sandbox.kind === 'running' && <p className="mono truncate text-muted">core {sandbox.core} tcp</p>}
      {sandbox.kind === 'failed' && <p className="break-words text-bad">{sandbox.reason}</p>}
      <div className="mt-1.5 flex flex-wrap gap-2">
        {sandbox.kind === 'running' ? (
          <>
            <Button className="flex-1 px-2 py-1" onClick={() => void call('sender.openDesk')}>
              Sender desk
            </Button>
            <Button className="px-2 py-1" aria-label="Stop sandbox" onClick={() => void call('sandbox.stop')}>
              Stop
            </Button>
          </>
        ) : (
          <Button
            className="flex-1 px-2 py-1"
            disabled={sandbox.kind === 'starting'}
            onClick={() => void call('sandbox.start')}
          >
            Start sandbox
          </Button>
        )}
        <Button
          className="w-full px-2 py-1"
          disabled={sandbox.kind === 'starting'}
          onClick={() => void call('demo.start')}
        >
          GRUU demo
        </Button>
      </div>
    </section>
  );
}
