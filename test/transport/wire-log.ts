// One wire on real sockets and what it tells, in order: for tests of wires without HTTP above them.

import { isIPv6 } from 'node:net';
import { afterEach } from 'vitest';
import type { Address, Clock, Protocol, Wire, WireEvents } from '../../src/model/contracts.ts';
import { parseUrl } from '../../src/model/origin.ts';
import type { ProxyServer } from '../../src/model/proxy-server.ts';
import { parseProxy } from '../../src/session/proxies.ts';
import { NetConnector, type WireSettings } from '../../src/transport/wire.ts';
import { RawServer, type RawServerOptions, type Script } from '../server/raw-server.ts';

export const IP4: Address = { address: '127.0.0.1', family: 4 };
export const IP6: Address = { address: '::1', family: 6 };

export class WireLog implements WireEvents {
  /** `connect`, `secure`, `end`, `close` or `close <code>`. */
  readonly events: string[] = [];
  /** Every octet, as latin1. */
  text = '';
  error: Error | undefined;
  /** What ALPN came to. */
  protocol: Protocol | undefined;
  #watchers: (() => void)[] = [];

  onConnect(): void {
    this.#tell('connect');
  }

  onSecure(protocol?: Protocol): void {
    this.protocol = protocol;
    this.#tell('secure');
  }

  onBytes(bytes: Buffer, length: number): void {
    this.text += bytes.toString('latin1', 0, length);
    this.#tell(undefined);
  }

  onDrain(): void {}

  onEnd(): void {
    this.#tell('end');
  }

  onClose(error: Error | undefined): void {
    this.error = error;
    this.#tell(error === undefined ? 'close' : `close ${(error as { code?: string }).code ?? error.name}`);
  }

  get closed(): boolean {
    return this.events.at(-1)?.startsWith('close') === true;
  }

  /** Resolves as soon as the condition holds; looked at with each event. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#watchers.push(resolve));
  }

  /** Until it can be written to, or will never be. */
  async open(secure = false): Promise<void> {
    await this.until(() => this.closed || this.events.includes(secure ? 'secure' : 'connect'));
  }

  #tell(event: string | undefined): void {
    if (event !== undefined) this.events.push(event);
    for (const watcher of this.#watchers.splice(0)) watcher();
  }
}

export interface Opened {
  readonly wire: Wire;
  readonly log: WireLog;
}

export interface WireOptions {
  readonly addresses?: readonly Address[];
  readonly proxy?: ProxyServer | undefined;
  readonly protocols?: readonly Protocol[];
}

/** Opens servers, connectors and wires for the tests of a file and closes them after each. */
export function wires() {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  return {
    closeAfter<T extends { close(): unknown }>(one: T): T {
      open.push(one);
      return one;
    },
    async serve(script: Script, options?: RawServerOptions): Promise<RawServer> {
      const server = await RawServer.open(script, options);
      open.push(server);
      return server;
    },
    connector(settings: Partial<WireSettings> = {}, clock?: Clock) {
      return new NetConnector({ insecure: false, ca: undefined, ...settings }, clock);
    },
    connect(connector: NetConnector, url: string, options: WireOptions = {}): Opened {
      const { addresses = [IP4], proxy, protocols } = options;
      const log = new WireLog();
      const wire = connector.connect(parseUrl(url).origin, addresses, log, proxy, protocols);
      open.push({ close: () => wire.destroy() });
      return { wire, log };
    },
  };
}

export function proxyAt(text: string): ProxyServer {
  return parseProxy(text);
}

/** Turns of the event loop until something holds; gives up, so that a test that fails does not turn for ever. */
export async function eventually(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 200_000; turn++) {
    if (condition()) return;
    await new Promise(setImmediate);
  }
  throw new Error(`never: ${condition}`);
}

/** A port of loopback where nobody listens. */
export async function deadPort(host = '127.0.0.1'): Promise<number> {
  const server = await RawServer.open(() => {}, isIPv6(host) ? { host } : {});
  const { port } = server;
  await server.close();
  return port;
}
