/** What history keeps of one push. Times are ISO 8601 in UTC; sizes are bytes. */
export type PushRecord = {
  readonly id: string;
  /** Name of the terminal (its profile) that received the push. */
  readonly terminal: string;
  readonly method: 'MESSAGE' | 'NOTIFY' | 'INVITE' | 'REFER';
  readonly at: string;
  /** Application Resource Identifier as received, or null where the sender gave none. */
  readonly application: string | null;
  /** P-Asserted-Identity when the core asserted one, else the From URI; `asserted` tells which. */
  readonly from: string;
  readonly asserted: boolean;
  readonly callId: string;
  /** Start line and headers as received, for the Headers view. */
  readonly headers: string;
  readonly contentType: string | null;
  readonly bytes: number;
  /** What a message says in a line, for lists: of a text its first, of known kinds their facts; null for other content. */
  readonly preview: string | null;
  readonly state: PushState;
  /** The final SIP status we answered, or null while there is none. */
  readonly code: number | null;
  /** Why it was refused, failed or ended; null where there is nothing to explain. */
  readonly reason: string | null;
  readonly read: boolean;
  /** How often it was refused; 1 for all that is not refused. */
  readonly times: number;
  /** Whether its content is certainly of another type than it is declared as. */
  readonly mismatch: boolean;
  /** Kept whatever the limits of history say. */
  readonly pinned: boolean;
  readonly body: PushBody;
  /** Where content of a message lies that it only names (RFC 4483), in its order, and what became of fetching each. */
  readonly references: readonly ReferenceRecord[];
  readonly delivery: readonly DeliveryEntry[];
};

/** Content that a message refers to. */
export type ReferenceRecord = {
  /** Which of the references in the message it is, from 0: of alternatives not all are wanted. */
  readonly place: number;
  readonly url: string;
  /** What the message says of it; null where it says nothing. */
  readonly contentType: string | null;
  readonly bytes: number | null;
  readonly hash: string | null;
  readonly expires: string | null;
  /** Bytes fetched so far. */
  readonly received: number;
  /** SHA-256 of the fetched content in the vault; null until it is whole. */
  readonly sha256: string | null;
  /** Content-Type of what came. */
  readonly fetchedType: string | null;
  /** Sentences about what is odd. */
  readonly warnings: readonly string[];
  /** Whether the sender can do without it. */
  readonly optional: boolean;
  /** Why it could not be had, or null. */
  readonly problem: string | null;
};

/**
 * received: a message is kept. waiting: an offer or a message waits for the user. receiving: files or referenced content arrive.
 * completed: every wanted file is verified. reported: completed, and the success report is sent.
 */
export type PushState =
  | 'received'
  | 'waiting'
  | 'receiving'
  | 'completed'
  | 'reported'
  | 'declined'
  | 'cancelled'
  | 'failed'
  | 'refused';

export type PushBody =
  | { readonly kind: 'none' }
  /** Raw bytes live in the vault under their SHA-256. */
  | { readonly kind: 'content'; readonly sha256: string }
  | {
      readonly kind: 'files';
      readonly sessionIdentity: string;
      readonly sdp: string;
      readonly files: readonly FileRecord[];
      /** The session timer as agreed last; null without one, or before the 200. */
      readonly timer: SessionTimerRecord | null;
    }
  /** What a REFER asks for: a SUBSCRIBE to `target` for `event`. */
  | {
      readonly kind: 'refer';
      readonly target: string;
      readonly event: string;
      /** The sender wanted no subscription to what comes of it (RFC 4488). */
      readonly silent: boolean;
      /** Id of the subscription it led to, in the run it came in. */
      readonly subscription: string | null;
      /** SIP code of what came of it, as the sender was told; null while it is open. */
      readonly result: number | null;
    };

/** kept: the user kept a file that had not passed its checks. */
export type FileState =
  | 'offered'
  | 'accepted'
  | 'receiving'
  | 'verified'
  | 'kept'
  | 'declined'
  | 'failed'
  | 'aborted';

/** What is on disk of a file that did not become one: it waits for the user. Paths are absolute. */
export type Leftover =
  /** Arrived, but is not what was promised. */
  | { readonly kind: 'quarantined'; readonly path: string }
  /** Its first bytes, to be gone on with. */
  | { readonly kind: 'part'; readonly path: string; readonly bytes: number };

/** The session timer of a session (RFC 4028). */
export type SessionTimerRecord = {
  readonly seconds: number;
  readonly refresher: 'us' | 'peer';
  /** When it was agreed on: in the 200, or by the last refresh. */
  readonly at: string;
};

