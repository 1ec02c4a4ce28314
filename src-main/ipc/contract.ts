import { z } from 'zod';
import type { AppPermissions } from '../agent/applications/handover.ts';
import type {
  Binding,
  FlowView,
  PublicationView,
  RegEventState,
  RegisterExchange,
  Registered,
  RegistrationState,
} from '../agent/events.ts';
import { type Profile, profileSchema, subscriptionSchema } from '../agent/profile.ts';
import type { NotifyText, SubscriptionView } from '../agent/subscription-view.ts';
import type { DescribedPart } from '../content/describe.ts';
import type { ApplicationCount, TerminalCount } from '../history/history.ts';
import type { PushRecord } from '../history/records.ts';
import type { Retention } from '../history/retention.ts';
import { FAULTS } from '../sandbox/sender/faults.ts';
import type { PushResult } from '../sandbox/sender/results.ts';
import { EXPORT_FORMATS } from '../trace/formats.ts';
import { traceSettingsSchema } from '../trace/settings-schema.ts';
import type { TraceSummary } from '../trace/summary.ts';
import type { TraceState } from '../trace/trace.ts';

export type { AppPermissions } from '../agent/applications/handover.ts';
export type {
  Binding,
  CoreFeature,
  FlowView,
  PublicationView,
  RegEventState,
  RegisterExchange,
  RegistrationDetails,
  RegistrationState,
} from '../agent/events.ts';
export {
  type ApplicationHandler,
  type FileRule,
  type Profile,
  type ProfileInput,
  type ProfileSubscription,
  readProfile,
  subscriptionSchema,
  type TrustRule,
} from '../agent/profile.ts';
export type {
  NotifierView,
  NotifyText,
  NotifyView,
  SubscriptionOrigin,
  SubscriptionState,
  SubscriptionView,
} from '../agent/subscription-view.ts';
export { explainTrust, type TrustDecision, type TrustExplanation } from '../agent/trust.ts';
export type { ContentDescription, DescribedPart } from '../content/describe.ts';
export type { ContentField, ContentFields } from '../content/fields/field.ts';
export { isDangerousType } from '../content/file-name.ts';
export type { ApplicationCount } from '../history/history.ts';
export type {
  DeliveryEntry,
  DeliveryReport,
  FileRecord,
  FileSession,
  FileState,
  Leftover,
  PushBody,
  PushRecord,
  PushState,
  ReferenceRecord,
  ReportRecord,
} from '../history/records.ts';
export { isMessage } from '../history/records.ts';
export { FAULT_WORDS, FAULTS_OF, type Fault } from '../sandbox/sender/faults.ts';
export type { ApplicationStatus, Capabilities, PushResult, SentFile } from '../sandbox/sender/results.ts';
export { applicationKey, sameApplication } from '../sip/feature-tags.ts';
export { EXPORT_FORMATS, type ExportFormat } from '../trace/formats.ts';
export { TRACE_SIZES } from '../trace/settings-schema.ts';
export type { TraceSummary } from '../trace/summary.ts';
export type { TraceState } from '../trace/trace.ts';

/** A terminal as the window shows it. */
export type TerminalView = {
  readonly name: string;
  readonly aor: string;
  readonly displayName: string | null;
  /** The cores of the profile, in the order they are tried. */
  readonly cores: readonly string[];
  readonly applications: readonly string[];
  /** How applications are shown and where their pushes go. */
  readonly handlers: Profile['handlers'];
  readonly trust: Profile['trust'];
  readonly instanceId: string;
  readonly registration: RegistrationState;
  /** What the last registration told, for looking at when there is none; null before the first. */
  readonly lastRegistered: Registered | null;
  /** Contacts of the user: by the reg event package where it is active, else as of the last 2xx to REGISTER. */
  readonly bindings: readonly Binding[];
  readonly regEvent: RegEventState;
  readonly subscriptions: readonly SubscriptionView[];
  /** The published push capabilities; null where the profile wants none published. */
  readonly publication: PublicationView | null;
  /** Where its UAProf document is, or null. */
  readonly uaProfile: string | null;
  /** The connection to the core, or null while there is none. */
  readonly flow: FlowView | null;
  /** Where its MSRP listener waits, or null while it has none. */
  readonly msrp: { readonly host: string; readonly port: number } | null;
  /** Offers and messages that wait for the user. */
  readonly waiting: number;
};

