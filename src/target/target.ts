// The server: takes connections and requests, finds their routes, counts them, and closes. Logs nothing, and never lets
// a request of a client end the process.

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { systemClock } from '../model/clock.ts';
import type { Clock } from '../model/contracts.ts';
import { nearest } from '../model/nearest.ts';
import { byteSize } from '../model/text.ts';
import { BadParameter } from './parameters.ts';
import { replyText } from './reply.ts';
import { announcesBody, type BodyResult, KEPT_BYTES_MAX, READ_BYTES_MAX, readBody } from './request-body.ts';
import { Exchange, placeOf, type RouteEntry } from './route.ts';
import { allRoutes, RouteTable } from './routes.ts';

export interface TargetOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** The address to listen on; 127.0.0.1 unless given, so that other machines cannot reach it. */
  readonly host?: string | undefined;
  /** What looks random follows from it: failures, valid codes, session tokens. 1 unless given. */
  readonly seed?: number | undefined;
  /** Connections at once; one more is reset as soon as it is accepted. No bound unless given. */
  readonly connectionsMax?: number | undefined;
  /** What delays, limits and workers go by; real time unless given. */
  readonly clock?: Clock | undefined;
}

export interface TargetCounts {
  /** Requests whose header section arrived whole, those to unknown paths included. */
  readonly requests: number;
  /** Connections accepted so far, open now, and open at once at most; without those refused. */
  readonly connections: number;
  readonly connectionsOpen: number;
  readonly connectionsOpenMax: number;
  readonly connectionsRefused: number;
  /** Requests by name of route; `unknown` for paths that no route has. */
  readonly routes: Readonly<Record<string, number>>;
}

/** A server that runs. */
export interface Target {
  /** `http://host:port`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** As of this moment; a new object each time. */
  readonly counts: TargetCounts;
  /** Closes every connection at once, whatever it is doing, and frees the port. Safe to call twice. */
  close(): Promise<void>;
  /** One line: where it listens, what it has counted. */
  toString(): string;
}

const KEEP_ALIVE_MS = 65_000;
/** A run may open thousands of connections in one go; the system's own bound still holds. */
const BACKLOG = 4096;
const GUESSED_LENGTH_MAX = 30;

/** Starts to listen; rejects with a sentence where that is not possible. */
export async function startTarget(options: TargetOptions = {}): Promise<Target> {
  const host = options.host ?? '127.0.0.1';
  const target = new HttpTarget(
    options.clock ?? systemClock,
    options.seed ?? 1,
    options.connectionsMax ?? Number.POSITIVE_INFINITY,
  );
  await target.listen(options.port ?? 0, host);
  return target;
}

class HttpTarget implements Target {
  readonly #server: Server;
  readonly #table: RouteTable;
  /** The path of each pattern, by its first segment: what a 404 can point to. */
  readonly #paths: ReadonlyMap<string, string>;
  readonly #sockets = new Set<Socket>();
  readonly #socketsMax: number;
  #host = '';
  #port = 0;
  #requests = 0;
  #unknown = 0;
  #connections = 0;
  #openMax = 0;
  #refused = 0;
  #closed: Promise<void> | undefined;

