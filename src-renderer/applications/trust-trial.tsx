import { useId, useState } from 'react';
import { explainTrust, sameApplication, type TerminalView } from '../../src-main/ipc/contract.ts';
import { Chip, type Tone } from '../components/ui.tsx';

type Verdict = { readonly tone: Tone; readonly word: string; readonly why: string };

/** What would be decided on a push, tried out before anybody sends it. */
export function TrustTrial({ terminal }: { readonly terminal: TerminalView }) {
  const headingId = useId();
  const [sender, setSender] = useState('');
  const [application, setApplication] = useState(terminal.applications[0] ?? '');
  const [type, setType] = useState('text/plain');
  const verdict = sender.trim() === '' ? null : judge({ sender, application, type }, terminal);
  const field = (label: string, value: string, set: (text: string) => void, placeholder: string) => (
    <div className="min-w-0 flex-1">
      <span aria-hidden className="mb-1 block text-muted">
        {label}
      </span>
      <input
        aria-label={`${label} to try`}
        className="field mono"
        spellCheck={false}
        placeholder={placeholder}
        value={value}
        onChange={(event) => set(event.target.value)}
      />
    </div>
  );
  return (
    <section aria-labelledby={headingId} className="mt-3 border-line border-t pt-3">
      <h4 id={headingId} className="mb-1.5 font-medium">
        Try it <span className="font-normal text-muted">what would be decided on a push?</span>
      </h4>
      <div className="flex gap-2">
        {field('Sender', sender, setSender, 'sip:psa@push.test')}
        {field('Application', application, setApplication, 'mms.ua')}
        {field('Content type', type, setType, 'text/plain')}
      </div>
      <p aria-live="polite" className="mt-2 min-h-5">
        {verdict === null ? (
          <span className="text-muted">Type a sender.</span>
        ) : (
          <>
            <Chip tone={verdict.tone}>{verdict.word}</Chip> <span>{verdict.why}</span>
          </>
        )}
      </p>
    </section>
  );
}

type Question = { readonly sender: string; readonly application: string; readonly type: string };

function judge(question: Question, { aor, applications, trust }: TerminalView): Verdict {
  const application = question.application.trim();
  if (!applications.some((one) => sameApplication(one, application))) {
    return {
      tone: 'bad',
      word: 'Denied',
      why: `403: this terminal does not serve ${application || 'no application'}.`,
    };
  }
  const typed = question.sender.trim();
  const sender = /^(sips?|tel):/i.test(typed) ? typed : `sip:${typed}`;
  const type = question.type.trim();
  const { decision, rule } = explainTrust({ identities: [sender], application }, type === '' ? null : type, {
    aor,
    trust,
  });
  const by = rule === null ? 'by the list of trusted senders' : `by rule ${rule + 1}`;
  switch (decision.kind) {
    case 'allow':
      return { tone: 'ok', word: 'Allowed', why: `${by}.` };
    case 'ask':
      return { tone: 'warn', word: 'Asks', why: `${by}: it waits for you.` };
    case 'deny':
      return { tone: 'bad', word: 'Denied', why: rule === null ? `403: ${decision.reason}` : `403, ${by}.` };
  }
}
