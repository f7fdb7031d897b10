// What a connection is given to work with, and whom it tells. Shapes only.

import type { Clock, Connector } from '../../model/contracts.ts';
import type { Origin } from '../../model/origin.ts';
import type { ProxyServer } from '../../model/proxy-server.ts';
import type { TimerWheel } from '../timer-wheel.ts';
import type { Connection } from './connection.ts';
import type { HeadParser } from './head-parser.ts';
import type { ResponseLimits } from './limits.ts';
import type { RequestHeads } from './request-head.ts';

export interface ConnectionSettings {
  readonly limits: ResponseLimits;
  readonly dnsTimeoutMs: number;
  readonly connectTimeoutMs: number;
  readonly tlsTimeoutMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  readonly expectTimeoutMs: number;
  /** Bodies from this size on are held back for a 100 Continue; undefined: none are, unless their request says so. */
  readonly expectContinueBytes: number | undefined;
  readonly timeoutMs: number;
  readonly keepAliveMs: number;
}

/** One for all connections of a transport. */
export interface ConnectionTools {
  readonly settings: ConnectionSettings;
  readonly clock: Clock;
  readonly wheel: TimerWheel;
  readonly connector: Connector;
  readonly heads: HeadParser;
}

/**
 *   resolving ─► connecting ─► (securing) ─► open ─► closed
 */
export type ConnectionState = 'resolving' | 'connecting' | 'securing' | 'open' | 'closed';

/** What the pool hears. */
export interface ConnectionOwner {
  readonly origin: Origin;
  /** What stands between it and the origin. */
  readonly proxy: ProxyServer | undefined;
  readonly heads: RequestHeads;
  /** Its wires are TLS where the octets of HTTP go in: to the origin, or to a proxy that forwards. */
  readonly isSecure: boolean;
  /** What messages call the other end of its connections. */
  readonly peer: string;
  /** The connection whose response is being handed out: whoever sends now takes it first, and no list is touched. */
  free: Connection | undefined;
  /** It is free, and nothing took it while its response was handed out. */
  onIdle(connection: Connection): void;
  /** It still has requests outstanding, one less than before. */
  onRoom(connection: Connection): void;
  /** A connection has answered a second request: its peer keeps them open. */
  onReused(): void;
  /** A peer has ended a connection right after its first response, and had not said so. */
  onLost(): void;
  /** `before`: how far it had come. */
  onClosed(connection: Connection, before: ConnectionState): void;
}