  constructor(clock: Clock, seed: number, connectionsMax: number) {
    this.#socketsMax = connectionsMax;
    const routes = allRoutes(clock, seed);
    this.#table = new RouteTable(routes);
    const paths = routes.map(({ pattern }) => [placeOf(pattern).name, pattern.replace(/\?.*/, '')] as const);
    this.#paths = new Map(paths.filter(([name]) => name !== ''));
    // No timeouts: a test may take as long as it likes over one request.
    this.#server = createServer(
      { keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: 0, requestTimeout: 0 },
      (request, response) => this.#onRequest(request, response),
    );
    this.#server.on('connection', (socket) => this.#onConnection(socket));
  }

  get port(): number {
    return this.#port;
  }

  get url(): string {
    return `http://${this.#host}:${this.#port}`;
  }

  get counts(): TargetCounts {
    const routes = this.#table.counts();
    if (this.#unknown > 0) routes['unknown'] = this.#unknown;
    return {
      requests: this.#requests,
      connections: this.#connections,
      connectionsOpen: this.#sockets.size,
      connectionsOpenMax: this.#openMax,
      connectionsRefused: this.#refused,
      routes,
    };
  }

  toString(): string {
    return `target ${this.url} requests ${this.#requests} connections ${this.#connections} open ${this.#sockets.size}`;
  }

  listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => reject(listenError(error, host, port));
      this.#server.once('error', onError);
      this.#server.listen({ port, host, backlog: BACKLOG }, () => {
        this.#server.off('error', onError);
        // From now on an error is a connection that could not be accepted, such as EMFILE: its client hears of it.
        this.#server.on('error', () => {});
        this.#port = (this.#server.address() as AddressInfo).port;
        this.#host = reachable(host);
        resolve();
      });
    });
  }

  close(): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      this.#server.close(() => resolve());
      for (const socket of this.#sockets) socket.destroy();
    });
    return this.#closed;
  }

  #onConnection(socket: Socket): void {
    if (this.#sockets.size >= this.#socketsMax) {
      this.#refused++;
      socket.resetAndDestroy();
      return;
    }
    this.#connections++;
    this.#sockets.add(socket);
    this.#openMax = Math.max(this.#openMax, this.#sockets.size);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    this.#requests++;
    const place = placeOf(request.url!);
    const entry = this.#table.find(place.name, place.rest);
    const exchange = new Exchange(request, response, place.rest, place.query);
    if (entry === undefined) this.#unknown++;
    else entry.requests++;
    if (!announcesBody(request)) {
      this.#answer(exchange, entry, place.name);
      return;
    }
    readBody(request, entry?.route.keepsBody === true, (body) => {
      if (typeof body === 'string') refuseBody(response, body);
      else {
        exchange.body = body;
        this.#answer(exchange, entry, place.name);
      }
    });
  }

  #answer(exchange: Exchange, entry: RouteEntry | undefined, name: string): void {
    const { response } = exchange;
    if (entry === undefined) {
      replyText(response, 404, `no such route${this.#guess(name)}\nlook at / for all of them`);
      return;
    }
    try {
      entry.route.handle(exchange);
    } catch (error) {
      if (error instanceof BadParameter) replyText(response, 400, `${error.message}\nlook at / for examples`);
      else failed(response, error);
    }
  }

  #guess(name: string): string {
    // Comparing costs the product of two lengths: a long name is not worth it.
    const near = name.length > GUESSED_LENGTH_MAX ? undefined : nearest(name, this.#paths.keys());
    return near === undefined ? '' : `; did you mean ${this.#paths.get(near)}?`;
  }
}

function refuseBody(response: ServerResponse, why: Exclude<BodyResult, Buffer>): void {
  if (why === 'too-large') {
    replyText(response, 413, `a body that is kept has up to ${byteSize(KEPT_BYTES_MAX)}`);
  } else {
    // What is still to come is not read: the connection cannot be used again.
    replyText(response, 413, `a body has up to ${byteSize(READ_BYTES_MAX)}`, ['Connection', 'close']);
  }
}

/** A fault of this server, told to the client that met it; the others go on. */
function failed(response: ServerResponse, error: unknown): void {
  if (response.headersSent) response.destroy();
  else
    replyText(response, 500, `the target failed: ${error instanceof Error ? error.message : String(error)}`);
}

/** Where a client of this machine connects to; the wildcard addresses are none. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  if (host === '::') return '[::1]';
  return host.includes(':') ? `[${host}]` : host;
}

function listenError(error: NodeJS.ErrnoException, host: string, port: number): Error {
  const why: Readonly<Record<string, string>> = {
    EADDRINUSE: 'it is in use; take another port, or 0 for a free one',
    EACCES: 'this user may not; take a port from 1024 up, or 0 for a free one',
    EADDRNOTAVAIL: 'this machine has no such address; take 127.0.0.1, or 0.0.0.0 for all of them',
    ENOTFOUND: 'no such host; take 127.0.0.1, or 0.0.0.0 for all addresses',
  };
  const reason = why[error.code ?? ''] ?? error.message;
  return new Error(`cannot listen on ${host} port ${port}: ${reason}`, { cause: error });
}
