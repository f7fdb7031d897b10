// A connection to a proxy without a proxy: the test says what arrives and when, and sees what was written.

import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { ProxyServer } from '../../src/model/proxy-server.ts';
import { openTunnel } from '../../src/transport/tunnel.ts';

export const HOST = 'example.com';

/** A proxy as the session room gives it, with credentials in the open. */
export function proxyServer(scheme: ProxyServer['scheme'], user?: string, password = ''): ProxyServer {
  const socks = scheme.startsWith('socks');
  const name = `${scheme}://proxy.test:1080`;
  return {
    key: name,
    scheme,
    host: 'proxy.test',
    port: 1080,
    authorization:
      socks || user === undefined
        ? undefined
        : `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
    login: !socks || user === undefined ? undefined : { user, password },
    toString: () => name,
  };
}

/** Everything that is due in this turn of the event loop. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const LISTENED = ['readable', 'data', 'end', 'error', 'close', 'drain', 'connect', 'finish'];

export class Carrier {
  readonly stream: Duplex;
  written = '';
  /** What `done` was called with, in order: `open`, or a message. */
  readonly told: string[] = [];
  error: Error | undefined;
  readonly #before: number[];

  constructor(proxy: ProxyServer, host = HOST, port = 443) {
    this.stream = new Duplex({
      read: () => {},
      write: (bytes: Buffer, _encoding, done) => {
        this.written += bytes.toString('latin1');
        done();
      },
    });
    // As that of a wire, which hears its errors from the start.
    this.stream.on('error', () => {});
    this.#before = this.listeners();
    openTunnel(this.stream as Socket, proxy, host, port, (error) => {
      this.error = error;
      this.told.push(error === undefined ? 'open' : error.message);
    });
  }

  listeners(): number[] {
    return LISTENED.map((name) => this.stream.listenerCount(name));
  }

  get leftNoListener(): boolean {
    return this.listeners().join() === this.#before.join();
  }

  /** Each piece in a turn of its own. */
  async arrive(...pieces: readonly (string | Buffer)[]): Promise<void> {
    for (const piece of pieces) {
      this.stream.push(typeof piece === 'string' ? Buffer.from(piece, 'latin1') : piece);
      await turn();
    }
  }

  async end(): Promise<void> {
    this.stream.push(null);
    await turn();
  }

  async destroy(error?: Error): Promise<void> {
    this.stream.destroy(error);
    await turn();
  }

  /** Everything that a reader of the tunnel gets from here on, by `data` events. */
  async rest(): Promise<string> {
    let text = '';
    this.stream.on('data', (bytes: Buffer) => {
      text += bytes.toString('latin1');
    });
    await turn();
    return text;
  }
}
