// The addresses of this machine that connections go out from, in turn. Each brings its own ephemeral ports, so several
// of them multiply how many connections there can be. Binds nothing by itself.

import * as net from 'node:net';
import { OptionError } from '../model/option-kinds.ts';

export class LocalAddresses {
  readonly #four: Rotation;
  readonly #six: Rotation;

  /** Each text is an address or several with commas between; throws OptionError for what is none. */
  constructor(given: readonly string[]) {
    const addresses = given.flatMap((text) => text.split(',').map((part) => part.trim()));
    for (const address of addresses) if (net.isIP(address) === 0) throw noAddress(address);
    this.#four = new Rotation(addresses.filter((address) => net.isIPv4(address)));
    this.#six = new Rotation(addresses.filter((address) => net.isIPv6(address)));
  }

  /** The next one of a family; undefined leaves the choice to the system. */
  next(family: 4 | 6): string | undefined {
    return (family === 4 ? this.#four : this.#six).next();
  }
}

/** A turn of its own for each family: attempts that alternate between families must not skip every other address. */
class Rotation {
  readonly #addresses: readonly string[];
  #next = 0;

  constructor(addresses: readonly string[]) {
    this.#addresses = addresses;
  }

  next(): string | undefined {
    const address = this.#addresses[this.#next];
    this.#next = this.#next + 1 < this.#addresses.length ? this.#next + 1 : 0;
    return address;
  }
}

function noAddress(text: string): OptionError {
  const its = process.getBuiltinModule('node:os').networkInterfaces()[text];
  const hint =
    its === undefined ? 'such as 192.0.2.7' : `${text} has ${its.map(({ address }) => address).join(', ')}`;
  return new OptionError(
    'localAddresses',
    `localAddresses (--interface) takes IP addresses of this machine, not ${JSON.stringify(text)}; ${hint}`,
  );
}
