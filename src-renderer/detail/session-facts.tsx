import type { FileRecord, FileSession, PushRecord } from '../../src-main/ipc/contract.ts';
import { CopyButton, Fact } from '../components/ui.tsx';
import { formatPreciseTime } from '../format.ts';

const ROLES = {
  active: 'active: this terminal connects',
  passive: 'passive: the sender connects',
} as const;

/** What the two sides agreed on: the SIP session, and the MSRP session of each file. */
export function SessionFacts({ record }: { readonly record: PushRecord }) {
  const { body } = record;
  if (body.kind !== 'files') return null;
  const sessions = body.files.flatMap((file) =>
    file.session === null ? [] : [{ file, session: file.session }],
  );
  return (
    <section aria-label="Session" className="rounded-xl border border-line bg-panel p-4">
      <h2 className="mb-2 font-semibold">Session</h2>
      <dl className="select-text text-xs">
        <Fact name="Call-ID">
          <Mono text={record.callId} what="Call-ID" />
        </Fact>
        <Fact name="Session identity">
          <Mono text={body.sessionIdentity} what="session identity" />
        </Fact>
        <Fact name="Session-Expires">
          {body.timer === null ? 'no session timer' : `${body.timer.seconds} s`}
        </Fact>
        {body.timer !== null && (
          <Fact name="Refresher">
            {body.timer.refresher === 'us' ? 'this terminal (uas)' : 'the sender (uac)'} · agreed{' '}
            {formatPreciseTime(body.timer.at)}
          </Fact>
        )}
      </dl>
      {sessions.length === 0 && (
        <p className="mt-2 text-muted text-xs">No MSRP session: it begins with the 200 OK.</p>
      )}
      {sessions.map(({ file, session }) => (
        <MsrpFacts key={file.index} file={file} session={session} />
      ))}
    </section>
  );
}

function MsrpFacts({ file, session }: { readonly file: FileRecord; readonly session: FileSession }) {
  const secure = session.localPath.startsWith('msrps:');
  return (
    <div className="mt-3 border-line border-t pt-2">
      <h3 className="truncate font-semibold text-xs" title={file.name}>
        MSRP of {file.name}
      </h3>
      <dl className="select-text text-xs">
        <Fact name="Setup role">{ROLES[session.setup]}</Fact>
        <Fact name="Connected to">
          {session.peer === null ? 'not connected yet' : <Mono text={session.peer} what="address" />}
        </Fact>
        <Fact name="Our path">
          <Mono text={session.localPath} what="path of this terminal" />
        </Fact>
        <Fact name="Sender’s path">
          <Mono text={session.remotePath} what="path of the sender" />
        </Fact>
        <Fact name="TLS">{secure ? 'yes' : 'no'}</Fact>
        {session.fingerprint !== null && (
          <Fact name="Our fingerprint">
            <Mono text={session.fingerprint} what="fingerprint of this terminal" />
          </Fact>
        )}
        {session.peerFingerprints.map((one) => (
          <Fact key={one} name="Sender’s fingerprint">
            <Mono text={one} what="fingerprint of the sender" />
          </Fact>
        ))}
      </dl>
    </div>
  );
}

function Mono({ text, what }: { readonly text: string; readonly what: string }) {
  return (
    <>
      <span className="mono break-all">{text}</span> <CopyButton text={text} what={what} />
    </>
  );
}
