// Which origins are reached without a proxy: the list that NO_PROXY and --noproxy hold. It resolves no names.

import { BlockList, isIP } from 'node:net';
import { OptionError } from '../model/option-kinds.ts';
import { type Origin, shown } from '../model/origin.ts';
import { hostOf } from './auth.ts';

/**
 * Entries, parted by commas or white space:
 *   *                      everything
 *   example.com            that name and every name below it, as in curl; .example.com is the same
 *   *.example.com          every name below it
 *   10.1.2.3, ::1, [::1]   an address, compared as an address
 *   10.0.0.0/8, fd00::/8   a block of addresses
 * Each may end in :port (an IPv6 address then needs its brackets) and is then about that port alone. A name is never
 * looked up: an address in the list does not cover the names that lead to it. localhost is an entry like any other.
 */
export class NoProxy {
  readonly #entries: readonly Entry[];

  /** Throws OptionError for an entry that cannot be read; `readableEntries` leaves such out. */
  constructor(text: string) {
    this.#entries = words(text).map((word) => {
      const entry = readEntry(word);
      if (entry !== undefined) return entry;
      throw new OptionError(
        'noProxy',
        `no host, address or block of addresses in the list of hosts without a proxy: ${shown(word)}`,
      );
    });
  }

  covers({ host, port }: Origin): boolean {
    const bare = withoutDot(host);
    const family = isIP(bare);
    return this.#entries.some(
      (entry) => (entry.port === undefined || entry.port === port) && entry.covers(bare, family),
    );
  }

  toString(): string {
    return `no proxy for: ${this.#entries.map(({ text }) => text).join(', ') || 'none'}`;
  }
}

/** The entries that NoProxy takes: a list in the environment was written for many programs, and each passes over what
 *  it cannot read. */
export function readableEntries(text: string): string {
  return words(text)
    .filter((word) => readEntry(word) !== undefined)
    .join(',');
}

interface Entry {
  readonly text: string;
  readonly port: number | undefined;
  /** `family`: of the host where it is an address, else 0. */
  covers(host: string, family: number): boolean;
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}

/** A host and perhaps a length of prefix, then perhaps a port; IPv6 without brackets has no port. */
const ENTRY = /^(\[[^\]]*\]|[^:/[\]]+|[0-9a-f:.]+)(?:\/(\d{1,3}))?(?::(\d{1,5}))?$/i;

function readEntry(text: string): Entry | undefined {
  const match = isIP(text) === 6 ? [text, text] : ENTRY.exec(text);
  if (match === null) return undefined;
  const [, written = '', prefix, portText] = match;
  const port = portText === undefined ? undefined : Number(portText);
  if (port !== undefined && (port < 1 || port > 65_535)) return undefined;
  if (written === '*') return prefix === undefined ? { text, port, covers: () => true } : undefined;
  const address = written.startsWith('[') ? written.slice(1, -1) : written;
  if (isIP(address) !== 0 && !address.includes('%')) return blockEntry(text, port, address, prefix);
  return prefix === undefined ? nameEntry(text, port, written) : undefined;
}

function blockEntry(
  text: string,
  port: number | undefined,
  address: string,
  prefix: string | undefined,
): Entry | undefined {
  const type = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  const bits = type === 'ipv4' ? 32 : 128;
  const length = prefix === undefined ? bits : Number(prefix);
  if (length > bits) return undefined;
  const block = new BlockList();
  block.addSubnet(address, length, type);
  return {
    text,
    port,
    covers: (host, family) => family !== 0 && block.check(host, family === 4 ? 'ipv4' : 'ipv6'),
  };
}

function nameEntry(text: string, port: number | undefined, written: string): Entry | undefined {
  const below = written.startsWith('*.');
  const name = hostOf(withoutDot(written.replace(/^\*?\./, '')));
  // 10 and 127.1 are addresses in a form that nobody means here.
  if (name === undefined || isIP(name) !== 0) return undefined;
  const suffix = `.${name}`;
  // No address ends like a name: a name whose last label is a number is not valid.
  return { text, port, covers: (host) => (!below && host === name) || host.endsWith(suffix) };
}

/** A full stop at the end only says that the name is whole. */
function withoutDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name;
}
