import type { DeliveryEntry, FileRecord, PushRecord } from '../history/records.ts';
import type { PublicationState } from '../sip/publication-state.ts';
import type { FetchFailureReason } from './indirection/fetch-result.ts';
import type { SubscriptionOrigin, SubscriptionState } from './subscription-view.ts';

/** A file as an offer names it, for the automation interface (docs/automation.md). */
export type OfferedFile = {
  readonly index: number;
  readonly name: string;
  readonly type: string | null;
  readonly bytes: number | null;
  readonly hash: string | null;
  readonly disposition: FileRecord['disposition'];
  /** Path of the copy that is here already, or null. */
  readonly known: string | null;
  /** The first byte that would be sent, from 1; more than that continues a part. */
  readonly from: number;
};

/** Content that a message referred to (docs/automation.md). */
export type FetchedFile = {
  readonly url: string;
  readonly path: string;
  readonly contentType: string | null;
  readonly bytes: number;
};

/** Whether and where the terminal can be reached. */
export type RegistrationState =
  | { readonly kind: 'unregistered' }
  | { readonly kind: 'connecting' }
  | { readonly kind: 'registering' }
  | {
      readonly kind: 'registered';
      /** When the binding runs out unless refreshed, ISO 8601. */
      readonly expiresAt: string;
      readonly pubGruu: string | null;
      readonly tempGruu: string | null;
      /** All contacts the registrar listed for the AOR. */
      readonly bindings: readonly Binding[];
      /** What works less well than it could, in words for the user (missing GRUU, tags not echoed …). */
      readonly warnings: readonly string[];
      /** True while the push tags are taken back and the terminal stays on the core. */
      readonly withdrawn: boolean;
      readonly details: RegistrationDetails;
    }
  | {
      readonly kind: 'failed';
      /** SIP code, or null when no answer came. */
      readonly code: number | null;
      readonly reason: string;
      /** When the next try runs, ISO 8601, or null when none is planned. */
      readonly retryAt: string | null;
    };

export type Registered = Extract<RegistrationState, { readonly kind: 'registered' }>;

/** One contact of the user, from the 2xx to REGISTER or from the reg event package. */
export type Binding = {
  readonly contact: string;
  readonly instance: string | null;
  /** Seconds left when it was told. */
  readonly expires: number | null;
  /** The same as a time, ISO 8601. */
  readonly expiresAt: string | null;
  readonly pubGruu: string | null;
  /** Application Resource Identifiers of its push tag, where the core repeats them. */
  readonly applications: readonly string[];
  readonly ours: boolean;
};

/** What the 2xx to REGISTER said beside the binding. */
export type RegistrationDetails = {
  /** RFC 5626: the core confirmed that it keeps the flow (`Require: outbound`). */
  readonly outbound: boolean;
  /** Flow-Timer in seconds. */
  readonly flowTimer: number | null;
  readonly path: readonly string[];
  readonly serviceRoute: readonly string[];
  /** P-Associated-URI; the first is the default public identity. */
  readonly identities: readonly string[];
  /** Server header. */
  readonly server: string | null;
  readonly features: readonly CoreFeature[];
};

/** Whether the core has a feature, as far as its answers tell. */
export type CoreFeature = {
  readonly name: string;
  readonly state: 'yes' | 'no' | 'unknown';
  readonly note: string | null;
};

/** The subscription to the user's own registrations (RFC 3680). */
export type RegEventState =
  | { readonly kind: 'off' }
  | { readonly kind: 'pending' }
  | {
      readonly kind: 'active';
      /** ISO 8601. */
      readonly expiresAt: string;
      readonly lastNotifyAt: string | null;
    }
  | { readonly kind: 'ended'; readonly reason: string; readonly retryAt: string | null };

/** The published push capabilities (RFC 3903), and what went wrong last. */
export type PublicationView = {
  readonly state: PublicationState;
  readonly lastFailure: {
    /** ISO 8601. */
    readonly at: string;
    readonly code: number | null;
    readonly reason: string;
  } | null;
};

/** The connection to the core in use. */
export type FlowView = {
  /** UDP, TCP, TLS, WS or WSS. */
  readonly transport: string;
  /** `host:port` of our end and of theirs. */
  readonly local: string;
  readonly remote: string;
  /** The entry of `core` in the profile it comes from. */
  readonly core: string;
  /** True while a core further down the list stands in for the first. */
  readonly spare: boolean;
};

