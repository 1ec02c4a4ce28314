import type { CoreBindingView, PushRecord, PushResult } from '../../src-main/ipc/contract.ts';

export const DEMO_APPLICATION = 'mms.ua';
/** The sandbox's two terminals, as in its profiles. */
export const DESK = { name: 'bob-desk', label: 'Bob · desk' } as const;
export const PHONE = { name: 'bob-phone', label: 'Bob · phone' } as const;

export type StepId = 'register' | 'aor' | 'gruu' | 'file' | 'gone';

/** What a step has sent: its result, when (ISO 8601), and the text or file name that terminals show. */
export type SentPush = { readonly result: string; readonly at: string; readonly label: string };
export type Sent = Readonly<Partial<Record<StepId, SentPush>>>;

/** Where a step stands. `arrivals` are the terminals that have what it sent. */
export type Progress = {
  readonly state: 'ahead' | 'running' | 'held' | 'failed';
  readonly arrivals: readonly string[];
  /** What the sender was answered, in short; null before. */
  readonly answer: string | null;
};

export type GuideFacts = {
  readonly bindings: readonly CoreBindingView[];
  readonly results: readonly PushResult[];
  readonly records: readonly PushRecord[];
  readonly sent: Sent;
};

/** Who must have got what a step sent, and what the sender must have been answered. */
const EXPECTED: Readonly<Record<Exclude<StepId, 'register'>, { arrivals: readonly string[]; code: number }>> =
  {
    aor: { arrivals: [DESK.name, PHONE.name], code: 200 },
    gruu: { arrivals: [DESK.name], code: 200 },
    file: { arrivals: [PHONE.name], code: 200 },
    gone: { arrivals: [], code: 480 },
  };

/** Public GRUU of one of the two terminals, by its instance id; null while it is not registered. */
export function gruuOf(bindings: readonly CoreBindingView[], instanceId: string | undefined): string | null {
  const own = bindings.find(({ instance }) => instance?.toLowerCase() === instanceId?.toLowerCase());
  return instanceId === undefined ? null : (own?.pubGruu ?? null);
}

/** Where one step of the demo stands, seen from what really came and what was really answered. */
export function progressOf(step: StepId, { bindings, results, records, sent }: GuideFacts): Progress {
  if (step === 'register') {
    const gruus = new Set(bindings.flatMap(({ pubGruu }) => pubGruu ?? []));
    const state = gruus.size >= 2 || sent.aor !== undefined ? 'held' : 'running';
    return { state, arrivals: [], answer: null };
  }
  const own = sent[step];
  if (own === undefined) return { state: 'ahead', arrivals: [], answer: null };
  const { arrivals: wanted, code } = EXPECTED[step];
  const arrivals = [DESK.name, PHONE.name].filter((terminal) =>
    records.some((record) => record.terminal === terminal && isOf(own, record)),
  );
  const result = results.find(({ id }) => id === own.result);
  const answer = result === undefined || result.code === null ? null : `${result.code} ${result.reason}`;
  const isEnded = result !== undefined && result.milliseconds !== null;
  const holds = result?.code === code && wanted.join() === arrivals.join();
  const state = !isEnded ? 'running' : holds ? 'held' : isWaiting(arrivals, wanted) ? 'running' : 'failed';
  return { state, arrivals, answer };
}

/** The answer may be here before the window of the terminal has told of the push. */
function isWaiting(arrivals: readonly string[], wanted: readonly string[]): boolean {
  return arrivals.length < wanted.length && arrivals.every((terminal) => wanted.includes(terminal));
}

function isOf({ at, label }: SentPush, record: PushRecord): boolean {
  if (record.at < at) return false;
  return record.body.kind === 'files'
    ? record.body.files.some(({ name }) => name === label)
    : record.preview === label;
}
