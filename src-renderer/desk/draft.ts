import {
  type CallArgument,
  FAULTS_OF,
  type Fault,
  MAX_CHUNK_BYTES,
  MAX_WINDOW,
  type PickedFile,
} from '../../src-main/ipc/contract.ts';

export const KINDS = ['message', 'files', 'notify', 'refer', 'options'] as const;
export type Kind = (typeof KINDS)[number];

export const KIND_LABELS: Readonly<Record<Kind, string>> = {
  message: 'Message',
  files: 'Files',
  notify: 'Notify',
  refer: 'Refer',
  options: 'Options',
};

export const FAILURE_REPORTS = ['yes', 'no', 'partial'] as const;
export type FailureReport = (typeof FAILURE_REPORTS)[number];

/** A push as somebody is putting it together. */
export type Draft = {
  readonly kind: Kind;
  readonly application: string;
  readonly contentType: string;
  readonly text: string;
  readonly files: readonly PickedFile[];
  readonly report: boolean;
  readonly cpim: boolean;
  readonly relay: boolean;
  readonly byReference: boolean;
  /** In the MESSAGE, however large. */
  readonly inline: boolean;
  /** As typed; empty for what the sender takes by itself. */
  readonly chunk: string;
  readonly window: string;
  readonly failureReport: FailureReport | null;
  /** Picture to show with the offer. */
  readonly icon: PickedFile | null;
  readonly asserted: boolean;
  /** REFER without a report. */
  readonly silent: boolean;
  /** URNs, with blanks between them. */
  readonly icsi: string;
  readonly iari: string;
  readonly require: boolean;
  readonly explicit: boolean;
  readonly fault: Fault | null;
};

export const FIRST_DRAFT: Draft = {
  kind: 'message',
  application: 'mms.ua',
  contentType: 'text/plain',
  text: 'Your parcel arrives today',
  files: [],
  report: true,
  cpim: false,
  relay: false,
  byReference: false,
  inline: false,
  chunk: '',
  window: '',
  failureReport: null,
  icon: null,
  asserted: false,
  silent: false,
  icsi: '',
  iari: '',
  require: false,
  explicit: false,
  fault: null,
};

/** The calls that carry a draft out. */
export type PushCall = {
  [N in 'message' | 'files' | 'notify' | 'refer' | 'options']: {
    readonly name: `sender.${N}`;
    readonly argument: CallArgument<`sender.${N}`>;
  };
}[Kind];

/** The call that pushes a draft to one target. */
export function callOf(draft: Draft, to: string): PushCall {
  const { application, contentType, text, byReference, inline, require, explicit, asserted, fault } = draft;
  const target = { to, application };
  const addressing = {
    ...target,
    icsi: urnsIn(draft.icsi),
    iari: urnsIn(draft.iari),
    require,
    explicit,
    asserted,
    ...(fault === null || !faultsOf(draft.kind).includes(fault) ? {} : { fault }),
  };
  switch (draft.kind) {
    case 'message':
      return { name: 'sender.message', argument: { ...addressing, contentType, text, byReference, inline } };
    case 'files': {
      const { report, cpim, relay } = draft;
      const tokens = draft.files.map(({ token }) => token);
      const [chunkBytes, window] = [wholeNumber(draft.chunk), wholeNumber(draft.window)];
      const more = {
        ...(chunkBytes === null ? {} : { chunkBytes }),
        ...(window === null ? {} : { window }),
        ...(draft.failureReport === null ? {} : { failureReport: draft.failureReport }),
        ...(draft.icon === null ? {} : { icon: draft.icon.token }),
      };
      return { name: 'sender.files', argument: { ...addressing, tokens, report, cpim, relay, ...more } };
    }
    case 'notify':
      return { name: 'sender.notify', argument: { ...target, contentType, text, byReference } };
    case 'refer':
      return { name: 'sender.refer', argument: { ...target, silent: draft.silent } };
    case 'options':
      return { name: 'sender.options', argument: target };
  }
}

/** What a draft lacks, as a sentence; null when it can go. */
export function lackOf(draft: Draft, targets: readonly string[]): string | null {
  if (targets.length === 0) return 'Choose who gets it first.';
  if (draft.application === '') return 'Name an application.';
  if (draft.kind === 'files' && draft.files.length === 0) return 'Add a file first.';
  if (draft.kind === 'files' && !isWithin(draft.chunk, MAX_CHUNK_BYTES)) {
    return `A chunk has 1 to ${MAX_CHUNK_BYTES} bytes.`;
  }
  if (draft.kind === 'files' && !isWithin(draft.window, MAX_WINDOW)) {
    return `1 to ${MAX_WINDOW} chunks may wait for their answer.`;
  }
  if ([...urnsIn(draft.icsi), ...urnsIn(draft.iari)].some((urn) => !/^urn:[^\s"<>,;]+$/i.test(urn))) {
    return 'Services and references are URNs such as urn:urn-7:3gpp-service.ims.icsi.mmtel.';
  }
  return null;
}

/** URNs of a field that holds several. */
export function urnsIn(text: string): string[] {
  return text.split(/\s+/).filter((urn) => urn !== '');
}

/** A number as typed; null for none, and for what is no whole number. */
export function wholeNumber(text: string): number | null {
  return /^\d{1,12}$/.test(text.trim()) ? Number(text) : null;
}

/** True for nothing, and for a number from 1 to `most`. */
function isWithin(text: string, most: number): boolean {
  const number = wholeNumber(text);
  return text.trim() === '' || (number !== null && number >= 1 && number <= most);
}

/** Faults that a kind of push can have. */
export function faultsOf(kind: Kind): readonly Fault[] {
  return kind === 'message' || kind === 'files' ? FAULTS_OF[kind] : [];
}
