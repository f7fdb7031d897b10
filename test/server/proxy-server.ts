// A proxy on loopback: HTTP (absolute-form and CONNECT), the same over TLS, or SOCKS 5. It takes every name to mean this
// machine, so that names which nobody else can resolve tell whether the proxy was used; and it logs what it was asked.

import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Certificate } from './certificate.ts';

export interface ProxyOptions {
  readonly kind?: 'http' | 'socks5';
  readonly tls?: Certificate;
  /** `user:password` that it wants. */
  readonly login?: string;
  /** What it answers to every CONNECT or SOCKS request in place of doing it. */
  readonly answer?: string;
}

/** `CONNECT`, the method of a request in absolute-form, or `SOCKS`. */
export interface ProxyArrival {
  readonly method: string;
  readonly target: string;
  /** `user:password` as it came, or undefined. */
  readonly login: string | undefined;
  /** The octets of the request's head; empty for SOCKS. */
  readonly head: string;
}

export class LoopbackProxy {
  readonly arrivals: ProxyArrival[] = [];
  connections = 0;
  readonly #options: ProxyOptions;
  readonly #server: Server;
  readonly #open = new Set<Socket>();

  private constructor(options: ProxyOptions) {
    this.#options = options;
    this.#server = createServer({ noDelay: true }, (tcp) => {
      this.connections++;
      this.#hold(tcp);
      const client = options.tls === undefined ? tcp : new TLSSocket(tcp, { isServer: true, ...options.tls });
      if (client !== tcp) this.#hold(client);
      if (options.kind === 'socks5') this.#socks(client);
      else this.#http(client);
    });
  }

  static async open(options: ProxyOptions = {}): Promise<LoopbackProxy> {
    const proxy = new LoopbackProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** `http://user:password@127.0.0.1:port`; `localhost` over TLS, whose certificate says so. */
  url(login = this.#options.login): string {
    const { kind = 'http', tls } = this.#options;
    const place = `${tls === undefined ? '127.0.0.1' : 'localhost'}:${this.port}`;
    return `${tls === undefined ? kind : 'https'}://${login === undefined ? '' : `${login}@`}${place}`;
  }

  /** Connections that are open, both ways. */
  get open(): number {
    return this.#open.size;
  }

  /** Safe to call twice. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #hold(socket: Socket): void {
    this.#open.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => this.#open.delete(socket));
  }

  #connect(port: number, host: string): Socket {
    const upstream = connect({ port, host: host === '::1' ? '::1' : '127.0.0.1', noDelay: true });
    this.#hold(upstream);
    return upstream;
  }

  /** From here on the two speak with each other; `rest` was read too far. */
  #join(client: Socket, upstream: Socket, rest: Buffer): void {
    if (rest.length > 0) upstream.write(rest);
    client.pipe(upstream);
    upstream.pipe(client);
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  }

  // ── HTTP ────────────────────────────────────────────────────────────────────────────────────────────────────

  #http(client: Socket): void {
    let buffered = Buffer.alloc(0);
    /** One way to an origin per client, as long as it asks for the same. */
    let upstream: { readonly place: string; readonly socket: Socket } | undefined;
    const onData = (bytes: Buffer): void => {
      buffered = Buffer.concat([buffered, bytes]);
      for (;;) {
        const end = buffered.indexOf('\r\n\r\n');
        if (end === -1) return;
        const head = buffered.toString('latin1', 0, end + 4);
        const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
        if (buffered.length < head.length + length) return;
        const body = buffered.subarray(head.length, head.length + length);
        buffered = buffered.subarray(head.length + length);
        const [method = '', target = ''] = head.split(' ', 2);
        const basic = /^proxy-authorization: basic (\S+)\r$/im.exec(head)?.[1];
        const login = basic === undefined ? undefined : Buffer.from(basic, 'base64').toString();
        this.arrivals.push({ method, target, login, head });
        if (!this.#admits(client, login)) continue;
        if (method === 'CONNECT') {
          client.off('data', onData);
          return this.#tunnel(client, target, buffered);
        }
        const url = URL.canParse(target) ? new URL(target) : undefined;
        if (url?.protocol !== 'http:') {
          client.end('HTTP/1.1 400 Not in absolute-form\r\nContent-Length: 0\r\n\r\n');
          return;
        }
        if (upstream?.place !== url.host) {
          upstream?.socket.destroy();
          const socket = this.#connect(Number(url.port || 80), url.hostname);
          upstream = { place: url.host, socket };
          socket.on('data', (answer) => client.write(answer));
          socket.on('end', () => client.end());
          socket.on('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
        }
        const path = target.slice(`http://${url.host}`.length);
        const forwarded = head
          .replace(target, path === '' ? '/' : path)
          .replace(/^proxy-authorization:.*\r\n/im, '')
          .replace(/\r\n\r\n$/, '\r\nVia: 1.1 loopback\r\n\r\n');
        upstream.socket.write(Buffer.concat([Buffer.from(forwarded, 'latin1'), body]));
      }
    };
    client.on('data', onData);
  }

  /** Answers 407 where it does not. */
  #admits(client: Socket, login: string | undefined): boolean {
    if (this.#options.login === undefined || login === this.#options.login) return true;
    client.write(
      'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="loopback"\r\nContent-Length: 0\r\n\r\n',
    );
    return false;
  }

  #tunnel(client: Socket, target: string, rest: Buffer): void {
    const { answer } = this.#options;
    if (answer !== undefined) {
      client.write(Buffer.from(answer, 'latin1'));
      return;
    }
    const { hostname, port } = new URL(`http://${target}`);
    const upstream = this.#connect(Number(port || 80), hostname.replace(/[[\]]/g, ''));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\nContent-Length: 99\r\n\r\n');
      this.#join(client, upstream, rest);
    });
    upstream.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n'));
  }

  // ── SOCKS 5 ─────────────────────────────────────────────────────────────────────────────────────────────────

  #socks(client: Socket): void {
    let buffered = Buffer.alloc(0);
    let waiting: ((n: number) => void) | undefined;
    let wanted = 0;
    const onData = (bytes: Buffer): void => {
      buffered = Buffer.concat([buffered, bytes]);
      if (buffered.length >= wanted) waiting?.(0);
    };
    const take = async (length: number): Promise<Buffer> => {
      wanted = length;
      if (buffered.length < length) await new Promise<number>((resolve) => (waiting = resolve));
      const taken = buffered.subarray(0, length);
      buffered = buffered.subarray(length);
      return taken;
    };
    client.on('data', onData);
    this.#socksDialogue(client, take).then((upstream) => {
      client.off('data', onData);
      if (upstream !== undefined) this.#join(client, upstream, buffered);
    });
  }

  async #socksDialogue(
    client: Socket,
    take: (length: number) => Promise<Buffer>,
  ): Promise<Socket | undefined> {
    const greeting = await take(2);
    if (greeting[0] !== 5) {
      client.end();
      return undefined;
    }
    const methods = await take(greeting[1]!);
    const wanted = this.#options.login;
    let login: string | undefined;
    if (wanted !== undefined) {
      if (!methods.includes(2)) {
        client.end(Buffer.from([5, 0xff]));
        return undefined;
      }
      client.write(Buffer.from([5, 2]));
      const user = await take((await take(2))[1]!);
      const password = await take((await take(1))[0]!);
      login = `${user}:${password}`;
      client.write(Buffer.from([1, login === wanted ? 0 : 1]));
      if (login !== wanted) return undefined;
    } else {
      client.write(Buffer.from([5, 0]));
    }
    const type = (await take(4))[3]!;
    const length = type === 3 ? (await take(1))[0]! : type === 1 ? 4 : 16;
    const address = await take(length);
    const host =
      type === 3
        ? address.toString()
        : type === 1
          ? address.join('.')
          : address.toString('hex').replace(/^0{31}1$/, '::1');
    const port = (await take(2)).readUInt16BE();
    this.arrivals.push({ method: 'SOCKS', target: `${host}:${port}`, login, head: '' });
    if (this.#options.answer !== undefined) {
      client.write(Buffer.from(this.#options.answer, 'latin1'));
      return undefined;
    }
    const upstream = this.#connect(port, host);
    const [error] = await once(upstream, 'connect').then(
      () => [undefined],
      (reason: unknown) => [reason],
    );
    client.write(Buffer.from([5, error === undefined ? 0 : 5, 0, 1, 0, 0, 0, 0, 0, 0]));
    return error === undefined ? upstream : undefined;
  }
}
