import { type CoreAddress, formatHostPort } from './core-address.ts';
import { type Hop, locate, type Names, systemNames } from './locate.ts';
import { type SipSocket, type SocketAddress, StreamSocket, type TlsSettings } from './socket.ts';
import { isUdpCoreThere } from './udp-probe.ts';
import { UdpSocket } from './udp-socket.ts';
import { WebSocketSocket } from './web-socket.ts';
import type { SipTap } from './wire-tap.ts';

export type CoreSocketOptions = {
  /** The cores in order of preference; at least one. */
  readonly cores: readonly CoreAddress[];
  readonly tls: TlsSettings;
  /** Longest time between two keep-alives, in seconds. */
  readonly keepAlive?: number;
  readonly names?: Names;
  readonly tap?: SipTap;
  /** Time between two looks whether a preferred core is back, in ms. */
  readonly failBackMs?: number;
};

type Candidate = { readonly core: CoreAddress; readonly rank: number; readonly hop: Hop };
type Current = Candidate & { readonly socket: SipSocket };

const FAIL_BACK_MS = 30_000;
/**
 * A place whose flow ends before it said anything is left alone for this long where there is another; twice as long each
 * time in a row, up to a maximum.
 */
const SILENT_MS = 60_000;
const MAX_SILENT_MS = 1_800_000;
/** How long after that it is remembered. */
const FORGET_MS = 3_600_000;
/** Rank of where a redirection led: before every core of the profile. */
const DETOUR_RANK = -1;

/**
 * The flow to whichever core of a profile can be reached: each core's places by RFC 3263, tried in turn; on the next
 * one when one fails or is told to be full; and back on an earlier one as soon as it answers again.
 */
export class CoreSocket implements SipSocket {
  onconnect: () => void = () => {};
  ondisconnect: (error: boolean, code?: number, reason?: string) => void = () => {};
  ondata: (message: string) => void = () => {};
  readonly #options: CoreSocketOptions;
  readonly #preferred: CoreAddress;
  #current: Current | null = null;
  /** Counts the tries to connect; an older one finds itself overtaken. */
  #dial = 0;
  #dialing = false;
  /** Sockets that are connecting. */
  readonly #trying = new Set<SipSocket>();
  #detour: readonly CoreAddress[] = [];
  /** Nothing was said on the flow in use. */
  #isSilent = true;
  /** Places that are not tried until a time, in ms since the epoch, and how often in a row they said nothing. */
  readonly #avoided = new Map<string, { readonly until: number; readonly silences: number }>();
  #failBack: NodeJS.Timeout | null = null;
  #keepAlive: { readonly seconds: number; readonly stun: boolean } | null = null;

  /** @throws TypeError when there is no core. */
  constructor(options: CoreSocketOptions) {
    const [preferred] = options.cores;
    if (preferred === undefined) throw new TypeError('A terminal needs a core.');
    this.#options = options;
    this.#preferred = preferred;
  }

