// Where sockets connect to and from: the one address at once, several as a race, a Unix socket in place of all of them.
// What kind of socket it is, is up to the caller.

import type * as net from 'node:net';
import type { Address, Clock } from '../model/contracts.ts';
import { Race, type RaceDone } from './happy-eyeballs.ts';
import { LocalAddresses } from './local-addresses.ts';

export interface DialSettings {
  /** How long an attempt is alone before one to another address joins it (RFC 8305 section 5). */
  readonly happyEyeballsMs?: number;
  /** IP addresses of this machine to connect from, in turn. */
  readonly localAddresses?: readonly string[];
  /** A path that every connection goes to, whatever the addresses. */
  readonly unixSocket?: string | undefined;
}

const CONNECTION_ATTEMPT_DELAY_MS = 250;

/** Begins to connect a socket. */
export type Open = (to: net.NetConnectOpts) => net.Socket;

export class Dialer {
  readonly unixSocket: string | undefined;
  readonly #delayMs: number;
  readonly #clock: Clock;
  readonly #local: LocalAddresses | undefined;

  /** Throws OptionError for a local address that is none. */
  constructor({ happyEyeballsMs, localAddresses = [], unixSocket }: DialSettings, clock: Clock) {
    this.#delayMs = happyEyeballsMs ?? CONNECTION_ATTEMPT_DELAY_MS;
    this.#clock = clock;
    this.#local = localAddresses.length === 0 ? undefined : new LocalAddresses(localAddresses);
    this.unixSocket = unixSocket;
  }

  /** Where there is only one place to connect to. */
  only(addresses: readonly Address[], port: number): net.NetConnectOpts | undefined {
    if (this.unixSocket !== undefined) return { path: this.unixSocket };
    return addresses.length === 1 ? this.#to(addresses[0]!, port) : undefined;
  }

  /** The winner is connected; its errors are heard by the race, which ignores them from then on. */
  race(
    addresses: readonly Address[],
    port: number,
    open: Open,
    done: RaceDone<net.Socket>,
  ): Race<net.Socket> {
    return new Race(
      addresses,
      this.#delayMs,
      this.#clock,
      (address, onOpen, onFail) => {
        const socket = open(this.#to(address, port));
        socket.once('connect', onOpen);
        socket.on('error', onFail);
        return socket;
      },
      done,
    );
  }

  #to({ address, family, port: own }: Address, port: number): net.NetConnectOpts {
    const to = { host: address, family, port: own ?? port };
    const localAddress = this.#local?.next(family);
    return localAddress === undefined ? to : { ...to, localAddress };
  }
}