export type CoreBindingView = {
  readonly aor: string;
  readonly contact: string;
  readonly instance: string | null;
  readonly pubGruu: string | null;
  readonly applications: readonly string[];
};

export type SandboxView =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'starting' }
  | {
      readonly kind: 'running';
      /** Host and port of the core, e.g. `127.0.0.1:5060`. */
      readonly core: string;
      readonly domain: string;
      /** What the core listens for, e.g. `tcp`. */
      readonly transports: readonly string[];
      /** URI of the MSRP relay. */
      readonly relay: string;
      readonly sender: string;
      /** Third-party REGISTERs that the sender received (PSA-REG-01). */
      readonly thirdPartyRegistrations: number;
      readonly bindings: readonly CoreBindingView[];
    }
  | { readonly kind: 'failed'; readonly reason: string };

export type Counts = {
  readonly total: number;
  readonly unread: number;
  readonly waiting: number;
  readonly bytes: number;
  /** Of each terminal that has pushes. */
  readonly terminals: readonly TerminalCount[];
};

/** A live offer or REFER, by the id of its push: when it declines itself, ISO 8601. */
export type OfferDeadline = { readonly offer: string; readonly deadline: string };

/** Progress of one file, at most four a second for each file. `bytesPerSecond` is smoothed. */
export type ProgressView = {
  readonly offer: string;
  readonly index: number;
  readonly received: number;
  readonly total: number | null;
  readonly bytesPerSecond: number;
  /** Chunks that have ended, and SENDs answered 200. */
  readonly chunks: number;
  readonly answered: number;
};

export type AppState = {
  readonly version: string;
  readonly dataFolder: string;
  readonly terminals: readonly TerminalView[];
  readonly sandbox: SandboxView;
  readonly counts: Counts;
  readonly deadlines: readonly OfferDeadline[];
  readonly progress: readonly ProgressView[];
  readonly results: readonly PushResult[];
  /** What handlers may start. */
  readonly permissions: AppPermissions;
  readonly trace: TraceState;
  readonly searches: readonly SavedSearch[];
  readonly retention: Retention;
};

/** A recorded message whole, as far as it is kept. */
export type TraceMessage = {
  readonly summary: TraceSummary;
  /** Credentials masked; bytes that are no text as dots. */
  readonly text: string;
  /** Content bytes that are not kept. */
  readonly elided: number;
};

export type TracePage = { readonly summaries: readonly TraceSummary[]; readonly more: boolean };

/** One file of a report for the people who make the app. */
export type ReportEntry = { readonly name: string; readonly bytes: number; readonly what: string };

/** What came of choosing a profile file. */
export type ImportedProfile =
  | { readonly kind: 'cancelled' }
  | {
      readonly kind: 'ok';
      readonly profile: Profile;
      /** Secrets that are empty because the file leaves them out, as `where: what`. */
      readonly missing: readonly string[];
    }
  | { readonly kind: 'bad'; readonly problems: readonly string[] };

/** `problems` are sentences about what of the search was not understood. */
export type PushPage = {
  readonly records: readonly PushRecord[];
  readonly more: boolean;
  readonly problems: readonly string[];
};

/** Pushes that were removed and can come back until the time for Undo is over. `open` ones were left where they are. */
export type RemovalView = {
  readonly removal: string;
  readonly pushes: readonly string[];
  readonly open: number;
};

/** A dialog of the main window. */
export type DialogName = 'retention' | 'shortcuts';

/** A part of a content, with what the system may do with it. */
export type PartView = DescribedPart & {
  /** The name that is suggested when it is saved. */
  readonly saveName: string;
  /** Whether its name, its type or its bytes are those of a program. */
  readonly runsPrograms: boolean;
  /** Whether it is certainly of a kind that the system can be trusted to open. */
  readonly canOpen: boolean;
};

/** The bytes as they came, encodings and boundaries included; `text` is null when they are none, hex a bounded dump. */
export type RawView = {
  readonly bytes: number;
  readonly text: string | null;
  readonly charset: string | null;
  readonly isTextTruncated: boolean;
  readonly hex: string;
  readonly isHexTruncated: boolean;
};

/** Content of a message, taken apart for showing; or how large it is when that is too much to be looked at here. */
export type ContentView =
  | { readonly kind: 'parts'; readonly parts: readonly PartView[]; readonly raw: RawView }
  | { readonly kind: 'too-large'; readonly bytes: number; readonly shownBytes: number };

