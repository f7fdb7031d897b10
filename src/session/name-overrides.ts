// What the caller says about names in place of name servers: --resolve and --connect-to, in curl's words and with
// curl's meaning. Never resolves and never connects.

import { isIP } from 'node:net';
import type { Address } from '../model/contracts.ts';
import { OptionError } from '../model/option-kinds.ts';
import { shown } from '../model/origin.ts';
import { count } from '../model/text.ts';
import { hostOf } from './auth.ts';

/** Where to connect to. */
export interface Destination {
  readonly host: string;
  readonly port: number;
}

/** The parts of a --connect-to that are empty are undefined. */
interface Detour {
  readonly order: number;
  readonly host: string | undefined;
  readonly port: number | undefined;
}

const HOST = String.raw`(\[[^\]]*\]|[^:[\]]*)`;
const RESOLVE = new RegExp(String.raw`^(-|\+?)${HOST}:(\d{1,5})(?::(.*))?$`);
const CONNECT_TO = new RegExp(String.raw`^${HOST}:(\d{0,5}):${HOST}(?::(\d{0,5}))?$`);
const PORT_MAX = 65_535;
const ANY = '';

export class NameOverrides {
  /** By `host:port`, where the host may be `*`. */
  readonly #addresses = new Map<string, readonly Address[]>();
  /** By `host:port`, where either may be empty: any. */
  readonly #detours = new Map<string, Detour>();

  /** Undefined where nothing is said. Throws OptionError for what cannot be meant. */
  static parse(resolve: readonly string[], connectTo: readonly string[]): NameOverrides | undefined {
    if (resolve.length === 0 && connectTo.length === 0) return undefined;
    const overrides = new NameOverrides();
    for (const entry of resolve) overrides.#addAddresses(entry);
    connectTo.forEach((entry, order) => {
      overrides.#addDetour(entry, order);
    });
    return overrides;
  }

  /** Where a request to this host and port connects to, by --connect-to: the first entry that fits. */
  destination(host: string, port: number): Destination {
    if (this.#detours.size === 0) return { host, port };
    let first: Detour | undefined;
    for (const key of [`${host}:${port}`, `${host}:${ANY}`, `${ANY}:${port}`, `${ANY}:${ANY}`]) {
      const detour = this.#detours.get(key);
      if (detour !== undefined && (first === undefined || detour.order < first.order)) first = detour;
    }
    return { host: first?.host ?? host, port: first?.port ?? port };
  }

  /** By --resolve; the host and port are those of `destination`. An entry for the very host goes before one for `*`. */
  addresses(host: string, port: number): readonly Address[] | undefined {
    return this.#addresses.get(`${host}:${port}`) ?? this.#addresses.get(`*:${port}`);
  }

  toString(): string {
    return `names: ${count(this.#addresses.size)} with addresses, ${count(this.#detours.size)} connected elsewhere`;
  }

  /** A later entry for the same host and port replaces an earlier one; with `-` in front it takes that away. */
  #addAddresses(entry: string): void {
    const [, mark, name = '', digits = '', list] = RESOLVE.exec(entry) ?? refuseResolve(entry);
    const host = name === '*' ? name : hostOf(name);
    const port = portOf(digits);
    if (host === undefined || port === undefined || (list === undefined) !== (mark === '-')) {
      refuseResolve(entry);
    }
    const key = `${host}:${port}`;
    if (list === undefined) this.#addresses.delete(key);
    else this.#addresses.set(key, addressesOf(entry, list));
  }

  #addDetour(entry: string, order: number): void {
    const [, name = '', digits = '', toName = '', toDigits = ''] =
      CONNECT_TO.exec(entry) ?? refuseConnectTo(entry);
    const [host, toHost] = [name, toName].map((one) => (one === '' ? ANY : hostOf(one)));
    const [port, toPort] = [digits, toDigits].map((one) => (one === '' ? ANY : portOf(one)));
    if (host === undefined || port === undefined || toHost === undefined || toPort === undefined) {
      refuseConnectTo(entry);
    }
    // In curl an entry that leads nowhere else does not end the search for one that does.
    if (toHost === ANY && toPort === ANY) return;
    const key = `${host}:${port}`;
    if (this.#detours.has(key)) return;
    this.#detours.set(key, {
      order,
      host: toHost === ANY ? undefined : toHost,
      port: toPort === ANY ? undefined : toPort,
    });
  }
}

function addressesOf(entry: string, list: string): readonly Address[] {
  // curl passes over empty places too, but wants one address at least.
  const texts = list.split(',').filter((text) => text !== '');
  if (texts.length === 0) refuseResolve(entry);
  return texts.map((text): Address => {
    const address = text.startsWith('[') && text.endsWith(']') ? text.slice(1, -1) : text;
    const family = isIP(address);
    if (family === 4 || family === 6) return { address, family };
    throw new OptionError(
      'resolve',
      `resolve takes addresses such as 192.0.2.1 or [2001:db8::1], not ${quoted(text)} in ${quoted(entry)}; --connect-to takes names`,
    );
  });
}

function portOf(digits: string): number | undefined {
  const port = Number(digits);
  return port >= 1 && port <= PORT_MAX ? port : undefined;
}

function refuseResolve(entry: string): never {
  throw new OptionError(
    'resolve',
    `resolve takes host:port:address[,address] (* is every host, an IPv6 host stands in [ ]), not ${quoted(entry)}`,
  );
}

function refuseConnectTo(entry: string): never {
  throw new OptionError(
    'connectTo',
    `connectTo takes host1:port1:host2:port2 (any may be empty, an IPv6 host stands in [ ]), not ${quoted(entry)}`,
  );
}

function quoted(text: string): string {
  return JSON.stringify(shown(text));
}
