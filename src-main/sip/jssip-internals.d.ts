/**
 * Types for the parts of JsSIP 3.13.8 that its own declarations leave out.
 * Only what we use is declared.
 */
declare module 'jssip/lib/Transactions.js' {
  import type { EventEmitter } from 'node:events';
  import type { IncomingRequest, IncomingResponse, OutgoingRequest } from 'jssip/lib/SIPMessage.js';
  import type Transport from 'jssip/lib/Transport.js';
  import type UA from 'jssip/lib/UA.js';

  export type ClientHandlers = {
    onRequestTimeout: () => void;
    onTransportError: () => void;
    onReceiveResponse: (response: IncomingResponse) => void;
  };
  interface Base extends EventEmitter {
    readonly type: 'nict' | 'ict' | 'nist' | 'ist';
    id: string;
    readonly state: number;
  }
  interface ClientTransaction extends Base {
    readonly type: 'nict' | 'ict';
    readonly request: OutgoingRequest;
    receiveResponse(response: IncomingResponse): void;
  }
  interface ServerTransaction extends Base {
    readonly type: 'nist' | 'ist';
    request: IncomingRequest;
    readonly transport: Transport;
    last_response: string;
    /** Timer J of a `nist`, and what it calls. */
    J?: NodeJS.Timeout;
    timer_J?(): void;
    receiveResponse(code: number, response: string, onSuccess?: () => void, onFailure?: () => void): void;
  }
  type Transaction = ClientTransaction | ServerTransaction;
  const Transactions: {
    readonly C: {
      readonly STATUS_PROCEEDING: number;
      readonly STATUS_ACCEPTED: number;
      readonly STATUS_COMPLETED: number;
      readonly STATUS_TERMINATED: number;
    };
    readonly AckClientTransaction: {
      new (
        ua: UA,
        transport: Transport,
        request: OutgoingRequest,
        handlers: object,
      ): { id: string; send(): void };
      prototype: { request: OutgoingRequest; transport: Transport; id: string; send(): void };
    };
    readonly NonInviteServerTransaction: new (
      ua: UA,
      transport: Transport,
      request: IncomingRequest,
    ) => ServerTransaction;
    readonly InviteServerTransaction: new (
      ua: UA,
      transport: Transport,
      request: IncomingRequest,
    ) => ServerTransaction;
    checkTransaction(ua: UA, request: IncomingRequest): boolean | undefined;
  };
  export default Transactions;
  export type { ClientTransaction, ServerTransaction, Transaction };
}

declare module 'jssip/lib/Utils.js' {
  const Utils: { headerize: (name: string) => string };
  export default Utils;
}

declare module 'jssip/lib/Transport.js' {
  /** What JsSIP asks of a socket at construction. */
  export type SocketLike = {
    readonly via_transport: string;
    readonly url: string;
    readonly sip_uri: string;
    connect(): void;
    disconnect(): void;
    send(message: string): boolean;
  };
  export default class Transport {
    status: number;
    socket: SocketLike;
    recover_attempts: number;
    recovery_timer: NodeJS.Timeout | null;
    close_requested: boolean;
    readonly via_transport: string;
    readonly sip_uri: string;
    ondata: (data: { transport: Transport; message: string }) => void;
    connect(): void;
    disconnect(): void;
    send(data: string | { toString(): string }): boolean;
    isConnected(): boolean;
    isConnecting(): boolean;
    _reconnect(): void;
    _getSocket(): void;
  }
}

declare module 'jssip/lib/URI.js' {
  export default class URI {
    constructor(
      scheme: string | null,
      user: string | null,
      host: string,
      port?: number | null,
      parameters?: Record<string, string | null>,
      headers?: Record<string, string | string[]>,
    );
    scheme: string;
    user: string | null;
    host: string;
    port: number | null | undefined;
    getParam(key: string): string | null | undefined;
    hasParam(key: string): boolean;
    clone(): URI;
    toString(): string;
    static parse(uri: string): URI | undefined;
  }
}

declare module 'jssip/lib/NameAddrHeader.js' {
  import type URI from 'jssip/lib/URI.js';
  export default class NameAddrHeader {
    readonly uri: URI;
    readonly display_name: string | null;
    getParam(key: string): string | null | undefined;
    toString(): string;
    static parse(value: string): NameAddrHeader | undefined;
  }
}

