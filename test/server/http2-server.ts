// A server of node:http2 on loopback, over TLS and nothing but HTTP/2: it answers as a script says, with each request
// whole, and logs every arrival, so that whatever is logged came over HTTP/2.

import { once } from 'node:events';
import {
  createSecureServer,
  type Http2SecureServer,
  type IncomingHttpHeaders,
  type SecureServerOptions,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { LOCALHOST } from './certificate.ts';

export interface Http2Arrival {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Of its connection, from 0. */
  readonly connection: number;
  /** How often its path had arrived before, on any connection. */
  readonly before: number;
}

export type Http2Script = (peer: Http2Exchange, arrival: Http2Arrival) => void;

export interface Http2Options extends SecureServerOptions {
  /** What it does about `Expect: 100-continue`, before there is a body; undefined: it asks for it. */
  readonly onExpect?: (peer: Http2Exchange) => void;
}

type Fields = Readonly<Record<string, string | number | readonly string[]>>;

/** One request, to be answered. */
export class Http2Exchange {
  readonly stream: ServerHttp2Stream;
  readonly #isHead: boolean;

  constructor(stream: ServerHttp2Stream, method: string) {
    this.stream = stream;
    this.#isHead = method === 'HEAD';
  }

  send(status: number, body: string | Buffer = '', fields: Fields = {}): void {
    if (this.stream.destroyed) return;
    const length = Buffer.byteLength(body);
    const head = { ':status': status, 'content-length': length, ...fields };
    this.stream.respond(head as never, { endStream: this.#isHead || length === 0 });
    if (!this.#isHead && length > 0) this.stream.end(body);
  }

  /** A head that promises more than comes; then nothing, or RST_STREAM. */
  begin(status: number, part: string | Buffer, fields: Fields = {}, resets = false): void {
    this.stream.respond({ ':status': status, ...fields } as never);
    this.stream.write(part, () => {
      if (resets) this.stream.destroy(new Error('broken'));
    });
  }
}

export class Http2Peer {
  readonly arrivals: Http2Arrival[] = [];
  /** In their order; once one is closed, its TLS says nothing more. */
  readonly connections: TLSSocket[] = [];
  /** Called with each request before its body is there. */
  onStream: ((peer: Http2Exchange) => void) | undefined;
  readonly #server: Http2SecureServer;
  readonly #script: Http2Script;
  readonly #options: Http2Options;
  readonly #counts = new Map<string, number>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #accepted: TLSSocket | undefined;

  private constructor(script: Http2Script, options: Http2Options) {
    this.#script = script;
    this.#options = options;
    const { onExpect: _, ...secure } = options;
    this.#server = createSecureServer({ ...LOCALHOST, ...secure, allowHTTP1: false });
    this.#server.prependListener('secureConnection', (socket: TLSSocket) => {
      this.#accepted = socket;
    });
    this.#server.on('session', (session) => {
      const number = this.connections.push(this.#accepted!) - 1;
      this.#sessions.add(session);
      session.on('error', () => {});
      session.on('close', () => this.#sessions.delete(session));
      session.on('stream', (stream, headers) => this.#take(stream, headers, number));
    });
    this.#server.on('sessionError', () => {});
  }

  static async open(script: Http2Script, options: Http2Options = {}): Promise<Http2Peer> {
    const peer = new Http2Peer(script, options);
    peer.#server.listen(0, '127.0.0.1');
    await once(peer.#server, 'listening');
    return peer;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(path = '/'): string {
    return `https://localhost:${this.port}${path}`;
  }

  get paths(): string[] {
    return this.arrivals.map(({ path }) => path);
  }

  async close(): Promise<void> {
    for (const session of this.#sessions) session.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #take(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, connection: number): void {
    const method = String(headers[':method']);
    const exchange = new Http2Exchange(stream, method);
    const pieces: Buffer[] = [];
    stream.on('error', () => {});
    this.onStream?.(exchange);
    stream.on('data', (piece: Buffer) => pieces.push(piece));
    stream.on('end', () => {
      const path = String(headers[':path']);
      const before = this.#counts.get(path) ?? 0;
      this.#counts.set(path, before + 1);
      const body = Buffer.concat(pieces).toString('latin1');
      const arrival = { method, path, headers, body, connection, before };
      this.arrivals.push(arrival);
      if (!stream.headersSent) this.#script(exchange, arrival);
    });
    if (headers.expect === undefined) return;
    const { onExpect = ({ stream: asked }) => asked.additionalHeaders({ ':status': 100 }) } = this.#options;
    onExpect(exchange);
  }
}