  get via_transport(): string {
    return (this.#current?.hop.transport ?? this.#preferred.transport ?? 'tcp').toUpperCase();
  }

  // JsSIP demands both at construction, refuses IPv6 in them, and never reads them again.
  readonly url = 'tcp://core.invalid';
  readonly sip_uri = 'sip:core.invalid';

  get local(): SocketAddress | null {
    return this.#current?.socket.local ?? null;
  }

  get remote(): SocketAddress | null {
    return this.#current?.socket.remote ?? null;
  }

  /** The core in use, and whether it stands in for a preferred one; null while there is none. */
  get core(): { readonly text: string; readonly spare: boolean } | null {
    const current = this.#current;
    return current === null ? null : { text: current.core.text, spare: current.rank > 0 };
  }

  /** Whether the flow leads where a redirection said. */
  get detoured(): boolean {
    return this.#current?.rank === DETOUR_RANK;
  }

  connect(): void {
    this.disconnect();
    void this.#connect();
  }

  /** Closes without calling ondisconnect: the caller asked for it. */
  disconnect(): void {
    this.#dial += 1;
    this.#dialing = false;
    for (const socket of this.#trying) socket.disconnect();
    this.#trying.clear();
    this.#release()?.disconnect();
  }

  send(message: string): boolean {
    return this.#current?.socket.send(message) ?? false;
  }

  isConnected(): boolean {
    return this.#current?.socket.isConnected() ?? false;
  }

  isConnecting(): boolean {
    return this.#dialing;
  }

  keepAliveEvery(seconds: number, stun: boolean): void {
    const most = this.#options.keepAlive ?? seconds;
    this.#keepAlive = { seconds: Math.min(seconds, most), stun };
    this.#current?.socket.keepAliveEvery(this.#keepAlive.seconds, stun);
  }

  probe(): void {
    this.#current?.socket.probe();
  }

  drop(reason: string): void {
    this.#current?.socket.drop(reason);
  }

  /**
   * Leaves the place in use for so many seconds, since it does not serve us, and connects to the next. False, and
   * nothing is done, when there is no other.
   */
  async avoid(seconds: number): Promise<boolean> {
    const current = this.#current;
    if (current === null) return false;
    this.#avoid(current.hop, seconds * 1000);
    const dial = this.#dial;
    const others = (await this.#candidates([])).filter(({ hop }) => !this.#isAvoided(hop));
    if (dial !== this.#dial || this.#current !== current) return true;
    if (others.length === 0) return false;
    this.connect();
    return true;
  }

  /** Goes where a redirection says, before all cores of the profile, until that flow is lost. */
  redirect(targets: readonly CoreAddress[]): void {
    this.#detour = targets;
    this.connect();
  }

  async #connect(): Promise<void> {
    this.#dial += 1;
    const dial = this.#dial;
    this.#dialing = true;
    const reasons: string[] = [];
    const all = await this.#candidates(reasons);
    const open = all.filter(({ hop }) => !this.#isAvoided(hop));
    // When every place is to be avoided, any is better than none.
    const candidates = open.length > 0 ? open : all;
    for (const candidate of candidates) {
      if (dial !== this.#dial) return;
      const outcome = await this.#try(candidate, candidates.length > 1);
      if (dial !== this.#dial) {
        if (typeof outcome !== 'string') outcome.disconnect();
        return;
      }
      if (typeof outcome === 'string') {
        reasons.push(`${shown(candidate.hop)}: ${outcome}`);
        continue;
      }
      this.#dialing = false;
      this.#adopt({ ...candidate, socket: outcome });
      return;
    }
    if (dial !== this.#dial) return;
    this.#dialing = false;
    this.#detour = [];
    this.ondisconnect(true, undefined, reasons.join(' '));
  }

  /** Every place of every core, in order; what leads nowhere is told in `reasons`. */
  async #candidates(reasons: string[]): Promise<readonly Candidate[]> {
    const ranked = [
      ...this.#detour.map((core) => ({ core, rank: DETOUR_RANK })),
      ...this.#options.cores.map((core, rank) => ({ core, rank })),
    ];
    const located = await Promise.all(
      ranked.map(async ({ core, rank }) => {
        try {
          const hops = await locate(core, this.#options.names ?? systemNames);
          return hops.map((hop) => ({ core, rank, hop }));
        } catch (error) {
          reasons.push(error instanceof Error ? error.message : String(error));
          return [];
        }
      }),
    );
    return located.flat();
  }

  /** A connected socket, or why there is none. A UDP place is asked for an answer where there are others. */
  async #try({ hop }: Candidate, hasOthers: boolean): Promise<SipSocket | string> {
    if (hop.transport === 'udp' && hasOthers && !(await isUdpCoreThere(hop.address, hop.port)))
      return 'No answer came.';
    const socket = socketTo(hop, this.#options);
    if (this.#keepAlive !== null) socket.keepAliveEvery(this.#keepAlive.seconds, this.#keepAlive.stun);
    else if (this.#options.keepAlive !== undefined) socket.keepAliveEvery(this.#options.keepAlive, false);
    this.#trying.add(socket);
    try {
      return await new Promise((resolve) => {
        socket.onconnect = () => resolve(socket);
        socket.ondisconnect = (_error, _code, reason) => resolve(reason ?? 'The connection was lost.');
        socket.connect();
      });
    } catch (error) {
      // Some addresses no socket takes, and it says so by throwing.
      socket.disconnect();
      return error instanceof Error ? error.message : String(error);
    } finally {
      this.#trying.delete(socket);
    }
  }

  #adopt(current: Current): void {
    const { socket, hop } = current;
    this.#isSilent = true;
    this.#current = current;
    socket.onconnect = () => {};
    socket.ondata = (message) => {
      if (this.#current?.socket !== socket) return;
      this.#isSilent = false;
      this.ondata(message);
    };
    socket.ondisconnect = (error, code, reason) => {
      if (this.#current?.socket !== socket) return;
      this.#release();
      this.#detour = [];
      // Whatever takes connections there, such as a balancer without servers, it is no core.
      if (this.#isSilent) this.#avoid(hop, 0);
      this.ondisconnect(error, code, reason);
    };
    if (current.rank > 0) this.#lookBack();
    this.onconnect();
  }

  /** Looks from time to time whether an earlier core is back, and moves to it: first the new flow, then the old one goes. */
  #lookBack(): void {
    this.#failBack = setTimeout(async () => {
      const current = this.#current;
      if (current === null) return;
      const better = (await this.#candidates([])).filter(
        ({ rank, hop }) => rank >= 0 && rank < current.rank && !this.#isAvoided(hop),
      );
      for (const candidate of better) {
        if (this.#current !== current) return;
        const outcome = await this.#try(candidate, true);
        if (this.#current !== current) {
          if (typeof outcome !== 'string') outcome.disconnect();
          return;
        }
        if (typeof outcome === 'string') continue;
        this.#release()?.disconnect();
        this.#adopt({ ...candidate, socket: outcome });
        return;
      }
      if (this.#current === current) this.#lookBack();
    }, this.#options.failBackMs ?? FAIL_BACK_MS);
  }

  #release(): SipSocket | null {
    const socket = this.#current?.socket ?? null;
    this.#current = null;
    if (this.#failBack !== null) clearTimeout(this.#failBack);
    this.#failBack = null;
    return socket;
  }

  #avoid(hop: Hop, milliseconds: number): void {
    const now = Date.now();
    for (const [key, { until }] of this.#avoided) if (until + FORGET_MS <= now) this.#avoided.delete(key);
    const silences = this.#isSilent ? (this.#avoided.get(keyOf(hop))?.silences ?? 0) + 1 : 0;
    const least = silences === 0 ? 0 : Math.min(MAX_SILENT_MS, SILENT_MS * 2 ** (silences - 1));
    this.#avoided.set(keyOf(hop), { until: now + Math.max(least, milliseconds), silences });
  }

  #isAvoided(hop: Hop): boolean {
    return (this.#avoided.get(keyOf(hop))?.until ?? 0) > Date.now();
  }
}

function socketTo(hop: Hop, options: CoreSocketOptions): SipSocket {
  const { transport, address, port, name, path } = hop;
  const { tls } = options;
  const tap = options.tap === undefined ? {} : { tap: options.tap };
  switch (transport) {
    case 'udp':
      return new UdpSocket({ host: address, port, ...tap });
    case 'tcp':
    case 'tls':
      return new StreamSocket({ host: address, port, name, tls: transport === 'tls' ? tls : null, ...tap });
    case 'ws':
    case 'wss':
      return new WebSocketSocket({
        address,
        port,
        name,
        path,
        tls: transport === 'wss' ? tls : null,
        ...tap,
      });
  }
}

function keyOf({ transport, address, port }: Hop): string {
  return `${transport} ${formatHostPort(address, port)}`;
}

function shown({ transport, address, port }: Hop): string {
  return `${formatHostPort(address, port)} over ${transport.toUpperCase()}`;
}
