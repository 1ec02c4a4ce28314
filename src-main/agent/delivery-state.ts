import type { DeliveryReport, ReportRecord } from '../history/records.ts';
import type { ByteRange } from '../msrp/message.ts';
import type { MsrpReceiverEvent } from '../msrp/receiver.ts';

/** REPORTs of one file that are remembered; a sender that repeats itself gets one each time. */
export const MAX_REPORTS = 20;

type Asked = NonNullable<DeliveryReport['asked']>;
type Check = NonNullable<DeliveryReport['check']>;

/** Follows the MSRP session of one file, and tells its delivery report state (PRA-MSRP-02 to -04). */
export class DeliveryState {
  #messageId: string | null = null;
  #chunks = 0;
  #answered = 0;
  #refused = 0;
  #bytes = 0;
  #total: number | null = null;
  /** Milliseconds since 1970. */
  #firstAt: number | null = null;
  #lastAt: number | null = null;
  #asked: Asked | null = null;
  #check: Check | null = null;
  #reports: readonly ReportRecord[] = [];

  /** The state at this moment. */
  get report(): DeliveryReport {
    return {
      messageId: this.#messageId,
      chunks: this.#chunks,
      answered: this.#answered,
      refused: this.#refused,
      bytes: this.#bytes,
      total: this.#total,
      firstAt: timeOf(this.#firstAt),
      lastAt: timeOf(this.#lastAt),
      asked: this.#asked,
      check: this.#check,
      reports: this.#reports,
    };
  }

  /** Something happened in the session. */
  follow(event: MsrpReceiverEvent): void {
    switch (event.kind) {
      case 'chunk':
        this.#messageId = event.messageId;
        this.#chunks = event.chunks;
        this.#bytes = event.received;
        this.#total = event.total;
        this.#lastAt = Date.now();
        this.#firstAt ??= this.#lastAt;
        this.#ask(event.successReport, event.failureReport);
        return;
      case 'answered':
        this.#answered = event.count;
        return;
      case 'refused':
        this.#refused += 1;
        return;
      case 'complete':
        this.#total = event.total;
        return;
      case 'reportSent':
        this.#add('sent', event);
        return;
      case 'reportOwed':
        this.#add('owed', event);
        return;
      case 'bound':
      case 'failed':
      case 'closed':
        return;
    }
  }

  /** The whole file was compared with the offer. */
  checked(result: Check['result']): void {
    this.#check = { at: new Date().toISOString(), result };
  }

  #ask(success: boolean, failure: Asked['failure']): void {
    if (this.#asked?.success === success && this.#asked.failure === failure) return;
    this.#asked = { success, failure };
  }

  /** One that was owed and is sent now takes its own place. */
  #add(state: ReportRecord['state'], event: { messageId: string; range: ByteRange; status: number }): void {
    const { messageId, status } = event;
    const report = {
      at: new Date().toISOString(),
      state,
      messageId,
      range: rangeText(event.range),
      status: `000 ${status}`,
    };
    const others = this.#reports.filter((one) => one.state === 'sent' || !isSame(one, report));
    this.#reports = [...others, report].slice(-MAX_REPORTS);
  }
}

/** A Byte-Range as it is written. */
export function rangeText({ start, end, total }: ByteRange): string {
  return `${start}-${end ?? '*'}/${total ?? '*'}`;
}

function isSame(one: ReportRecord, other: ReportRecord): boolean {
  return one.messageId === other.messageId && one.range === other.range && one.status === other.status;
}

function timeOf(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
