// The way to an open wire: its name, TCP and TLS, each within its time. It says nothing to people, settles no request
// and knows no HTTP; once open it hands everything on to whoever speaks on it.

import type {
  Address,
  Clock,
  Connector,
  Protocol,
  Resolver,
  Routes,
  Wire,
  WireEvents,
} from '../model/contracts.ts';
import type { ConnectionTimings, Kind, Phase } from '../model/outcome.ts';
import type { Parties } from './failure-text.ts';
import { Timed, type TimerWheel } from './timer-wheel.ts';
import { kindOf, UnprovenEnd } from './wire-errors.ts';

export interface OpeningSettings {
  readonly dnsTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  /** Of the whole attempt that it is opened for. */
  readonly timeoutMs: number;
}

/** One for all of a transport. */
export interface OpeningTools {
  readonly settings: OpeningSettings;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly connector: Connector;
  readonly resolver: Resolver;
  readonly routes: Routes | undefined;
}

/** What there is to hear of a wire that is open. */
export type OpenEvents = Omit<WireEvents, 'onConnect' | 'onSecure'>;

export interface OpeningOwner {
  /** The wire is open; before this returns, `opening.events` is set to whoever has it from now on. */
  onOpened(opening: Opening): void;
  /** It failed; its wire is released. `error`: undefined where there is none to show (timeout, closed). */
  onOpenFailed(opening: Opening, phase: Phase, kind: Kind, error: unknown): void;
}

/**
 *   resolving ─► connecting ─► (securing) ─► open
 *
 * `closed`: it failed or was given up. Open it stays, whatever becomes of its wire.
 */
export type OpeningState = 'resolving' | 'connecting' | 'securing' | 'open' | 'closed';

export class Opening extends Timed implements WireEvents {
  state: OpeningState = 'resolving';
  /** How far it has come; once open or closed, how far it had come before. */
  phase: Phase = 'dns';
  /** May be changed while it is under way. */
  owner: OpeningOwner;
  /** Who has the wire, from onOpened on. */
  events: OpenEvents | undefined;
  /** What ALPN came to; undefined where the peer chose none, and without TLS to the origin. */
  protocol: Protocol | undefined;
  /** Known once it is open. */
  remoteAddress = '';
  readonly #tools: OpeningTools;
  readonly #parties: Parties;
  readonly #protocols: readonly Protocol[] | undefined;
  #wire: Wire | undefined;
  /** When the attempt ends that it is opened for. */
  #endMs = 0;
  #phaseStartMs = 0;
  #dnsMs = 0;
  #connectMs = 0;
  #tlsMs = 0;

  constructor(
    tools: OpeningTools,
    parties: Parties,
    protocols: readonly Protocol[] | undefined,
    owner: OpeningOwner,
  ) {
    super();
    this.#tools = tools;
    this.#parties = parties;
    this.#protocols = protocols;
    this.owner = owner;
  }

  /** From its being open on. */
  get wire(): Wire {
    return this.#wire!;
  }

