import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { type ProfileInput, readProfile } from '../../src-main/ipc/contract.ts';
import { Modal } from '../components/modal.tsx';
import { Button } from '../components/ui.tsx';
import { call } from '../store/store.ts';

type Values = Readonly<Record<Key, string>>;
type Key =
  | 'name'
  | 'aor'
  | 'core'
  | 'username'
  | 'password'
  | 'applications'
  | 'displayName'
  | 'senders'
  | 'decide'
  | 'answerWithin'
  | 'folder'
  | 'msrpHost'
  | 'msrpPort'
  | 'ca';

const EMPTY: Values = {
  name: '',
  aor: 'sip:',
  core: 'sip:127.0.0.1:5060;transport=tcp',
  username: '',
  password: '',
  applications: 'mms.ua, wml.ua',
  displayName: '',
  senders: '',
  decide: 'ask',
  answerWithin: '60',
  folder: '',
  msrpHost: '127.0.0.1',
  msrpPort: '0',
  ca: '',
};
/** Where a problem of the schema is shown, by the beginning of its path. */
const FIELD_OF_PATH: readonly (readonly [string, Key])[] = [
  ['name', 'name'],
  ['aor', 'aor'],
  ['core', 'core'],
  ['auth', 'username'],
  ['applications', 'applications'],
  ['displayName', 'displayName'],
  ['trust', 'senders'],
  ['files.answerWithin', 'answerWithin'],
  ['files.folder', 'folder'],
  ['files', 'decide'],
  ['msrp.host', 'msrpHost'],
  ['msrp', 'msrpPort'],
  ['tls', 'ca'],
];

/** The form of a new terminal, checked by the profile's own schema. */
export function AddTerminal({ close }: { readonly close: () => void }) {
  const [values, setValues] = useState(EMPTY);
  const [problems, setProblems] = useState<Readonly<Partial<Record<Key, string>>>>({});
  const field = (key: Key, label: string, hint?: string, type = 'text') => (
    <Field label={label} hint={hint} problem={problems[key]}>
      {(attributes) => (
        <input
          {...attributes}
          className="field"
          type={type}
          value={values[key]}
          onChange={(event) => setValues({ ...values, [key]: event.target.value })}
        />
      )}
    </Field>
  );
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const read = readProfile(profileFrom(values));
    if (read.kind === 'bad') {
      setProblems(problemsByField(read.problems));
      return;
    }
    setProblems({});
    if ((await call('terminal.add', read.profile)) !== null) close();
  };
  return (
    <Modal title="Connect to a core" close={close}>
      <form className="flex flex-col gap-3" noValidate onSubmit={(event) => void submit(event)}>
        {field('name', 'Name', 'how this terminal is called here, e.g. bob-desk')}
        {field('aor', 'Address of record', 'e.g. sip:bob@ims.example.com')}
        {field('core', 'Core', 'host, port and ;transport=tcp, ;transport=tls or ;transport=udp')}
        <div className="grid grid-cols-2 gap-3">
          {field('username', 'User name', 'for digest; may stay empty')}
          {field('password', 'Password', undefined, 'password')}
        </div>
        {field('applications', 'Applications', 'Application Resource Identifiers, with commas')}
        <details>
          <summary className="py-1 text-muted">More settings</summary>
          <div className="mt-2 flex flex-col gap-3">
            {field('displayName', 'Display name')}
            {field(
              'senders',
              'Trusted senders',
              'addresses or patterns such as *@push.test; empty: your own domain',
            )}
            <Field label="Files" problem={problems.decide}>
              {(attributes) => (
                <select
                  {...attributes}
                  className="field"
                  value={values.decide}
                  onChange={(event) => setValues({ ...values, decide: event.target.value })}
                >
                  <option value="ask">Ask me</option>
                  <option value="accept">Accept all</option>
                  <option value="decline">Decline all</option>
                </select>
              )}
            </Field>
            {field('answerWithin', 'Answer within', 'seconds until an offer declines itself')}
            {field('folder', 'Folder for files', 'empty: in the data folder')}
            {field(
              'ca',
              'CA file for TLS',
              'PEM file of the authority that signed the core; empty: the system’s',
            )}
            <div className="grid grid-cols-2 gap-3">
              {field('msrpHost', 'MSRP address')}
              {field('msrpPort', 'MSRP port', '0: any free port')}
            </div>
          </div>
        </details>
        <div className="mt-2 flex justify-end gap-2">
          <Button onClick={close}>Cancel</Button>
          <Button look="main" type="submit">
            Add and register
          </Button>
        </div>
      </form>
    </Modal>
  );
}

type FieldAttributes = {
  readonly id: string;
  readonly 'aria-describedby'?: string;
  readonly 'aria-invalid'?: true;
};
type FieldProps = {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly problem?: string | undefined;
  readonly children: (attributes: FieldAttributes) => ReactNode;
};

function Field({ label, hint, problem, children }: FieldProps) {
  const id = useId();
  const note = problem ?? hint;
  const noteId = `${id}-note`;
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        {label}
      </label>
      {children({
        id,
        ...(note === undefined ? {} : { 'aria-describedby': noteId }),
        ...(problem === undefined ? {} : { 'aria-invalid': true }),
      })}
      {note !== undefined && (
        <p id={noteId} className={problem === undefined ? 'mt-0.5 text-muted' : 'mt-0.5 text-bad'}>
          {note}
        </p>
      )}
    </div>
  );
}

function profileFrom(values: Values): ProfileInput {
  const senders = words(values.senders);
  return {
    name: values.name.trim(),
    aor: values.aor.trim(),
    core: values.core.trim(),
    applications: words(values.applications),
    ...(values.displayName.trim() === '' ? {} : { displayName: values.displayName.trim() }),
    ...(values.username.trim() === ''
      ? {}
      : { auth: { username: values.username.trim(), password: values.password } }),
    ...(senders.length === 0 ? {} : { trust: { senders } }),
    files: {
      decide: values.decide as 'ask' | 'accept' | 'decline',
      answerWithin: Number(values.answerWithin),
      ...(values.folder.trim() === '' ? {} : { folder: values.folder.trim() }),
    },
    msrp: { host: values.msrpHost.trim(), port: Number(values.msrpPort) },
    ...(values.ca.trim() === '' ? {} : { tls: { ca: values.ca.trim() } }),
  };
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

function problemsByField(problems: readonly string[]): Partial<Record<Key, string>> {
  const found: Partial<Record<Key, string>> = {};
  for (const problem of problems) {
    const colon = problem.indexOf(': ');
    const path = problem.slice(0, colon);
    const key = FIELD_OF_PATH.find(([prefix]) => path.startsWith(prefix))?.[1] ?? 'name';
    found[key] ??= problem.slice(colon + 2);
  }
  return found;
}
