// Asks a proxy for a way to a host and port, over a connection to it that is open already. It opens, times and closes
// nothing: a connection that takes too long is destroyed by whoever made it.

import type * as net from 'node:net';
import type { ProxyServer } from '../model/proxy-server.ts';
import { ProxyError } from './proxy-error.ts';
import { ConnectHandshake } from './tunnel-connect.ts';
import { SocksHandshake } from './tunnel-socks.ts';

/** What is said to a proxy and how its answers are read. Knows no socket. */
export interface Handshake {
  /** What to say first. */
  readonly greeting: Buffer;
  /**
   * Takes octets as they came. Returns those behind the last answer once the way is open, undefined until then, and
   * throws ProxyError when it will not open. `say` sends the next octets.
   */
  take(bytes: Buffer, say: (bytes: Buffer) => void): Buffer | undefined;
}

/**
 * Calls `done` exactly once and never before it returns: without an error when what the carrier reads and writes from
 * then on is between us and `host:port`; else with a ProxyError, and the carrier is of no further use and to be
 * destroyed. It leaves no listener and loses no octet: what came behind the proxy's answer is put back to be read.
 * The carrier is connected, reads by `data` or `readable` (no `onread`), and whoever made it hears its errors.
 */
export function openTunnel(
  carrier: net.Socket,
  proxy: ProxyServer,
  host: string,
  port: number,
  done: (error: Error | undefined) => void,
): void {
  const target = authority(host, port);
  const socks = proxy.scheme === 'socks5' || proxy.scheme === 'socks5h';
  let handshake: Handshake;
  try {
    handshake = socks ? new SocksHandshake(proxy, host, port, target) : new ConnectHandshake(proxy, target);
  } catch (error) {
    return process.nextTick(done, error as Error);
  }
  if (carrier.destroyed) return process.nextTick(done, new ProxyError(closed(proxy, target)));
  const say = (bytes: Buffer): void => {
    carrier.write(bytes);
  };
  const settle = (error: Error | undefined): void => {
    carrier.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', onEnd);
    done(error);
  };
  // Read on demand, not by `data`: a flowing socket would have to be paused, and would then stay so for the next one.
  const onReadable = (): void => {
    for (;;) {
      const bytes = carrier.read() as Buffer | null;
      if (bytes === null) return;
      let surplus: Buffer | undefined;
      try {
        surplus = handshake.take(bytes, say);
      } catch (error) {
        return settle(error as Error);
      }
      if (surplus !== undefined) {
        if (surplus.length > 0) carrier.unshift(surplus);
        return settle(undefined);
      }
    }
  };
  const onEnd = (): void => settle(new ProxyError(closed(proxy, target)));
  const onError = (error: Error): void => settle(new ProxyError(broken(proxy, target, error), error));
  carrier.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', onEnd);
  say(handshake.greeting);
}

function closed(proxy: ProxyServer, target: string): string {
  return `the proxy ${proxy} closed the connection when asked for a way to ${target}`;
}

function broken(proxy: ProxyServer, target: string, error: Error): string {
  const { code } = error as { code?: string };
  const what = code === 'ECONNRESET' || code === 'EPIPE' ? 'was reset' : 'broke';
  return `the connection to the proxy ${proxy} ${what} when it was asked for a way to ${target} (${code ?? error.message})`;
}

/** As CONNECT and messages name it (RFC 9112 section 3.2.3). */
function authority(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