declare module 'jssip/lib/SIPMessage.js' {
  import type NameAddrHeader from 'jssip/lib/NameAddrHeader.js';
  import type { ServerTransaction } from 'jssip/lib/Transactions.js';
  import type Transport from 'jssip/lib/Transport.js';
  import type UA from 'jssip/lib/UA.js';
  import type URI from 'jssip/lib/URI.js';

  type HeaderEntry = { raw: string; parsed?: unknown };
  class IncomingMessage {
    data: string;
    headers: Record<string, HeaderEntry[]>;
    method: string;
    via_branch: string;
    call_id: string;
    cseq: number;
    from: NameAddrHeader;
    from_tag: string;
    to: NameAddrHeader;
    to_tag: string | null | undefined;
    body: string;
    addHeader(name: string, value: string): void;
    setHeader(name: string, value: string): void;
    getHeader(name: string): string | undefined;
    getHeaders(name: string): string[];
    hasHeader(name: string): boolean;
    parseHeader(name: string, index?: number): unknown;
  }
  class IncomingRequest extends IncomingMessage {
    constructor(ua: UA);
    ua: UA;
    ruri: URI;
    transport: Transport;
    server_transaction: Pick<ServerTransaction, 'receiveResponse'>;
    reply(
      code: number,
      reason?: string | null,
      extraHeaders?: readonly string[] | null,
      body?: string | null,
      onSuccess?: () => void,
      onFailure?: () => void,
    ): void;
    reply_sl(code: number, reason?: string | null): void;
  }
  class IncomingResponse extends IncomingMessage {
    status_code: number;
    reason_phrase: string;
  }
  type RequestParameters = {
    readonly cseq?: number;
    readonly call_id?: string;
    readonly from_tag?: string;
    readonly from_uri?: URI;
    readonly to_uri?: URI;
    readonly to_tag?: string;
    readonly route_set?: readonly string[];
  };
  class OutgoingRequest {
    constructor(
      method: string,
      ruri: URI | string,
      ua: UA,
      parameters?: RequestParameters | null,
      extraHeaders?: readonly string[] | null,
      body?: string | null,
    );
    ua: UA;
    headers: Record<string, string[]>;
    extraHeaders: string[];
    method: string;
    ruri: URI | string;
    cseq: number;
    call_id: string;
    from: NameAddrHeader;
    to: NameAddrHeader;
    body: string | null | undefined;
    setHeader(name: string, value: string | readonly string[]): void;
    getHeader(name: string): string | undefined;
    getHeaders(name: string): string[];
    clone(): this;
    toString(): string;
  }
  class InitialOutgoingInviteRequest extends OutgoingRequest {
    constructor(
      ruri: URI | string,
      ua: UA,
      parameters?: RequestParameters | null,
      extraHeaders?: readonly string[] | null,
      body?: string | null,
    );
    cancel(reason?: string): void;
  }
  const SIPMessage: {
    readonly IncomingRequest: typeof IncomingRequest;
    readonly IncomingResponse: typeof IncomingResponse;
    readonly OutgoingRequest: typeof OutgoingRequest;
    readonly InitialOutgoingInviteRequest: typeof InitialOutgoingInviteRequest;
  };
  export default SIPMessage;
  export type {
    IncomingMessage,
    IncomingRequest,
    IncomingResponse,
    InitialOutgoingInviteRequest,
    OutgoingRequest,
    RequestParameters,
  };
}

declare module 'jssip/lib/RequestSender.js' {
  import type { IncomingResponse, OutgoingRequest } from 'jssip/lib/SIPMessage.js';
  import type UA from 'jssip/lib/UA.js';
  export type SenderHandlers = {
    onRequestTimeout?: () => void;
    onTransportError?: () => void;
    /** `problem` is ours: why the challenge of this 401 or 407 was not answered, where there is more to say. */
    onReceiveResponse?: (response: IncomingResponse, problem?: string | null) => void;
    onAuthenticated?: (request: OutgoingRequest) => void;
  };
  export default class RequestSender {
    constructor(ua: UA, request: OutgoingRequest, handlers: SenderHandlers);
    _ua: UA;
    _request: OutgoingRequest;
    _eventHandlers: Required<SenderHandlers>;
    _receiveResponse(response: IncomingResponse): void;
    send(): void;
  }
}