  get timings(): ConnectionTimings {
    return { dnsMs: this.#dnsMs, connectMs: this.#connectMs, tlsMs: this.#tlsMs };
  }

  /** It serves another than who it was begun for: to that one it costs nothing. */
  forgetCost(): void {
    this.#dnsMs = 0;
    this.#connectMs = 0;
    this.#tlsMs = 0;
  }

  override toString(): string {
    return `opening to ${this.#parties.peer}: ${this.state}`;
  }

  // ── name ────────────────────────────────────────────────────────────────────────────────────────────────

  /** `startedAtMs`: of the attempt that it is opened for. It may fail, or open, before this returns. */
  start(startedAtMs: number): void {
    const { settings, routes, resolver } = this.#tools;
    this.#endMs = startedAtMs + settings.timeoutMs;
    this.#phaseStartMs = startedAtMs;
    this.#deadline(settings.dnsTimeoutMs, startedAtMs);
    const { host, port } = this.#destination;
    const known = this.#parties.proxy === undefined ? routes?.addresses(host, port) : undefined;
    if (known !== undefined) return this.#onResolved(null, known, port);
    resolver.resolve(host, (error, addresses) => this.#onResolved(error, addresses, port));
  }

  /** Where its wire goes. */
  get #destination(): { readonly host: string; readonly port: number } {
    const { proxy, origin } = this.#parties;
    if (proxy !== undefined) return proxy;
    const { host, port } = origin;
    return this.#tools.routes?.destination(host, port) ?? { host, port };
  }

  #onResolved(error: Error | null, addresses: readonly Address[], port: number): void {
    if (this.state !== 'resolving') return;
    const nowMs = this.#tools.clock.now();
    this.#dnsMs = nowMs - this.#phaseStartMs;
    if (error !== null) return this.#fail(kindOf(error), error);
    this.#enter('connecting', 'connect', this.#tools.settings.connectTimeoutMs, nowMs);
    const { origin, proxy } = this.#parties;
    try {
      this.#wire = this.#tools.connector.connect(
        origin,
        this.#at(addresses, port),
        this,
        proxy,
        this.#protocols,
      );
    } catch (failure) {
      this.#fail(kindOf(failure), failure);
    }
  }

  #at(addresses: readonly Address[], port: number): readonly Address[] {
    const { proxy, origin } = this.#parties;
    if (proxy !== undefined || port === origin.port) return addresses;
    return addresses.map((address) => ({ ...address, port }));
  }

  // ── TCP, TLS ────────────────────────────────────────────────────────────────────────────────────────────

  onConnect(): void {
    if (this.state !== 'connecting') return;
    const nowMs = this.#tools.clock.now();
    this.#connectMs = nowMs - this.#phaseStartMs;
    if (this.#parties.origin.scheme === 'http') return this.#opened();
    this.#enter('securing', 'tls', this.#tools.settings.tlsTimeoutMs, nowMs);
  }

  onSecure(protocol?: Protocol): void {
    if (this.state !== 'securing') return;
    this.#tlsMs = this.#tools.clock.now() - this.#phaseStartMs;
    this.protocol = protocol;
    this.#opened();
  }

  #opened(): void {
    this.state = 'open';
    this.#tools.wheel.forget(this);
    this.remoteAddress = this.#wire!.remoteAddress;
    this.owner.onOpened(this);
  }

  #enter(state: OpeningState, phase: Phase, timeoutMs: number, nowMs: number): void {
    this.state = state;
    this.phase = phase;
    this.#phaseStartMs = nowMs;
    this.#deadline(timeoutMs, nowMs);
  }

  /** The nearer of the phase's end and the attempt's. */
  #deadline(phaseMs: number, nowMs: number): void {
    this.deadlineMs = Math.min(nowMs + phaseMs, this.#endMs);
    if (this.deadlineMs < this.lookMs) this.#tools.wheel.watch(this);
  }

  // ── what follows belongs to who speaks on it ────────────────────────────────────────────────────────────

  onBytes(bytes: Buffer, length: number): void {
    this.events?.onBytes(bytes, length);
  }

  onDrain(): void {
    this.events?.onDrain();
  }

  onEnd(): void {
    if (this.events !== undefined) this.events.onEnd();
    else this.#fail('closed', undefined);
  }

  onClose(error: Error | undefined): void {
    if (this.events !== undefined) this.events.onClose(error);
    else if (error === undefined || error instanceof UnprovenEnd) this.#fail('closed', undefined);
    else this.#fail(kindOf(error), error);
  }

  // ── ends ────────────────────────────────────────────────────────────────────────────────────────────────

  override onDeadline(): void {
    this.#fail('timeout', undefined);
  }

  /** It is given up, by whoever is its owner or has its wire: that is destroyed, and nobody is told. */
  close(): void {
    this.events = undefined;
    if (this.state !== 'closed') this.#release(true);
  }

  #fail(kind: Kind, error: unknown): void {
    if (!this.#isUnderWay) return;
    this.#release(kind !== 'closed');
    this.owner.onOpenFailed(this, this.phase, kind, error);
  }

  get #isUnderWay(): boolean {
    return this.state !== 'open' && this.state !== 'closed';
  }

  #release(hard: boolean): void {
    const before = this.state;
    this.state = 'closed';
    this.#tools.wheel.forget(this);
    if (hard) this.#wire?.destroy();
    else this.#wire?.end();
    // What was resolved may have been wrong: the next one looks again.
    if (before === 'connecting') this.#tools.resolver.forget(this.#destination.host);
  }
}
