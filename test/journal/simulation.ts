// A run in small, with the real journal, intents and lock over simulated files: what a life of the process does from its
// start until it ends or is ended. Requests are numbers, every third must not be sent twice, and the target only counts.

import { identityOf } from '../../src/journal/identity.ts';
import { Intents } from '../../src/journal/intents.ts';
import { Journal } from '../../src/journal/journal.ts';
import type { Entry, Header } from '../../src/journal/journal-line.ts';
import { Lock } from '../../src/journal/lock.ts';
import { RangeSet } from '../../src/journal/range-set.ts';
import type { OpenFile } from '../../src/model/contracts.ts';
import type { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

export const REQUESTS = 18;
export const OUT = 'out';
const JOURNAL = `${OUT}.journal`;
const UNDER_WAY = 4;
/** Small, so that both are replaced a few times. */
const JOURNAL_BYTES = 900;
const INTENTS_BYTES = 36;

type Level = 'process' | 'power';

export interface World {
  readonly durability: Level;
  readonly random: () => number;
  /** How often each request has arrived at the target, in all lives. */
  readonly arrived: number[];
}

/** What the output lacks of what the journal says it has. Only a durability that is too low for a crash leads there. */
export class OutputLost extends Error {}

export function onlyOnce(position: number): boolean {
  return position % 3 === 0;
}

/** One life, from the files as they are found to the end of the run. Rejects where the files end it. */
export async function live(files: FakeFiles, world: World, pid: number): Promise<void> {
  const { durability } = world;
  const { appenders } = files;
  const machine = {
    pid,
    host: 'here',
    find: (one: number) => (one === pid ? { start: undefined } : undefined),
  };
  const lock = await Lock.take(OUT, { appenders, clock: new SoonClock() }, machine);
  const opened = await Journal.open(JOURNAL, files, JOURNAL_BYTES);
  const header = opened?.header ?? newHeader(world);
  const journal = opened?.journal ?? (await Journal.create(JOURNAL, header, files, JOURNAL_BYTES));
  const done = opened?.done ?? new RangeSet();
  const { salt } = header.identity;
  const intents =
    opened === undefined
      ? Intents.create(`${JOURNAL}.sent`, appenders, durability, salt, INTENTS_BYTES)
      : Intents.open(`${JOURNAL}.sent`, appenders, durability, salt, done, INTENTS_BYTES);
  if (opened?.complete !== true) {
    const sink = await ModelSink.open(files, opened?.last?.positions[0], durability);
    await new ModelRun(world, journal, intents, sink, done).run();
    await sink.close();
  }
  intents.close(true);
  await journal.close();
  lock.release();
}

function newHeader({ random }: World): Header {
  const identity = identityOf({ input: {}, options: {} }, `${random()}`);
  return { atMs: 0, command: [], sinks: [{ kind: 'model', path: OUT }], identity };
}

/** No time passes in between: what waits comes at once. */
class SoonClock extends VirtualClock {
  override after(ms: number, call: () => void): () => void {
    const cancel = super.after(ms, call);
    this.advance(ms);
    return cancel;
  }
}

class ModelRun {
  readonly #world: World;
  readonly #journal: Journal;
  readonly #intents: Intents;
  readonly #sink: ModelSink;
  readonly #done: RangeSet;
  readonly #doubtful: ReadonlySet<number>;
  readonly #underWay: number[] = [];
  #checkpoint: Promise<void> | undefined;
  #error: unknown;

  constructor(world: World, journal: Journal, intents: Intents, sink: ModelSink, done: RangeSet) {
    this.#world = world;
    this.#journal = journal;
    this.#intents = intents;
    this.#sink = sink;
    this.#done = done;
    this.#doubtful = new Set(intents.marked);
  }

  async run(): Promise<void> {
    for (let next = this.#done.nextGap(0); next < REQUESTS || this.#underWay.length > 0; ) {
      if (next < REQUESTS && this.#underWay.length < UNDER_WAY) {
        this.#send(next);
        next = this.#done.nextGap(next + 1);
      } else this.#end();
      if (this.#world.random() < 0.25) this.#startCheckpoint();
      // The disk works meanwhile, for longer or shorter.
      for (let turns = this.#world.random() * 8; turns > 0; turns--) await undefined;
      if (this.#error !== undefined) throw this.#error;
    }
    await this.#checkpoint;
    if (this.#error !== undefined) throw this.#error;
    await this.#commit(true);
  }

  #send(position: number): void {
    if (onlyOnce(position)) {
      if (this.#doubtful.has(position)) return this.#record(position, 'unknown');
      this.#intents.markSent(position);
    }
    this.#world.arrived[position]!++;
    this.#underWay.push(position);
  }

  /** Any of those under way is answered. */
  #end(): void {
    const i = Math.floor(this.#world.random() * this.#underWay.length);
    this.#record(this.#underWay.splice(i, 1)[0]!, 'ok');
  }

  #record(position: number, what: string): void {
    this.#sink.write(`${position} ${what}\n`);
    this.#done.add(position);
  }

  #startCheckpoint(): void {
    this.#checkpoint ??= this.#commit(false)
      .catch((error: unknown) => {
        this.#error = error;
      })
      .finally(() => {
        this.#checkpoint = undefined;
      });
  }

  /** What is done is taken in the turn in which the sink is asked: its position has just that, and no record more. */
  async #commit(complete: boolean): Promise<void> {
    const { durability } = this.#world;
    const done = this.#done.toText();
    const counts = { requests: this.#done.count, ok: 0, failed: 0 };
    const cut = this.#intents.prepareCut(this.#done);
    const position = await this.#sink.commit();
    const entry: Entry = { atMs: 0, done, positions: [position], counts, ...(complete && { complete }) };
    await this.#journal.append(entry, durability);
    cut();
  }
}

/** A file of lines: what is written is collected, and handed over now and then. */
class ModelSink {
  readonly #file: OpenFile;
  readonly #durability: Level;
  #waiting = '';
  /** What the file has, and what it will have. */
  #size: number;
  #end: number;
  #writing: Promise<void> = Promise.resolve();

  private constructor(file: OpenFile, size: number, durability: Level) {
    this.#file = file;
    this.#size = size;
    this.#end = size;
    this.#durability = durability;
  }

  static async open(files: FakeFiles, position: string | undefined, durability: Level): Promise<ModelSink> {
    const size = Number(position ?? 0);
    const file = await files.open(OUT, position === undefined ? 'create' : 'update');
    if ((await file.size()) < size) throw new OutputLost();
    if (position !== undefined) await file.truncate(size);
    if (durability === 'power') await files.syncFolder('.');
    return new ModelSink(file, size, durability);
  }

  write(line: string): void {
    this.#waiting += line;
    this.#end += line.length;
    if (this.#waiting.length > 20) this.#hand(() => this.#flush());
  }

  async commit(): Promise<string> {
    const end = this.#end;
    await this.#hand(async () => {
      await this.#flush();
      if (this.#durability === 'power') await this.#file.sync();
    });
    return `${end}`;
  }

  async close(): Promise<void> {
    await this.#hand(() => this.#file.close());
  }

  #hand(operation: () => Promise<void>): Promise<void> {
    this.#writing = this.#writing.then(operation);
    // The next one rejects too, and a commit is sure to come.
    this.#writing.catch(() => {});
    return this.#writing;
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.from(this.#waiting);
    this.#waiting = '';
    if (bytes.length === 0) return;
    await this.#file.write(bytes, this.#size);
    this.#size += bytes.length;
  }
}
