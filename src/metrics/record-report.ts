// What many records come to: by status, error, host and method, with the slowest of them. One pass in bounded memory:
// names beyond a bound are counted together, in the order in which they first occur.

import { type ErrorFacts, isOk, type RecordFacts } from '../model/record-facts.ts';
import { Histogram } from './histogram.ts';

export const GROUPINGS = ['status', 'error', 'host', 'method'] as const;
export type Grouping = (typeof GROUPINGS)[number];

/** 20 KB each, nearly all of it the histogram. */
const HOSTS_MAX = 1000;
const METHODS_MAX = 100;
/** There are fewer of ours; what another program wrote may have any. */
const ERRORS_MAX = 300;
const STATUSES = 1000;

/** Records that have something in common. */
export class RecordGroup {
  readonly name: string;
  count = 0;
  ok = 0;
  failed = 0;
  bytes = 0;
  /** Milliseconds of whole responses. */
  readonly latency = new Histogram();

  constructor(name: string) {
    this.name = name;
  }

  add(record: RecordFacts): void {
    this.count++;
    if (record.status === undefined) {
      this.failed++;
      return;
    }
    if (isOk(record)) this.ok++;
    this.bytes += record.bytes;
    // A duplicate was never sent, and took no time of anybody.
    if (record.attempts > 0) this.latency.record(record.ms);
  }

  toString(): string {
    return `${this.name} ${this.count}, ok ${this.ok}, failed ${this.failed}`;
  }
}

/** Failures of one phase and kind, with the first of them. */
export interface ErrorGroup {
  readonly phase: string;
  readonly kind: string;
  readonly message: string;
  readonly url: string;
  count: number;
}

export interface SlowRecord {
  readonly ms: number;
  readonly status: number;
  readonly index: number;
  readonly url: string;
}

/** What there is of one grouping, the most frequent first, and those whose names came too late. */
export interface GroupsRead {
  readonly sorted: readonly RecordGroup[];
  readonly others: RecordGroup;
}

/** Groups by name, so many at most. */
class Groups {
  readonly #others = new RecordGroup('others');
  readonly #most: number;
  readonly #groups = new Map<string, RecordGroup>();
  #last: RecordGroup | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  add(name: string, record: RecordFacts): void {
    if (this.#last?.name !== name) this.#last = this.#groupOf(name);
    (this.#last ?? this.#others).add(record);
  }

  #groupOf(name: string): RecordGroup | undefined {
    let group = this.#groups.get(name);
    if (group === undefined && this.#groups.size < this.#most) {
      group = new RecordGroup(name);
      this.#groups.set(name, group);
    }
    return group;
  }

  read(): GroupsRead {
    const groups = [...this.#groups.values()];
    const sorted = groups.sort((a, b) => b.count - a.count || (a.name < b.name ? -1 : 1));
    return { sorted, others: this.#others };
  }
}

export class RecordReport {
  readonly all = new RecordGroup('all');
  /** Records of more than one attempt, and the attempts beyond the first. */
  retriedRecords = 0;
  retries = 0;
  /** Failures of phases and kinds that came too late. */
  otherErrors = 0;
  readonly #by: ReadonlySet<Grouping>;
  readonly #slowestMax: number;
  readonly #statuses: (RecordGroup | undefined)[] = Array.from({ length: STATUSES }, () => undefined);
  readonly #hosts = new Groups(HOSTS_MAX);
  readonly #methods = new Groups(METHODS_MAX);
  readonly #errors = new Map<string, ErrorGroup>();
  /** The slowest first. */
  readonly #slowest: SlowRecord[] = [];

  constructor(by: ReadonlySet<Grouping>, slowestMax: number) {
    this.#by = by;
    this.#slowestMax = slowestMax;
  }

  add(record: RecordFacts): void {
    const { status, error, attempts } = record;
    this.all.add(record);
    if (attempts > 1) {
      this.retriedRecords++;
      this.retries += attempts - 1;
    }
    if (status === undefined) {
      if (error !== undefined) this.#addError(error, record);
    } else {
      if (this.#by.has('status')) this.#statusGroup(status).add(record);
      this.#addSlow(record, status);
    }
    if (this.#by.has('host')) this.#hosts.add(record.host, record);
    if (this.#by.has('method')) this.#methods.add(record.method, record);
  }

  /** In the order of the codes. */
  statuses(): RecordGroup[] {
    return this.#statuses.filter((group) => group !== undefined);
  }

  /** The most frequent first. */
  errors(): ErrorGroup[] {
    const errors = [...this.#errors].sort(
      ([a, one], [b, other]) => other.count - one.count || (a < b ? -1 : 1),
    );
    return errors.map(([, group]) => group);
  }

  get hosts(): GroupsRead {
    return this.#hosts.read();
  }

  get methods(): GroupsRead {
    return this.#methods.read();
  }

  get slowest(): readonly SlowRecord[] {
    return this.#slowest;
  }

  toString(): string {
    return `report of ${this.all}`;
  }

  #statusGroup(status: number): RecordGroup {
    this.#statuses[status] ??= new RecordGroup(String(status));
    return this.#statuses[status];
  }

  #addError({ phase, kind, message }: ErrorFacts, { url }: RecordFacts): void {
    const name = `${phase}/${kind}`;
    const group = this.#errors.get(name);
    if (group !== undefined) group.count++;
    else if (this.#errors.size < ERRORS_MAX) this.#errors.set(name, { phase, kind, message, url, count: 1 });
    else this.otherErrors++;
  }

  /** The URL is made into text for those alone that are kept. */
  #addSlow(record: RecordFacts, status: number): void {
    const slowest = this.#slowest;
    const { ms } = record;
    if (record.attempts === 0) return;
    if (slowest.length === this.#slowestMax && !(ms > (slowest.at(-1)?.ms ?? Number.POSITIVE_INFINITY)))
      return;
    const at = slowest.findIndex((one) => one.ms < ms);
    slowest.splice(at === -1 ? slowest.length : at, 0, { ms, status, index: record.index, url: record.url });
    if (slowest.length > this.#slowestMax) slowest.pop();
  }
}