/** Characters of a page that a window may hand over to be framed: text and pictures of one content. */
export const MAX_FRAMED_CHARACTERS = 16 * 1024 * 1024;

/** A file the user picked in the system's dialog; the path stays in the main process. */
export type PickedFile = {
  readonly token: string;
  readonly name: string;
  readonly type: string;
  readonly bytes: number;
};

/** Summaries of one answer. */
export const MAX_TRACE_PAGE = 5_000;
/** Records of one export that are named one by one. */
export const MAX_EXPORTED_IDS = 1_000_000;
/** Pushes that are marked or removed in one call. */
export const MAX_CHOSEN = 10_000;
/** Longest search, in characters. */
export const MAX_SEARCH_LENGTH = 1_000;
const MAX_SAVED_SEARCHES = 50;

const search = z.string().max(MAX_SEARCH_LENGTH);
const savedSearchSchema = z.strictObject({ name: z.string().trim().min(1).max(60), search: search.min(1) });
/** A search with a name, for all windows. */
export type SavedSearch = Readonly<z.infer<typeof savedSearchSchema>>;
export const savedSearchesSchema: z.ZodType<readonly SavedSearch[]> = z
  .array(savedSearchSchema)
  .max(MAX_SAVED_SEARCHES)
  .refine(
    (all) => new Set(all.map((one) => one.name)).size === all.length,
    'There is already one of this name.',
  );
/** What history keeps at most: pushes, days and bytes; null for no limit. */
export const retentionSchema = z.strictObject({
  pushes: z.int().min(1).max(100_000_000).nullable(),
  days: z.number().positive().max(36_500).nullable(),
  bytes: z.int().min(1).max(1e15).nullable(),
});
const FILTERS = ['all', 'needs-you', 'unread', 'messages', 'files', 'refused'] as const;

const name = z.string().min(1).max(64);
const traceId = z.int().min(1);
const id = z.string().min(1).max(128);
const nothing = z.undefined();
/** Which pushes are listed. */
const listed = {
  terminal: name.nullable(),
  filter: z.enum(FILTERS),
  search,
  /** In any spelling; null for all. */
  application: z.string().min(1).max(1000).nullable().default(null),
};
/** Which content of a message: its own, or that of its references, from 0. */
const which = z.union([z.literal('own'), z.int().min(0).max(100)]);
/** One part of a content, by its place in ContentView. */
const onePart = z.strictObject({ push: id, which, part: z.int().min(0).max(1000) });