/** The last REGISTER and its answer as they went over the wire, credentials masked. */
export type RegisterExchange = {
  readonly at: string;
  readonly request: string;
  readonly response: string | null;
  /** Milliseconds until the answer. */
  readonly milliseconds: number | null;
};

/** Progress of one file. `at` lets a reader compute speed. */
export type Progress = {
  readonly offer: string;
  readonly index: number;
  readonly received: number;
  readonly total: number | null;
  /** Chunks that have ended, and SENDs answered 200. */
  readonly chunks: number;
  readonly answered: number;
};

/** An MSRP REPORT about one file. */
export type SentReport = {
  readonly offer: string;
  readonly index: number;
  readonly messageId: string;
  /** Byte-Range such as `1-70000/70000`. */
  readonly range: string;
  /** Status such as `000 200`. */
  readonly status: string;
};

/** Why a push that was answered 200 has no content to show: it was denied, or the fetch failed. */
export type PushFailure = FetchFailureReason | 'denied' | 'malformed' | 'busy' | 'unwanted';

/**
 * Everything a terminal tells the world. `push-changed` and `delivery` feed the window;
 * the rest is the automation interface of the design, one JSON object a line.
 */
export type TerminalEvent = { readonly at: string; readonly terminal: string } & (
  | {
      readonly event: 'registered';
      readonly expires: number;
      readonly pubGruu: string | null;
      readonly tempGruu: string | null;
      readonly bindings: readonly Binding[];
      /** The push tags are taken back. */
      readonly withdrawn: boolean;
    }
  | {
      readonly event: 'registration-failed';
      readonly code: number | null;
      readonly reason: string;
      /** When the next try runs, ISO 8601; null when none will without a change. */
      readonly retryAt: string | null;
    }
  | { readonly event: 'unregistered' }
  /** The user's contacts changed, by the reg event package: a sibling terminal came or went. */
  | { readonly event: 'bindings'; readonly bindings: readonly Binding[] }
  | { readonly event: 'registration'; readonly state: RegistrationState }
  /** The push capabilities stand at the core's presence server, for so many seconds. */
  | { readonly event: 'published'; readonly etag: string | null; readonly expires: number }
  | {
      readonly event: 'publication-failed';
      readonly code: number | null;
      readonly reason: string;
      /** When the next try runs, ISO 8601; null when none will before the next registration. */
      readonly retryAt: string | null;
    }
  | {
      readonly event: 'push';
      readonly push: string;
      readonly method: 'MESSAGE' | 'NOTIFY';
      readonly application: string | null;
      readonly from: string;
      readonly contentType: string | null;
      readonly bytes: number;
      readonly path: string | null;
      /** What it referred to, where it did and that was fetched; the first of them is also in `path`. */
      readonly fetched?: readonly FetchedFile[];
      readonly callId: string;
    }
  /** A subscription is granted (RFC 6665). */
  | {
      readonly event: 'subscribed';
      readonly subscription: string;
      readonly target: string;
      /** The event package. */
      readonly package: string;
      readonly application: string | null;
      /** ISO 8601. */
      readonly expiresAt: string | null;
    }
  /** A subscription is in another state. */
  | {
      readonly event: 'subscription';
      readonly subscription: string;
      readonly origin: SubscriptionOrigin;
      readonly target: string;
      readonly package: string;
      readonly application: string | null;
      readonly state: SubscriptionState['kind'];
      readonly expiresAt: string | null;
      /** Why it ended, in a sentence, and the code that refused it. */
      readonly reason: string | null;
      readonly code: number | null;
      /** When it is tried again, ISO 8601. */
      readonly retryAt: string | null;
    }
  /** A NOTIFY was answered. */
  | {
      readonly event: 'notified';
      readonly subscription: string;
      /** From URI of the notifier. */
      readonly from: string;
      /** Subscription-State as written. */
      readonly state: string;
      readonly contentType: string | null;
      readonly bytes: number;
      readonly code: number;
      /** The push its content became. */
      readonly push: string | null;
      /** The content where it is text that is not too long. */
      readonly body: string | null;
    }
  /** What a window shows of the subscriptions is another. */
  | { readonly event: 'subscriptions' }
  /** A message is kept and answered 200, and waits for the user before anything is done with it. */
  | {
      readonly event: 'asks';
      readonly push: string;
      readonly application: string | null;
      readonly from: string;
      readonly contentType: string | null;
      readonly bytes: number;
      /** Where its content lies, if elsewhere; the first where it refers to several. */
      readonly url: string | null;
      /** All that would be fetched. */
      readonly urls: readonly string[];
      readonly reason: string;
      readonly callId: string;
    }
  /** An application was handed a push, or one file of it, or not: a failure changes nothing of the push. */
  | {
      readonly event: 'handed';
      readonly push: string;
      readonly application: string | null;
      readonly action: 'inbox' | 'folder' | 'notify' | 'command' | 'webhook';
      readonly ok: boolean;
      /** What happened in a few words, such as `Command ended with 0`. */
      readonly title: string;
      /** The path, the beginning of the output, or why not. */
      readonly detail: string;
    }
  /** Referenced content could not be had, or the user denied the push. */
  | {
      readonly event: 'push-failed';
      readonly push: string;
      readonly cause: PushFailure;
      /** A sentence. */
      readonly reason: string;
    }
  | {
      readonly event: 'refused';
      readonly method: string;
      readonly code: number;
      readonly reason: string;
      /** The first application it named. */
      readonly application: string | null;
      readonly from: string;
      readonly callId: string;
    }
  | {
      readonly event: 'offer';
      readonly offer: string;
      readonly from: string;
      readonly application: string | null;
      readonly sessionIdentity: string;
      readonly files: readonly OfferedFile[];
      readonly callId: string;
    }
  | {
      readonly event: 'answered';
      readonly offer: string;
      readonly code: number;
      readonly files: readonly number[];
    }
  | ({ readonly event: 'progress' } & Progress)
  | {
      readonly event: 'file';
      readonly offer: string;
      readonly index: number;
      readonly name: string;
      readonly path: string;
      readonly bytes: number;
      readonly sha1: string;
      readonly verified: boolean;
    }
  | {
      readonly event: 'file-failed';
      readonly offer: string;
      readonly index: number;
      readonly reason: string;
      /** Where the file is that came but is not what was promised; null when nothing is kept of it. */
      readonly quarantined: string | null;
    }
  /** The beginning of a file that did not come whole is kept, to be gone on with. */
  | {
      readonly event: 'part';
      readonly offer: string;
      readonly index: number;
      readonly path: string;
      readonly bytes: number;
    }
  /** The sender is asked for the rest of a file. */
  | {
      readonly event: 'resuming';
      readonly offer: string;
      readonly index: number;
      /** The first byte asked for, from 1. */
      readonly from: number;
    }
  /** The user kept a quarantined file. */
  | {
      readonly event: 'kept';
      readonly offer: string;
      readonly index: number;
      readonly name: string;
      readonly path: string;
    }
  /** The user removed a quarantined file or a part. */
  | { readonly event: 'removed'; readonly offer: string; readonly index: number; readonly path: string }
  | ({ readonly event: 'report' } & SentReport)
  /** A REPORT could not be sent: there is no connection to the sender any more. */
  | ({ readonly event: 'report-owed' } & SentReport)
  /** A REFER was taken (202): a SUBSCRIBE that waits for the user, or that a rule allows. */
  | {
      readonly event: 'refer';
      readonly refer: string;
      readonly from: string;
      readonly application: string | null;
      /** Whom to subscribe to. */
      readonly target: string;
      /** Event value of the SUBSCRIBE. */
      readonly package: string;
      readonly callId: string;
    }
  | { readonly event: 'refer-answered'; readonly refer: string; readonly accepted: boolean }
  | {
      readonly event: 'refer-ended';
      readonly refer: string;
      /** What the sender of the REFER is told: 200 once the first NOTIFY came. */
      readonly code: number;
      readonly reason: string | null;
      /** The subscription it led to. */
      readonly subscription: string | null;
    }
  | { readonly event: 'ended'; readonly offer: string; readonly reason: string }
  | { readonly event: 'error'; readonly message: string }
  | { readonly event: 'push-changed'; readonly record: PushRecord }
  | { readonly event: 'delivery'; readonly push: string; readonly entry: DeliveryEntry }
);

/** A terminal event as a procedure makes it; the terminal adds its name and the time. */
export type ProcedureEvent = TerminalEvent extends infer E
  ? E extends TerminalEvent
    ? Omit<E, 'at' | 'terminal'>
    : never
  : never;
export type Emit = (event: ProcedureEvent) => void;
