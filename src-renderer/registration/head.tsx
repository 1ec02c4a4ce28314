import { TriangleAlert } from 'lucide-react';
import type { RegistrationState, TerminalView } from '../../src-main/ipc/contract.ts';
import { Button, Chip } from '../components/ui.tsx';
import { formatCountdown, formatTime } from '../format.ts';
import { call } from '../store/store.ts';
import { describeRegistration } from '../terminals/registration.ts';
import type { EditProfile } from '../terminals/terminal-menu.tsx';

type HeadProps = {
  readonly terminal: TerminalView;
  readonly now: number;
  readonly editProfile: EditProfile;
};

/** The state in words, what follows from it, and what can be done. */
export function Head({ terminal, now, editProfile }: HeadProps) {
  const { name, displayName, registration } = terminal;
  const { tone, word } = describeRegistration(registration, now);
  const warnings = registration.kind === 'registered' ? registration.warnings : [];
  return (
    <div>
      <div className="flex flex-wrap items-start justify-between gap-x-6 gap-y-2">
        <div className="min-w-60 flex-1">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
            <h2 className="min-w-0 break-words font-semibold text-lg leading-6">{displayName ?? name}</h2>
            <span role="status" className="inline-flex">
              <Chip tone={tone}>{word}</Chip>
            </span>
          </div>
          <Words registration={registration} now={now} />
        </div>
        <Actions terminal={name} registration={registration} editProfile={editProfile} />
      </div>
      {warnings.length > 0 && (
        <ul aria-label="Warnings" className="mt-2.5 flex flex-col gap-1">
          {warnings.map((warning) => (
            <li key={warning} className="flex gap-2 rounded-lg bg-warn-soft px-2.5 py-1.5 text-warn">
              <TriangleAlert aria-hidden size={14} className="mt-0.5 shrink-0" />
              <span className="min-w-0 select-text break-words">{warning}</span>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}

function Words({ registration, now }: { readonly registration: RegistrationState; readonly now: number }) {
  switch (registration.kind) {
    case 'unregistered':
      return <p className="text-muted">The core sends this terminal nothing. Register to receive pushes.</p>;
    case 'connecting':
      return <p className="text-muted">The connection to the core is being made.</p>;
    case 'registering':
      return <p className="text-muted">REGISTER is sent; the core has not answered yet.</p>;
    case 'registered':
      return (
        <p className="text-muted">
          <Countdown words="expires in" until={registration.expiresAt} now={now} />
          {registration.withdrawn && ' · stays on the core without the push tags, so that no push comes'}
        </p>
      );
    case 'failed':
      return (
        <>
          <p className="select-text break-words text-bad">{registration.reason}</p>
          <p className="text-muted">
            {registration.retryAt === null ? (
              'No further try is planned. Change the profile or the core, then press Register.'
            ) : (
              <Countdown words="next try in" until={registration.retryAt} now={now} />
            )}
          </p>
        </>
      );
  }
}

type CountdownProps = { readonly words: string; readonly until: string; readonly now: number };

function Countdown({ words, until, now }: CountdownProps) {
  return (
    <>
      <span role="timer" className="text-ink tabular-nums">
        {words} {formatCountdown(Date.parse(until) - now)}
      </span>
      , at {formatTime(until)}
    </>
  );
}

type ActionsProps = {
  readonly terminal: string;
  readonly registration: RegistrationState;
  readonly editProfile: EditProfile;
};

function Actions({ terminal, registration, editProfile }: ActionsProps) {
  const { kind } = registration;
  const busy = kind === 'connecting' || kind === 'registering';
  const withdrawn = kind === 'registered' && registration.withdrawn;
  const register = () => void call('terminal.register', { terminal });
  return (
    <div className="flex flex-wrap gap-2">
      {/* While push is withdrawn it would offer push again, and so bears that name. */}
      {!withdrawn && (
        <Button
          look={kind === 'unregistered' || kind === 'failed' ? 'main' : 'plain'}
          disabled={busy}
          title={kind === 'registered' ? 'Sends REGISTER again now' : 'Sends REGISTER with the push tags'}
          onClick={register}
        >
          Register
        </Button>
      )}
      <Button
        disabled={kind === 'unregistered'}
        title="Takes the contact off the core"
        onClick={() => void call('terminal.unregister', { terminal })}
      >
        Unregister
      </Button>
      {withdrawn ? (
        <Button look="main" title="Registers with the push tags again" onClick={register}>
          Offer push again
        </Button>
      ) : (
        <Button
          disabled={kind !== 'registered'}
          title="Stays on the core without the push tags"
          onClick={() => void call('terminal.withdraw', { terminal })}
        >
          Withdraw push
        </Button>
      )}
      <Button onClick={() => editProfile(terminal)}>Edit profile…</Button>
    </div>
  );
}