export type FileRecord = {
  /** Number of the file in the push: that of its m-line in the offer, from 0; files added later get the next numbers. */
  readonly index: number;
  /** Safe, displayable name. */
  readonly name: string;
  readonly type: string | null;
  /** Size offered, or null where the offer names none. */
  readonly bytes: number | null;
  /** `sha-1` of the offer as upper-case hex with colons, or null. */
  readonly hash: string | null;
  readonly disposition: 'render' | 'attachment';
  readonly date: string | null;
  readonly state: FileState;
  readonly received: number;
  /** Absolute path once the file is whole and verified, or kept by the user. */
  readonly path: string | null;
  /** SHA-1 computed over what arrived, upper-case hex with colons. */
  readonly sha1: string | null;
  readonly reason: string | null;
  /** Picture of the offer (RFC 5547 §8.8) as a `data:` URL of a PNG, JPEG or GIF, or null. */
  readonly icon: string | null;
  /** The offer is about a file that is here already, verified and with the same hash: its path, and when it came. */
  readonly known: { readonly path: string; readonly at: string } | null;
  /** The first byte that the offer wants to send, from 1: more than that continues a part (RFC 5547 §6). */
  readonly from: number;
  /** A rule of the profile accepts it: it is taken when nobody answers in time. */
  readonly ruled: boolean;
  readonly leftover: Leftover | null;
  /** What was answered and reported; null for a file without an MSRP session. */
  readonly report: DeliveryReport | null;
  /** Its MSRP session; null for a file without one. */
  readonly session: FileSession | null;
};

/** The MSRP session of one file, as both SDPs say. */
export type FileSession = {
  /** Our URIs and the sender's, as in `a=path`. */
  readonly localPath: string;
  readonly remotePath: string;
  /** Our role: `active` connects (RFC 4145 §4). */
  readonly setup: 'active' | 'passive';
  /** `host:port` at the other end of the connection; null before there was one. */
  readonly peer: string | null;
  /** Fingerprints of our certificate and of the ones the sender names; MSRP over TLS only. */
  readonly fingerprint: string | null;
  readonly peerFingerprints: readonly string[];
};

/** Delivery report state of one file: what its chunks were answered, and what was reported (PRA-MSRP-02 to -04, RFC 4975 §7.1). */
export type DeliveryReport = {
  /** Message-ID of the SENDs that carry the file; null before the first. */
  readonly messageId: string | null;
  /** Chunks that have ended. */
  readonly chunks: number;
  /** SENDs answered 200, and with an error; an empty SEND that opens the session is one too. */
  readonly answered: number;
  readonly refused: number;
  /** Different bytes of the message so far, those of a CPIM wrapper too, and its total by Byte-Range. */
  readonly bytes: number;
  readonly total: number | null;
  /** When the first and the last bytes came. */
  readonly firstAt: string | null;
  readonly lastAt: string | null;
  /** What the SENDs ask to be reported (RFC 4975 §7.1.1); null before the first. */
  readonly asked: { readonly success: boolean; readonly failure: 'yes' | 'no' | 'partial' } | null;
  /** What came of comparing the whole file with the offer; null before that. */
  readonly check: {
    readonly at: string;
    /** `no-hash`: it was computed, but the offer names none. */
    readonly result: 'matches' | 'no-hash' | 'failed';
  } | null;
  /** The latest ones, the oldest first. */
  readonly reports: readonly ReportRecord[];
};

/** One REPORT. */
export type ReportRecord = {
  /** When it was sent, or when it could not be. */
  readonly at: string;
  /** owed: there was no connection to send it over. */
  readonly state: 'sent' | 'owed';
  readonly messageId: string;
  /** Byte-Range such as `1-70000/70000`. */
  readonly range: string;
  /** Status such as `000 200`. */
  readonly status: string;
};

/** One line of the delivery timeline: what this terminal received, answered or reported, and when. */
export type DeliveryEntry = {
  readonly at: string;
  /** in: a peer did it. out: this terminal did it. local: the user or a check did it. */
  readonly side: 'in' | 'out' | 'local';
  readonly ok: boolean;
  /** Short title such as `INVITE received`, `200 OK`, `REPORT 000 200`. */
  readonly title: string;
  readonly detail: string;
  /** m-line the entry is about, or null when it is about the whole push. */
  readonly file: number | null;
};

/** True for a push that brings its content itself or refers to it: neither an offer of files nor a REFER. */
export function isMessage({ method }: Pick<PushRecord, 'method'>): boolean {
  return method === 'MESSAGE' || method === 'NOTIFY';
}
