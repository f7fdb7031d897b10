// A TCP server on loopback that does what a script says with each request, down to the octet: drips, lies, resets,
// falls silent. It takes requests apart just far enough to know where one ends, and logs every arrival.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './certificate.ts';

export interface RawRequest {
  readonly method: string;
  readonly target: string;
  /** Request line and fields with the empty line. */
  readonly head: string;
  readonly body: string;
  /** Its place among the requests of its connection, from 0. */
  readonly nth: number;
  /** How often its target had arrived before, on any connection. */
  readonly before: number;
}

export type Script = (peer: RawPeer, request: RawRequest) => void;

export interface RawServerOptions {
  readonly tls?: Certificate;
  readonly host?: string;
  readonly port?: number;
  /** It does not end its side because the client has ended its own. */
  readonly halfOpen?: boolean;
  /** When a connection is there, before a request. */
  readonly onConnection?: (peer: RawPeer) => void;
}

export class RawServer {
  readonly arrivals: RawRequest[] = [];
  connections = 0;
  /** Connections that the client has reset. */
  resets = 0;
  readonly #server: Server;
  readonly #options: RawServerOptions;
  readonly #open = new Set<Socket>();
  readonly #counts = new Map<string, number>();
  #watchers: (() => void)[] = [];

  private constructor(script: Script, options: RawServerOptions) {
    this.#options = options;
    const { halfOpen = false } = options;
    this.#server = createServer({ noDelay: true, allowHalfOpen: halfOpen }, (socket) => {
      this.connections++;
      this.#open.add(socket);
      socket.on('error', (error: Error & { code?: string }) => {
        if (error.code === 'ECONNRESET' || error.code === 'EPIPE') this.resets++;
      });
      socket.on('close', () => {
        this.#open.delete(socket);
        this.#tell();
      });
      const peer = new RawPeer(socket, options.tls, (head, body, nth) => {
        const request = this.#log(head, body, nth);
        script(peer, request);
        this.#tell();
      });
      options.onConnection?.(peer);
      this.#tell();
    });
  }

  static async open(script: Script, options: RawServerOptions = {}): Promise<RawServer> {
    const server = new RawServer(script, options);
    server.#server.listen(options.port ?? 0, options.host ?? '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `http://127.0.0.1:port/…`, and `https://localhost:port/…` with TLS. */
  url(path = '/'): string {
    if (this.#options.host === '::1') return `http://[::1]:${this.port}${path}`;
    const secure = this.#options.tls !== undefined;
    return `${secure ? 'https://localhost' : 'http://127.0.0.1'}:${this.port}${path}`;
  }

  /** Connections that are open on this side. */
  get open(): number {
    return this.#open.size;
  }

  /** Resolves as soon as the condition holds; looked at whenever something has come or gone. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #log(head: string, body: string, nth: number): RawRequest {
    const [method = '', target = ''] = head.split(' ', 2);
    const key = `${method} ${target}`;
    const before = this.#counts.get(key) ?? 0;
    this.#counts.set(key, before + 1);
    const request = { method, target, head, body, nth, before };
    this.arrivals.push(request);
    return request;
  }

  #tell(): void {
    const watchers = this.#watchers;
    this.#watchers = [];
    for (const watcher of watchers) watcher();
  }
}

type OnRequest = (head: string, body: string, nth: number) => void;

/** One connection, seen from the server. */
export class RawPeer {
  readonly tcp: Socket;
  /** What is spoken over: TCP itself, or TLS on it. */
  readonly stream: Socket;
  #buffered = '';
  #requests = 0;

  constructor(tcp: Socket, tls: Certificate | undefined, onRequest: OnRequest) {
    this.tcp = tcp;
    this.stream = tls === undefined ? tcp : new TLSSocket(tcp, { isServer: true, ...tls });
    for (const socket of new Set([this.tcp, this.stream])) socket.on('error', () => {});
    this.stream.on('data', (bytes) => this.#read(bytes, onRequest));
  }

  /** `sent` is called when the kernel has them, and never when the connection is gone. */
  send(octets: string | Uint8Array, sent?: () => void): void {
    const bytes = typeof octets === 'string' ? Buffer.from(octets, 'latin1') : octets;
    this.stream.write(bytes, (error) => {
      if (!error) sent?.();
    });
  }

  /** The same octets again and again, for as long as somebody is there. */
  flood(octets: string): void {
    this.send(octets, () => setImmediate(() => this.flood(octets)));
  }

  /** One octet at a time, each in a segment of its own as far as the kernels let it be. */
  drip(octets: string, sent?: () => void): void {
    const next = (at: number) => {
      if (at === octets.length) return sent?.();
      this.send(octets[at]!, () => setImmediate(next, at + 1));
    };
    next(0);
  }

  /** Sends, then closes as it should be: FIN, under TLS after a close_notify. */
  end(octets = ''): void {
    this.stream.end(Buffer.from(octets, 'latin1'));
  }

  /** Sends, then resets the TCP connection. */
  reset(octets = ''): void {
    if (octets === '') this.tcp.resetAndDestroy();
    else this.send(octets, () => this.tcp.resetAndDestroy());
  }

  /** Sends, then ends TCP without a word of TLS. */
  cut(octets = ''): void {
    this.send(octets, () => this.tcp.destroy());
  }

  #read(bytes: Buffer, onRequest: OnRequest): void {
    this.#buffered += bytes.toString('latin1');
    for (;;) {
      const end = this.#buffered.indexOf('\r\n\r\n');
      if (end === -1) return;
      const head = this.#buffered.slice(0, end + 4);
      const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
      if (this.#buffered.length < head.length + length) return;
      const body = this.#buffered.slice(head.length, head.length + length);
      this.#buffered = this.#buffered.slice(head.length + length);
      onRequest(head, body, this.#requests++);
    }
  }
}
