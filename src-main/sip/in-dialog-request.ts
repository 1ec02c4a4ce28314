import type Dialog from 'jssip/lib/Dialog.js';
import type NameAddrHeader from 'jssip/lib/NameAddrHeader.js';
import type { IncomingMessage, IncomingResponse } from 'jssip/lib/SIPMessage.js';

/** How a request of ours inside a dialog ended. */
export type InDialogOutcome =
  | { readonly kind: 'accepted'; readonly response: IncomingResponse }
  /** Refused; the dialog goes on. */
  | { readonly kind: 'refused'; readonly response: IncomingResponse }
  /** 408, 481 or no answer: the peer no longer has the dialog (RFC 3261 §12.2.1.2). */
  | { readonly kind: 'gone' }
  /** The flow is down; a later request may pass. */
  | { readonly kind: 'unreachable' };

export type InDialogRequest = {
  readonly method: 'INVITE' | 'UPDATE';
  /** Whole header lines without CRLF. */
  readonly headers: readonly string[];
  /** SDP as a latin1 string, or null for none. */
  readonly sdp: string | null;
};

/**
 * Sends a target refresh request (RFC 3261 §12.2.1): every 2xx to an INVITE is acknowledged, and the Contact of a 2xx
 * becomes the remote target. Never rejects.
 */
export function sendInDialog(dialog: Dialog, request: InDialogRequest): Promise<InDialogOutcome> {
  const { method, headers, sdp } = request;
  return new Promise((resolve) => {
    dialog.sendRequest(method, {
      extraHeaders: [...headers, ...(sdp === null ? [] : ['Content-Type: application/sdp'])],
      body: sdp,
      eventHandlers: {
        onSuccessResponse: (response) => {
          refreshTarget(dialog, response);
          if (method === 'INVITE') acknowledge(dialog, response);
          resolve({ kind: 'accepted', response });
        },
        onErrorResponse: (response) => resolve({ kind: 'refused', response }),
        onDialogError: () => resolve({ kind: 'gone' }),
        onRequestTimeout: () => resolve({ kind: 'gone' }),
        onTransportError: () => resolve({ kind: 'unreachable' }),
      },
    });
  });
}

/** Sends the ACK of a 2xx under the CSeq of its INVITE, whatever was sent since (RFC 3261 §13.2.2.4). */
export function acknowledge(dialog: Dialog, { cseq }: IncomingResponse): void {
  const latest = dialog._outgoing_ack_seqnum;
  dialog._outgoing_ack_seqnum = cseq;
  dialog.sendRequest('ACK');
  dialog._outgoing_ack_seqnum = latest;
}

/** The Contact of a 2xx to a target refresh is where later requests go; JsSIP keeps the old one. */
export function refreshTarget(dialog: Dialog, message: IncomingMessage): void {
  const contact = message.hasHeader('contact') ? (message.parseHeader('contact') as NameAddrHeader) : null;
  if (contact !== null) dialog._remote_target = contact.uri;
}
