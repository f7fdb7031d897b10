// What a connection of HTTP/2 is given to work with, and whom it tells. Shapes only.

import type { Request } from '../../model/request.ts';
import type { Parties } from '../failure-text.ts';
import type { Opening, OpeningSettings, OpeningTools } from '../opening.ts';
import type { UploadSettings } from '../outgoing-body.ts';
import type { IdleConnections, Pool, Usage } from '../pool.ts';
import type { ResponseLimits } from '../response-limits.ts';
import type { Coalescing } from './coalescing.ts';
import type { Http2Connection } from './connection.ts';
import type { FieldMemo } from './field-memo.ts';

export interface Http2Settings extends OpeningSettings, UploadSettings {
  readonly limits: ResponseLimits;
  readonly firstByteTimeoutMs: number;
  readonly keepAliveMs: number;
  /** `2`: nothing else will do. */
  readonly httpVersion: 'auto' | '1.1' | '2';
  /** Connections to one origin; undefined: as many as are needed. */
  readonly h2Connections: number | undefined;
  /** Origins that share an address and a certificate share connections. */
  readonly h2Coalesce: boolean;
  /** The most requests there will be at once to one origin. */
  readonly perOriginMax: number;
  /** In lower case: fields that are kept out of every table, besides logins and cookies (RFC 7541 section 7.1.3). */
  readonly secretHeaders: readonly string[];
}

/** One for all connections of a transport. */
export interface Http2Tools extends OpeningTools {
  readonly settings: Http2Settings;
  readonly memo: FieldMemo;
  readonly usage: Usage;
  readonly idle: IdleConnections;
  readonly onEmpty: (pool: Pool) => void;
  /** Where connections serve other origins too. */
  readonly coalescing: Coalescing | undefined;
  /** A request of another origin that none of the connections is good for; `misdirected`: as its server says. */
  readonly onForeign: (request: Request, misdirected: boolean) => void;
  /** Whoever serves the origin of the request now has it, as if it had never been here. */
  readonly pass: (request: Request) => void;
  /** The origin does not speak HTTP/2 any more, or not for this: whoever speaks HTTP/1.1 to it from now on. */
  readonly onHttp1: (pool: Pool, opening?: Opening, request?: Request) => Pool;
}

/** What the pool hears. */
export interface Http2Owner extends Parties {
  /** It may take more requests than before, or takes no more at all. */
  onRoom(connection: Http2Connection): void;
  /** Its peer has not looked at this request. `code`: REFUSED_STREAM, HTTP_1_1_REQUIRED, or NO_ERROR. */
  onUnprocessed(request: Request, code: number, connection: Http2Connection): void;
  /** A response has come that tells how much the peer gets done; its stream has ended. */
  onResponse(connection: Http2Connection): void;
  /** Its server says that this origin is not served here (RFC 9110 section 15.5.20). */
  onMisdirected(request: Request): void;
  /** `lost`: nobody here wanted it, and its peer had not said so. */
  onClosed(connection: Http2Connection, lost: boolean): void;
}
