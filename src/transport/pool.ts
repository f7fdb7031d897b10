// What all pools have in common, whatever they speak: their key, the order in which unused connections close.

import type { Done, TransportUsage } from '../model/contracts.ts';
import type { Origin } from '../model/origin.ts';
import type { ProxyServer } from '../model/proxy-server.ts';
import type { Request } from '../model/request.ts';

/** The connections of one origin. It decides which one a request goes out on. */
export interface Pool {
  readonly origin: Origin;
  readonly proxy: ProxyServer | undefined;
  /** Under which the transport keeps it. */
  readonly key: string;
  send(request: Request, done: Done): void;
  /** Nothing new goes out, and what is under way fails with kind `aborted`. */
  abort(): void;
  /** Unused connections close now, the others after their responses; one that must be opened yet serves once. */
  retire(): void;
  /** Unused connections do not keep the process alive. */
  rest(): void;
}

/** Connections differ by where they end and by what stands in between, credentials included. */
export function poolKey(origin: Origin, proxy: ProxyServer | undefined): string {
  return proxy === undefined ? origin.key : `${origin.key} ${proxy.key}`;
}

/** What the pools of a transport have opened and used so far; they count here. */
export class Usage implements TransportUsage {
  http1Connections = 0;
  http2Connections = 0;
  streamsMax = 0;
}

/** A connection that may be unused. Its fields are its place among all that are. */
export interface IdleConnection {
  older: IdleConnection | undefined;
  newer: IdleConnection | undefined;
  /** Closes it, and takes it out of here. */
  retire(): void;
}

/** All unused connections by age, of every origin: the oldest closes when there are too many. */
export class IdleConnections {
  readonly #max: number;
  #oldest: IdleConnection | undefined;
  #newest: IdleConnection | undefined;
  #count = 0;

  constructor(max: number) {
    this.#max = max;
  }

  get count(): number {
    return this.#count;
  }

  add(connection: IdleConnection): void {
    connection.older = this.#newest;
    connection.newer = undefined;
    if (this.#newest === undefined) this.#oldest = connection;
    else this.#newest.newer = connection;
    this.#newest = connection;
    this.#count++;
    if (this.#count > this.#max) this.#oldest!.retire();
  }

  remove(connection: IdleConnection): void {
    if (connection.older === undefined) this.#oldest = connection.newer;
    else connection.older.newer = connection.newer;
    if (connection.newer === undefined) this.#newest = connection.older;
    else connection.newer.older = connection.older;
    connection.older = undefined;
    connection.newer = undefined;
    this.#count--;
  }
}
