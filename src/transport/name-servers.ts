// Names to addresses from name servers of the caller's choice, by c-ares (node:dns). Asks for both families at once.
// Never reads the hosts file and never appends a search domain: what is asked for is the name as it stands. Caches
// nothing; the times to live that servers give are not looked at, --dns-ttl rules for every name alike.

import type { Resolver as Ares } from 'node:dns';
import { isIP } from 'node:net';
import type { Address, Clock, Resolver } from '../model/contracts.ts';
import { OptionError } from '../model/option-kinds.ts';
import { shown } from '../model/origin.ts';
import { ofFamily } from './wire-errors.ts';

type Family = Address['family'];
type Done = (error: Error | null, addresses: readonly Address[]) => void;

/** What a name server says of a name that has no address. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOTFOUND', 'ENODATA']);
/** What another server would say too: besides that, that the name cannot be asked for, since a part of it is too long. */
const FINAL: ReadonlySet<string | undefined> = new Set([...ABSENT, 'EBADNAME']);
/** RFC 8305 section 3: how long addresses of one family wait for those of the other. */
const RESOLUTION_DELAY_MS = 50;
/** Every server is asked this often: a datagram may be lost. */
const ROUNDS = 2;
const ATTEMPT_MS_MIN = 10;
const LOOPBACK: readonly Address[] = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

export interface NameServerSettings {
  /** `address`, `address:port` or `[address]:port`; several may stand in one text, parted by commas. */
  readonly dnsServers: readonly string[];
  readonly family: 'any' | '4' | '6';
  /** Within this every server is asked twice. */
  readonly dnsTimeoutMs: number;
}

export class NameServers implements Resolver {
  readonly #servers: readonly string[];
  readonly #family: NameServerSettings['family'];
  readonly #families: readonly Family[];
  readonly #attemptMs: number;
  readonly #clock: Clock;
  #channels: readonly Ares[] | undefined;

  /** Throws OptionError for what is no address of a server. */
  constructor(settings: NameServerSettings, clock: Clock) {
    this.#servers = settings.dnsServers.flatMap(serversOf);
    this.#family = settings.family;
    // IPv6 first, as RFC 8305 section 4 has it.
    this.#families = settings.family === 'any' ? [6, 4] : [Number(settings.family) as Family];
    const attempts = this.#servers.length * ROUNDS;
    this.#attemptMs = Math.max(ATTEMPT_MS_MIN, Math.floor(settings.dnsTimeoutMs / attempts));
    this.#clock = clock;
  }

  resolve(host: string, done: Done): void {
    const literal = isIP(host);
    if (literal !== 0) return done(null, [{ address: host, family: literal as Family }]);
    if (/(?:^|\.)localhost\.?$/i.test(host)) {
      // RFC 6761 section 6.3: such names never leave the machine, and nobody else says where they lead.
      return done(
        null,
        LOOPBACK.filter(({ family }) => this.#families.includes(family)),
      );
    }
    this.#channels ??= this.#open();
    const told: Done = (error, found) => done(error === null ? null : ofFamily(error, this.#family), found);
    new Question(host, this.#servers, this.#channels, this.#clock, told).ask(this.#families);
  }

  forget(): void {}

  toString(): string {
    return `name servers ${this.#servers.join(', ')}`;
  }

  /**
   * With the first name: c-ares reads files of the system for it. A channel for each server, because one of several
   * takes the refusal of the first for the answer of all.
   */
  #open(): readonly Ares[] {
    const { Resolver } = process.getBuiltinModule('node:dns');
    return this.#servers.map((server) => {
      const channel = new Resolver({ timeout: this.#attemptMs, tries: 1 });
      channel.setServers([server]);
      return channel;
    });
  }
}

/** What is asked about one name, for each family, until it is answered. */
class Question {
  readonly #host: string;
  readonly #servers: readonly string[];
  readonly #channels: readonly Ares[];
  readonly #clock: Clock;
  readonly #done: Done;
  readonly #found: Address[] = [];
  #open = 0;
  #error: Error | undefined;
  #cancel: (() => void) | undefined;
  #over = false;

  constructor(host: string, servers: readonly string[], channels: readonly Ares[], clock: Clock, done: Done) {
    this.#host = host;
    this.#servers = servers;
    this.#channels = channels;
    this.#clock = clock;
    this.#done = done;
  }

  ask(families: readonly Family[]): void {
    this.#open = families.length;
    for (const family of families) this.#attempt(family, 0);
  }

  /** The servers in their order, and once more, until one of them knows. */
  #attempt(family: Family, nth: number): void {
    const channel = this.#channels[nth % this.#channels.length]!;
    const answered = (error: Error | null, found: readonly string[]) => {
      if (this.#over) return;
      const last = nth + 1 === this.#channels.length * ROUNDS;
      if (error === null || last || FINAL.has(codeOf(error))) this.#answer(family, error, found);
      else this.#attempt(family, nth + 1);
    };
    if (family === 6) channel.resolve6(this.#host, answered);
    else channel.resolve4(this.#host, answered);
  }

  #answer(family: Family, error: Error | null, found: readonly string[]): void {
    this.#open--;
    if (error === null) {
      const addresses = found.map((address): Address => ({ address, family }));
      if (family === 6) this.#found.unshift(...addresses);
      else this.#found.push(...addresses);
    } else {
      this.#error = graver(this.#error, this.#translated(error));
    }
    if (this.#open === 0) this.#end();
    // A server that never answers for one family must not hold up the other.
    else if (this.#found.length > 0) this.#cancel = this.#clock.after(RESOLUTION_DELAY_MS, () => this.#end());
  }

  #end(): void {
    this.#over = true;
    this.#cancel?.();
    if (this.#found.length > 0) this.#done(null, this.#found);
    else this.#done(this.#error ?? coded('ENODATA', `${this.#host} has no address`), []);
  }

  /** The codes of c-ares as those that the system's own lookup has. */
  #translated(error: Error): Error {
    const code = codeOf(error);
    if (ABSENT.has(code)) return error;
    if (code === 'EBADNAME') return coded('ENOTFOUND', `${this.#host} is no valid name`, error);
    const servers = this.#servers.join(', ');
    return coded('EAI_AGAIN', `no answer for ${this.#host} from ${servers}: ${code}`, error);
  }
}

/** Where one family has no address and the other is not known, the name is not known. */
function graver(one: Error | undefined, other: Error): Error {
  return one === undefined || ABSENT.has(codeOf(one)) ? other : one;
}

function codeOf(error: Error): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

function coded(code: string, message: string, cause?: Error): Error {
  return Object.assign(new Error(message, { cause }), { code });
}

function serversOf(text: string): readonly string[] {
  return text.split(',').map((one) => serverOf(one.trim()));
}

/** As c-ares takes it. */
function serverOf(text: string): string {
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = isIP(text) === 6 ? text : (bracketed ?? plain ?? '');
  const family = isIP(address);
  const fits = family === 0 ? false : bracketed === undefined || family === 6;
  if (!fits || (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535))) {
    throw new OptionError(
      'dnsServers',
      `dnsServers takes addresses such as 192.0.2.53, 192.0.2.53:5353 or [2001:db8::53]:5353, not ${JSON.stringify(shown(text))}`,
    );
  }
  const host = family === 6 ? `[${address}]` : address;
  return port === undefined ? host : `${host}:${port}`;
}
