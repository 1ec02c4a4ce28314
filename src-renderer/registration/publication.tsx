import type { PublicationView, TerminalView } from '../../src-main/ipc/contract.ts';
import { Chip, Fact, type Tone } from '../components/ui.tsx';
import { formatCountdown, formatTime } from '../format.ts';
import { Mono, MonoFact, Section } from './section.tsx';

type State = PublicationView['state'];

const CHIPS: Readonly<Record<State['kind'], readonly [Tone, string]>> = {
  off: ['quiet', 'not published'],
  publishing: ['info', 'publishing…'],
  published: ['ok', 'published'],
  failed: ['bad', 'failed'],
};

/** What the terminal tells of its abilities as presence, and where its UAProf document is. */
export function Publication({ terminal, now }: { readonly terminal: TerminalView; readonly now: number }) {
  const { publication, uaProfile } = terminal;
  const [tone, word] = publication === null ? CHIPS.off : CHIPS[publication.state.kind];
  return (
    <Section title="Published capabilities" aside={<Chip tone={tone}>{word}</Chip>}>
      <dl>
        {publication === null ? (
          <p className="text-muted">
            Not asked for. The profile turns it on, under Capabilities; OPTIONS is answered in any case.
          </p>
        ) : (
          <>
            <Standing state={publication.state} now={now} />
            <Fact name="Last failure">
              {publication.lastFailure === null ? (
                <span className="text-muted">none</span>
              ) : (
                `${formatTime(publication.lastFailure.at)}: ${publication.lastFailure.reason}`
              )}
            </Fact>
          </>
        )}
        <Fact name="UAProf">
          {uaProfile === null ? <span className="text-muted">none</span> : <Mono text={uaProfile} />}
        </Fact>
      </dl>
    </Section>
  );
}

function Standing({ state, now }: { readonly state: State; readonly now: number }) {
  switch (state.kind) {
    case 'off':
      return <p className="text-muted">It is published with the next registration.</p>;
    case 'publishing':
      return <p className="text-muted">PUBLISH is sent; the core has not answered yet.</p>;
    case 'published':
      return (
        <>
          <Fact name="Published since">{formatTime(state.since)}</Fact>
          <MonoFact name="ETag" what="ETag" text={state.etag} />
          <Fact name="Expires in">
            <span role="timer" className="tabular-nums">
              {formatCountdown(Date.parse(state.expiresAt) - now)}
            </span>
          </Fact>
        </>
      );
    case 'failed':
      return (
        <Fact name="Next try">
          {state.retryAt === null ? (
            'with the next registration'
          ) : (
            <span role="timer" className="tabular-nums">
              in {formatCountdown(Date.parse(state.retryAt) - now)}
            </span>
          )}
        </Fact>
      );
  }
}
