// What a connection is given to work with, and whom it tells. Shapes only.

import type { Parties } from '../failure-text.ts';
import type { OpeningSettings, OpeningTools } from '../opening.ts';
import type { UploadSettings } from '../outgoing-body.ts';
import type { Usage } from '../pool.ts';
import type { ResponseLimits } from '../response-limits.ts';
import type { Connection } from './connection.ts';
import type { HeadParser } from './head-parser.ts';
import type { RequestHeads } from './request-head.ts';

export interface ConnectionSettings extends OpeningSettings, UploadSettings {
  readonly limits: ResponseLimits;
  readonly firstByteTimeoutMs: number;
  readonly keepAliveMs: number;
}

/** One for all connections of a transport. */
export interface ConnectionTools extends OpeningTools {
  readonly settings: ConnectionSettings;
  readonly heads: HeadParser;
  readonly usage: Usage;
}

/**
 *   opening ─► open ─► closed
 */
export type ConnectionState = 'opening' | 'open' | 'closed';

/** What the pool hears. */
export interface ConnectionOwner extends Parties {
  readonly heads: RequestHeads;
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
  onClosed(connection: Connection): void;
}