const target = { to: z.string().min(1).max(1000), application: z.string().min(1).max(200) };
const content = { contentType: z.string().min(1).max(200), text: z.string().max(60_000) };
const urns = z
  .array(
    z
      .string()
      .regex(/^urn:[^\s"<>,;]+$/i)
      .max(500),
  )
  .max(10)
  .default([]);
/** Whom of a user's terminals a push is for, and what is to be wrong with it. */
const addressing = {
  ...target,
  icsi: urns,
  iari: urns,
  require: z.boolean().default(false),
  explicit: z.boolean().default(false),
  /** P-Asserted-Identity of the sender's own, as inside a trust domain. */
  asserted: z.boolean().default(false),
  fault: z.enum(FAULTS).optional(),
};

/** Largest chunk and window a push of files may ask for. */
export const MAX_CHUNK_BYTES = 1024 ** 3;
export const MAX_WINDOW = 10_000;

/** Every call of the window: its name and the schema of its one argument. The router refuses anything else. */
export const callSchemas = {
  'app.state': nothing,
  'terminal.add': profileSchema,
  'terminal.remove': z.strictObject({ terminal: name }),
  'terminal.register': z.strictObject({ terminal: name }),
  'terminal.unregister': z.strictObject({ terminal: name }),
  /** Takes the push tags back and stays on the core; register brings them back. */
  'terminal.withdraw': z.strictObject({ terminal: name }),
  /** Serves these applications from now on, and registers them. */
  'terminal.applications': z.strictObject({ terminal: name, applications: profileSchema.shape.applications }),
  /** Replaces the profile of the same name. */
  'terminal.update': profileSchema,
  'terminal.profile': z.strictObject({ terminal: name }),
  'terminal.exchange': z.strictObject({ terminal: name }),
  /** Subscribes by hand (RFC 6665); answers the id. */
  'subscription.start': z.strictObject({ terminal: name, ...subscriptionSchema.shape }),
  /** Unsubscribes; it stays listed. */
  'subscription.stop': z.strictObject({ terminal: name, subscription: id }),
  /** Subscribes again to what has ended. */
  'subscription.restart': z.strictObject({ terminal: name, subscription: id }),
  /** Asks for the full state now, by a refresh. */
  'subscription.refresh': z.strictObject({ terminal: name, subscription: id }),
  /** Takes what is over from the list. */
  'subscription.forget': z.strictObject({ terminal: name, subscription: id }),
  /** The last NOTIFYs as they came. */
  'subscription.notifies': z.strictObject({ terminal: name, subscription: id }),
  /** A window that shows this terminal alone. */
  'terminal.openWindow': z.strictObject({ terminal: name }),
  /** How many pushes of a terminal are for which application, and how many of them are unread. */
  'application.counts': z.strictObject({ terminal: name }),
  /** Whether handlers may run commands and call local webhooks, in all terminals. */
  'app.permit': z.strictObject({ commands: z.boolean(), webhooks: z.boolean() }),
  /** Keeps these searches, in this order. */
  'app.searches': z.strictObject({ searches: savedSearchesSchema }),
  /** Limits what history keeps, from now on. */
  'app.retain': retentionSchema,
  /** Asks where, and writes the profile as JSON there; with its secrets only if so said. */
  'profile.export': z.strictObject({ terminal: name, secrets: z.boolean() }),
  /** Asks which file, and reads a profile from it. */
  'profile.import': nothing,
  /** Asks for a file or a folder; answers its path, or null. */
  'profile.pickPath': z.strictObject({ what: z.enum(['file', 'folder']), title: z.string().max(100) }),
  'push.list': z.strictObject({
    ...listed,
    before: z.string().max(128).nullable(),
    limit: z.int().min(1).max(500),
  }),
  /** Ids of all pushes of a list, MAX_CHOSEN of them at most. */
  'push.ids': z.strictObject(listed),
  'push.get': z.strictObject({ push: id }),
  'push.content': z.strictObject({ push: id, which }),
  /** Asks where, and writes a part there, without encodings. */
  'push.save': onePart,
  /** Opens a copy of a part with the system; refused for anything that is not certainly harmless. */
  'push.open': onePart,
  /** Hands over a sanitised page for a frame without scripts and network; answers the URL, good once and for a minute. */
  'push.frame': z.strictObject({ html: z.string().max(MAX_FRAMED_CHARACTERS) }),
  'push.mark': z.strictObject({
    pushes: z.array(id).max(MAX_CHOSEN),
    read: z.boolean().optional(),
    pinned: z.boolean().optional(),
  }),
  /** Removes pushes, which can be undone for ten seconds; those that are open stay. Files stay where they are. */
  'push.remove': z.strictObject({ pushes: z.array(id).max(MAX_CHOSEN) }),
  /** Undoes a removal; answers whether there was still time. */
  'push.undo': z.strictObject({ removal: id }),
  /** Lets a message that waits pass: its content is shown, and fetched where it lies elsewhere. */
  'push.allow': z.strictObject({ push: id }),
  'push.deny': z.strictObject({ push: id }),
  /** Stops fetching content. */
  'push.stopFetch': z.strictObject({ push: id }),
  'offer.accept': z.strictObject({ offer: id, files: z.array(z.int().min(0)).min(1).max(1000) }),
  'offer.decline': z.strictObject({ offer: id }),
  /** Declines files that are here already. */
  'offer.useKnown': z.strictObject({ offer: id }),
  'offer.abort': z.strictObject({ offer: id, index: z.int().min(0) }),
  /** Has the SUBSCRIBE sent that a REFER asks for. */
  'refer.accept': z.strictObject({ refer: id }),
  'refer.decline': z.strictObject({ refer: id }),
  /** Opens a verified file with the system; refused for types that run programs. */
  'file.open': z.strictObject({ push: id, index: z.int().min(0) }),
  /** Shows a file in its folder: a verified or kept one, a quarantined one, a part, or the copy that is here already. */
  'file.show': z.strictObject({ push: id, index: z.int().min(0) }),
  /** Keeps a file that is not what was promised, among the others. */
  'file.keep': z.strictObject({ push: id, index: z.int().min(0) }),
  /** Removes a quarantined file or a part. */
  'file.remove': z.strictObject({ push: id, index: z.int().min(0) }),
  /** Asks the sender for the rest of a file of which a part is here. */
  'file.resume': z.strictObject({ push: id, index: z.int().min(0) }),
  'clipboard.write': z.strictObject({ text: z.string().max(100_000) }),
  /** Starts core and sender, and makes two terminals of one user where there are none yet. */
  /** Summaries from an id on. */
  'trace.list': z.strictObject({ from: z.int().min(0), limit: z.int().min(1).max(MAX_TRACE_PAGE) }),
  'trace.message': z.strictObject({ id: traceId }),
  /** Ids of the records, from one on, that hold a text, in any case of letters. */
  'trace.find': z.strictObject({ text: z.string().min(1).max(200), from: z.int().min(0) }),
  'trace.record': z.strictObject({ recording: z.boolean() }),
  'trace.change': traceSettingsSchema,
  'trace.clear': nothing,
  /** Asks where, and writes what is meant there. */
  'trace.export': z.strictObject({
    format: z.enum(EXPORT_FORMATS),
    scope: z.discriminatedUnion('kind', [
      z.strictObject({ kind: z.literal('all') }),
      z.strictObject({ kind: z.literal('call'), callId: z.string().min(1).max(1000) }),
      z.strictObject({ kind: z.literal('ids'), ids: z.array(traceId).min(1).max(MAX_EXPORTED_IDS) }),
    ]),
  }),
  /** What a report would hold; nothing is written. */
  'report.contents': z.strictObject({ terminal: name.nullable() }),
  /** Asks where, and writes the report there. */
  'report.save': z.strictObject({ terminal: name.nullable() }),
  'sandbox.start': nothing,
  'sandbox.stop': nothing,
  /** Starts the sandbox and opens its two terminals beside the sender desk, which guides through GRUU delivery. */
  'demo.start': nothing,
  /** Offers a picture that comes with the app. */
  'demo.file': z.strictObject({ to: z.string().min(1).max(1000), application: z.string().min(1).max(200) }),
  'sender.openDesk': nothing,
  'sender.pickFiles': nothing,
  'sender.message': z.strictObject({
    ...addressing,
    ...content,
    byReference: z.boolean().default(false),
    /** In the MESSAGE itself, however large. */
    inline: z.boolean().default(false),
  }),
  'sender.files': z.strictObject({
    ...addressing,
    tokens: z.array(id).min(1).max(100),
    report: z.boolean(),
    cpim: z.boolean().default(false),
    /** Through the MSRP relay of the sandbox. */
    relay: z.boolean().default(false),
    /** Bytes of a chunk, and chunks that may wait for their answer. */
    chunkBytes: z.int().min(1).max(MAX_CHUNK_BYTES).optional(),
    window: z.int().min(1).max(MAX_WINDOW).optional(),
    failureReport: z.enum(['yes', 'no', 'partial']).optional(),
    /** Token of a picked picture to show with the offer. */
    icon: id.optional(),
  }),
  'sender.notify': z.strictObject({ ...target, ...content, byReference: z.boolean().default(false) }),
  'sender.refer': z.strictObject({ ...target, silent: z.boolean().default(false) }),
  'sender.options': z.strictObject(target),
  /** Puts a command on the clipboard, with `@@auth@@` and the tokens of picked files in `@@` made real. */
  'sender.copyCommand': z.strictObject({ text: z.string().max(20_000) }),
  'sender.cancel': z.strictObject({ result: id }),
} as const;

export type CallName = keyof typeof callSchemas;
export type CallArgument<N extends CallName> = z.input<(typeof callSchemas)[N]>;

/** What each call answers. A call rejects with an Error whose message is a sentence for the user. */
export type CallResults = {
  'app.state': AppState;
  'terminal.add': TerminalView;
  'terminal.remove': undefined;
  'terminal.register': undefined;
  'terminal.unregister': undefined;
  'terminal.withdraw': undefined;
  'terminal.applications': undefined;
  'terminal.update': TerminalView;
  'terminal.profile': Profile;
  'terminal.exchange': RegisterExchange | null;
  'subscription.start': string;
  'subscription.stop': undefined;
  'subscription.restart': undefined;
  'subscription.refresh': undefined;
  'subscription.forget': undefined;
  'subscription.notifies': readonly NotifyText[];
  'terminal.openWindow': undefined;
  'application.counts': readonly ApplicationCount[];
  'app.permit': undefined;
  'app.searches': undefined;
  'app.retain': undefined;
  /** The path written, or null when the user thought better of it. */
  'profile.export': string | null;
  'profile.import': ImportedProfile;
  'profile.pickPath': string | null;
  'push.list': PushPage;
  'push.ids': readonly string[];
  'push.get': PushRecord | null;
  'push.content': ContentView | null;
  /** The path written, or null when the user thought better of it. */
  'push.save': string | null;
  'push.open': undefined;
  'push.frame': string;
  'push.mark': undefined;
  'push.remove': RemovalView;
  'push.undo': boolean;
  'push.allow': undefined;
  'push.deny': undefined;
  'push.stopFetch': undefined;
  'offer.accept': undefined;
  'offer.decline': undefined;
  'offer.useKnown': undefined;
  'offer.abort': undefined;
  'refer.accept': undefined;
  'refer.decline': undefined;
  'file.open': undefined;
  'file.show': undefined;
  'file.keep': undefined;
  'file.remove': undefined;
  'file.resume': undefined;
  'clipboard.write': undefined;
  'trace.list': TracePage;
  'trace.message': TraceMessage | null;
  'trace.find': readonly number[];
  'trace.record': undefined;
  'trace.change': undefined;
  'trace.clear': undefined;
  /** The path written and how many records, or null when the user thought better of it. */
  'trace.export': { readonly path: string; readonly count: number } | null;
  'report.contents': readonly ReportEntry[];
  'report.save': string | null;
  'sandbox.start': undefined;
  'sandbox.stop': undefined;
  'demo.start': undefined;
  'demo.file': PushResult;
  'sender.openDesk': undefined;
  'sender.pickFiles': readonly PickedFile[];
  'sender.message': PushResult;
  'sender.files': PushResult;
  'sender.notify': PushResult;
  'sender.refer': PushResult;
  'sender.options': PushResult;
  'sender.copyCommand': undefined;
  'sender.cancel': undefined;
};

/** Everything the main process tells a window. */
export type WindowEvent =
  | { readonly kind: 'terminal'; readonly terminal: TerminalView }
  | { readonly kind: 'terminal-removed'; readonly terminal: string }
  | { readonly kind: 'push'; readonly record: PushRecord }
  | {
      readonly kind: 'pushes-marked';
      readonly pushes: readonly string[];
      readonly read?: boolean | undefined;
      readonly pinned?: boolean | undefined;
    }
  | { readonly kind: 'pushes-removed'; readonly pushes: readonly string[] }
  /** A removal was undone: lists have to be asked for anew. */
  | { readonly kind: 'pushes-restored' }
  | { readonly kind: 'deadline'; readonly deadline: OfferDeadline }
  | { readonly kind: 'progress'; readonly progress: readonly ProgressView[] }
  | { readonly kind: 'counts'; readonly counts: Counts }
  | { readonly kind: 'sandbox'; readonly sandbox: SandboxView }
  | { readonly kind: 'permissions'; readonly permissions: AppPermissions }
  | { readonly kind: 'searches'; readonly searches: readonly SavedSearch[] }
  | { readonly kind: 'retention'; readonly retention: Retention }
  | { readonly kind: 'dialog'; readonly dialog: DialogName }
  | { readonly kind: 'result'; readonly result: PushResult }
  | { readonly kind: 'trace'; readonly trace: TraceState }
  /** The menu asks for a report of a problem. */
  | { readonly kind: 'report' }
  | { readonly kind: 'select-push'; readonly push: string }
  | { readonly kind: 'notice'; readonly tone: 'info' | 'warning' | 'error'; readonly text: string };

/** The typed bridge: the only thing a window can reach. */
export type Bridge = {
  readonly call: <N extends CallName>(
    name: N,
    ...argument: CallArgument<N> extends undefined ? [] : [CallArgument<N>]
  ) => Promise<CallResults[N]>;
  /** Listens to every event; answers a function that stops listening. */
  readonly listen: (listener: (event: WindowEvent) => void) => () => void;
};

/** Channel names; nothing else is ever used. */
export const CALL_CHANNEL = 'push-terminal:call';
export const EVENT_CHANNEL = 'push-terminal:event';

declare global {
  interface Window {
    readonly pushTerminal: Bridge;
  }
}