declare module 'jssip/lib/Dialog.js' {
  import type { IncomingRequest, IncomingResponse, OutgoingRequest } from 'jssip/lib/SIPMessage.js';
  import type UA from 'jssip/lib/UA.js';
  import type URI from 'jssip/lib/URI.js';
  /** What a dialog needs of its owner. */
  export type DialogOwner = {
    readonly _ua: UA;
    receiveRequest(request: IncomingRequest): void;
  };
  export type DialogRequestHandlers = {
    onRequestTimeout?: () => void;
    onTransportError?: () => void;
    onSuccessResponse?: (response: IncomingResponse) => void;
    onErrorResponse?: (response: IncomingResponse) => void;
    onDialogError?: (response: IncomingResponse) => void;
  };
  export default class Dialog {
    constructor(
      owner: DialogOwner,
      message: IncomingRequest | IncomingResponse,
      type: 'UAS' | 'UAC',
      state?: number,
    );
    static readonly C: { readonly STATUS_CONFIRMED: number; readonly STATUS_TERMINATED: number };
    /** Set instead of a dialog when the message has no usable Contact. */
    readonly error?: string;
    readonly id: { toString(): string };
    readonly owner: DialogOwner;
    uac_pending_reply: boolean;
    local_seqnum: number;
    _remote_target: URI;
    _state: number;
    _incoming_ack_seqnum: number | null;
    _outgoing_ack_seqnum: number | null;
    _checkInDialogRequest(request: IncomingRequest): boolean;
    receiveRequest(request: IncomingRequest): void;
    sendRequest(
      method: string,
      options?: {
        readonly extraHeaders?: readonly string[];
        readonly body?: string | null;
        readonly eventHandlers?: DialogRequestHandlers;
      },
    ): OutgoingRequest;
    isTerminated(): boolean;
    terminate(): void;
  }
}

declare module 'jssip/lib/Dialog/RequestSender.js' {
  import type { DialogRequestHandlers } from 'jssip/lib/Dialog.js';
  import type { IncomingResponse } from 'jssip/lib/SIPMessage.js';
  export default class DialogRequestSender {
    _eventHandlers: Required<DialogRequestHandlers>;
    _receiveResponse(response: IncomingResponse): void;
  }
}

declare module 'jssip/lib/Timers.js' {
  const Timers: {
    TIMER_J: number;
    TIMER_K: number;
    TIMER_I: number;
    TIMER_D: number;
    readonly T1: number;
    readonly T2: number;
  };
  export default Timers;
}

declare module 'jssip/lib/UA.js' {
  import { EventEmitter } from 'node:events';
  import type Dialog from 'jssip/lib/Dialog.js';
  import type { IncomingRequest } from 'jssip/lib/SIPMessage.js';
  import type { ClientTransaction, ServerTransaction, Transaction } from 'jssip/lib/Transactions.js';
  import type Transport from 'jssip/lib/Transport.js';
  import type { SocketLike } from 'jssip/lib/Transport.js';
  import type URI from 'jssip/lib/URI.js';
  export type Configuration = {
    readonly sockets: SocketLike;
    readonly uri: string;
    readonly contact_uri: string;
    readonly display_name?: string;
    readonly instance_id?: string;
    readonly register: boolean;
    readonly session_timers: boolean;
    readonly user_agent: string;
  };
  export default class UA extends EventEmitter {
    constructor(configuration: Configuration);
    static readonly C: { readonly STATUS_INIT: number; readonly STATUS_USER_CLOSED: number };
    _transactions: Record<'nict' | 'ict', Record<string, ClientTransaction>> &
      Record<'nist' | 'ist', Record<string, ServerTransaction>>;
    _transport: Transport;
    _status: number;
    readonly configuration: {
      readonly uri: URI;
      readonly via_host: string;
      readonly user_agent?: string;
    };
    /** Ours: SipUserAgent has it, plain JsSIP does not. */
    get credentials(): import('./credentials.ts').Credentials | null;
    /** Ours, as well. */
    newVia?(): { readonly branch: string; readonly value: string };
    readonly contact: { pub_gruu: string | null; temp_gruu: string | null; readonly uri: URI };
    readonly transport: Transport;
    readonly status: number;
    start(): void;
    stop(): void;
    set(parameter: string, value: unknown): boolean;
    isConnected(): boolean;
    newTransaction(transaction: Transaction): void;
    destroyTransaction(transaction: Transaction): void;
    receiveRequest(request: IncomingRequest): void;
    _findDialog(callId: string, fromTag: string, toTag: string): Dialog | null;
  }
}
