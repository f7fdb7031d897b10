// What every durable sink must do, whatever it stores records in. Run over each of them; whoever writes a new one adds
// a line that runs it too.
//
// A sink that stands on `Files` (model/contracts.ts) gives what opens it and what reads it, and gets everything else,
// gates, faults and crashes, from sink-suite-files.ts:
//
//   sinkOnFiles({
//     name: 'Parquet',
//     file: 'out.parquet',
//     open: (path, tools) => openParquet(path, OPTIONS, tools),            // tools: { files, clock, position? }
//     read: async (bytes, path, files) => (await rowsOf(bytes)).map(({ index }) => index),   // not by the sink's code
//   });
//
// A sink on something else (a database) implements `SinkPlace` and calls `sinkSuite({ name, make, cannot })`. `cannot`
// leaves out what its place has no handle for, with the reason.

import { describe, expect, it } from 'vitest';
import type { DurableSink } from '../../src/model/contracts.ts';
import {
  eventually,
  large,
  outcome,
  range,
  shuffled,
  turns,
  WRITES_MAX,
  write,
  writeUntilFull,
} from './sink-writes.ts';

export { eventually, turns } from './sink-writes.ts';

/** One place for records, empty at first, and what a test can do to it. One sink is open at a time. */
export interface SinkPlace {
  /** Opens the sink anew; with a position, cut back to what the commit promised. */
  open(position?: string): Promise<DurableSink>;
  /** The indices of the records, in the order in which they stand there. Asked after a close only. Throws where what
   *  is there is not whole, and reads it with something else than the sink's own code. */
  readBack(): Promise<number[]>;
  /** The open sink is gone as by SIGKILL, or with the power: nothing that it still does gets to the place. */
  crash(how: 'process' | 'power'): Promise<void>;
  /** The place takes nothing until `release`. */
  hold(): void;
  release(): void;
  /** The next step of this kind fails, one that is held too; whether more of them do, until `mend`, is left open. */
  breakWith(code: string, step: 'write' | 'sync'): void;
  mend(): void;
  /** Lets the time pass that a sink may collect records for. */
  letTimePass(): void;
}

export interface SinkKind {
  readonly name: string;
  make(): Promise<SinkPlace>;
  /** What its place has no handle for, and why. */
  readonly cannot?: { readonly [handle in 'hold' | 'break' | 'sync' | 'power']?: string };
}

export function sinkSuite(kind: SinkKind): void {
  describe(`${kind.name} keeps the contract of a durable sink`, () => {
    storing(kind);
    closing(kind);
    committing(kind);
    resuming(kind);
    describe.skipIf(kind.cannot?.hold !== undefined)('with a slow place', () => pressed(kind));
    describe.skipIf(kind.cannot?.break !== undefined)('with a broken place', () => broken(kind));
    describe.skipIf(kind.cannot?.power !== undefined)('without power', () => powerless(kind));
  });
}

function storing({ make }: SinkKind): void {
  it('stores every outcome exactly once, in the order of the writes', async () => {
    const place = await make();
    const sink = await place.open();
    const order = shuffled(500);
    for (const index of order) sink.write(outcome(index));
    await sink.close();
    expect(await place.readBack()).toEqual(order);
  });

  it('stores what comes batch by batch, with time between', async () => {
    const place = await make();
    const sink = await place.open();
    for (let batch = 0; batch < 5; batch++) {
      write(sink, batch * 3, 3);
      place.letTimePass();
      await turns(2);
    }
    await sink.close();
    expect(await place.readBack()).toEqual(range(0, 15));
  });

  it('begins anew where it is opened without a position', async () => {
    const place = await make();
    const first = await place.open();
    write(first, 0, 50);
    await first.close();
    const second = await place.open();
    write(second, 7, 2);
    await second.close();
    expect(await place.readBack()).toEqual([7, 8]);
  });
}

function closing({ make }: SinkKind): void {
  it('closes without having been written to', async () => {
    const place = await make();
    const sink = await place.open();
    await sink.close();
    expect(await place.readBack()).toEqual([]);
  });

  it('closes once, however often it is told to', async () => {
    const place = await make();
    const sink = await place.open();
    sink.write(outcome(1));
    await Promise.all([sink.close(), sink.close()]);
    await sink.close();
    expect(await place.readBack()).toEqual([1]);
  });

  it('refuses what is written and committed after close', async () => {
    const sink = await (await make()).open();
    await sink.close();
    expect(() => sink.write(outcome(1))).toThrow(/after close/);
    await expect(sink.commit('process')).rejects.toThrow(/after close/);
  });

  it('ends the commit that is under way when it closes', async () => {
    const place = await make();
    const sink = await place.open();
    write(sink, 0, 3);
    const committing = sink.commit('process');
    write(sink, 3, 3);
    await Promise.all([committing, sink.close()]);
    expect(await place.readBack()).toEqual(range(0, 6));
    await (await place.open(await committing)).close();
    expect(await place.readBack()).toEqual(range(0, 3));
  });
}

function committing({ make }: SinkKind): void {
  it.each(['process', 'power'] as const)(
    'finds what was committed (%s) and nothing later, then goes on',
    async (durability) => {
      const place = await make();
      const sink = await place.open();
      write(sink, 0, 40);
      const position = await sink.commit(durability);
      write(sink, 40, 40);
      place.letTimePass();
      await turns(5);
      await place.crash('process');
      const again = await place.open(position);
      write(again, 100, 10);
      await again.close();
      expect(await place.readBack()).toEqual([...range(0, 40), ...range(100, 10)]);
    },
  );

  it('takes writes while a commit is under way, and keeps them out of it', async () => {
    const place = await make();
    const sink = await place.open();
    write(sink, 0, 5);
    const committing = sink.commit('process');
    write(sink, 5, 5);
    const position = await committing;
    write(sink, 10, 5);
    await sink.close();
    expect(await place.readBack()).toEqual(range(0, 15));
    await (await place.open(position)).close();
    expect(await place.readBack()).toEqual(range(0, 5));
  });

  it.each([0, 1, 2])('tells commits apart that are under way at the same time (%i)', async (which) => {
    const place = await make();
    const sink = await place.open();
    const positions = [0, 1, 2].map((i) => {
      write(sink, i * 4, 4);
      return sink.commit(i === 1 ? 'power' : 'process');
    });
    await Promise.all(positions);
    await place.crash('process');
    await (await place.open(await positions[which])).close();
    expect(await place.readBack()).toEqual(range(0, which * 4 + 4));
  });

  it('commits nothing at all', async () => {
    const place = await make();
    const sink = await place.open();
    const position = await sink.commit('process');
    write(sink, 0, 3);
    place.letTimePass();
    await turns(3);
    await place.crash('process');
    const again = await place.open(position);
    expect(await again.commit('power')).toEqual(expect.any(String));
    write(again, 5, 2);
    await again.close();
    expect(await place.readBack()).toEqual([5, 6]);
  });

  it('commits once more where nothing came meanwhile', async () => {
    const place = await make();
    const sink = await place.open();
    write(sink, 0, 3);
    let position = '';
    for (let i = 0; i < 3; i++) position = await sink.commit('process');
    await place.crash('process');
    await (await place.open(position)).close();
    expect(await place.readBack()).toEqual([0, 1, 2]);
  });
}

function resuming({ make }: SinkKind): void {
  it('goes on again and again, each time from its last commit', async () => {
    const place = await make();
    let position: string | undefined;
    for (let round = 0; round < 6; round++) {
      const sink = await place.open(position);
      write(sink, round * 10, 6);
      position = await sink.commit('process');
      write(sink, round * 10 + 6, 4);
      if (round % 2 === 0) place.letTimePass();
      await turns(round);
      await place.crash('process');
    }
    const last = await place.open(position);
    write(last, 60, 1);
    await last.close();
    expect(await place.readBack()).toEqual([...range(0, 6).flatMap((round) => range(round * 10, 6)), 60]);
  });

  it('goes back to the same commit twice', async () => {
    const place = await make();
    const first = await place.open();
    write(first, 0, 3);
    const position = await first.commit('process');
    await place.crash('process');
    for (const from of [20, 30]) {
      const sink = await place.open(position);
      write(sink, from, 2);
      await sink.commit('process');
      await place.crash('process');
    }
    const last = await place.open(position);
    write(last, 40, 2);
    await last.close();
    expect(await place.readBack()).toEqual([0, 1, 2, 40, 41]);
  });

  it('goes back behind the end of what had been closed', async () => {
    const place = await make();
    const sink = await place.open();
    write(sink, 0, 3);
    const position = await sink.commit('process');
    write(sink, 3, 3);
    await sink.close();
    const again = await place.open(position);
    write(again, 9, 1);
    await again.close();
    expect(await place.readBack()).toEqual([0, 1, 2, 9]);
  });

  it('refuses a position that is none', async () => {
    const place = await make();
    await (await place.open()).close();
    await expect(place.open('no position')).rejects.toThrow(/^[^\n]*--restart[^\n]*$/);
  });
}

function pressed({ make }: SinkKind): void {
  it('turns full when nothing is taken, and drains when it is', async () => {
    const place = await make();
    const sink = await place.open();
    let drains = 0;
    sink.onDrain = () => drains++;
    place.hold();
    const written = writeUntilFull(sink);
    expect(sink.full).toBe(true);
    expect(drains).toBe(0);
    place.release();
    await eventually(() => drains > 0);
    expect(sink.full).toBe(false);
    await sink.close();
    expect(await place.readBack()).toEqual(written);
  });

  it('takes more from its onDrain, in order', async () => {
    const place = await make();
    const sink = await place.open();
    let next = 0;
    let rounds = 0;
    const fill = () => {
      rounds++;
      while (!sink.full && next < WRITES_MAX) sink.write(large(next++));
    };
    sink.onDrain = () => rounds < 3 && fill();
    place.hold();
    fill();
    place.release();
    await eventually(() => rounds === 3);
    await sink.close();
    expect(await place.readBack()).toEqual(range(0, next));
  });

  it('neither commits nor closes before everything is taken', async () => {
    const place = await make();
    const sink = await place.open();
    const ended: string[] = [];
    place.hold();
    sink.write(outcome(1));
    const committing = sink.commit('process').then(() => ended.push('commit'));
    const closing = sink.close().then(() => ended.push('close'));
    await turns(20);
    expect(ended).toEqual([]);
    place.release();
    await Promise.all([committing, closing]);
    expect(ended).toEqual(['commit', 'close']);
    expect(await place.readBack()).toEqual([1]);
  });

  it('asks nobody to write after close', async () => {
    const place = await make();
    const sink = await place.open();
    let drains = 0;
    sink.onDrain = () => drains++;
    place.hold();
    writeUntilFull(sink);
    const closing = sink.close();
    place.release();
    await closing;
    expect(drains).toBe(0);
  });
}

function broken({ make, cannot }: SinkKind): void {
  it('tells of an error once, in one line, keeps nothing later, and goes on from its last commit', async () => {
    const place = await make();
    const { sink, position, errors } = await committed(place);
    place.breakWith('ENOSPC', 'write');
    for (let i = 0; i < 1500; i++) sink.write(outcome(i));
    await expect(sink.commit('process')).rejects.toThrow(/^cannot write .*disk is full/);
    await eventually(() => errors.length > 0);
    place.mend();
    for (let i = 0; i < 1500; i++) sink.write(outcome(i));
    await expect(sink.commit('process')).rejects.toBe(errors[0]);
    expect(sink.full).toBe(false);
    await expect(sink.close()).rejects.toBe(errors[0]);
    await expect(sink.close()).rejects.toBe(errors[0]);
    expect(errors).toHaveLength(1);
    expect(errors[0]).toMatchObject({ code: 'ENOSPC', message: expect.stringMatching(/^[^\n]+$/) });
    await goesOn(place, position);
  });

  it.skipIf(cannot?.sync !== undefined)(
    'takes a failed fsync for the end: the next one proves nothing',
    async () => {
      const place = await make();
      const { sink, position, errors } = await committed(place);
      sink.write(outcome(50));
      place.breakWith('EIO', 'sync');
      await expect(sink.commit('power')).rejects.toMatchObject({ code: 'EIO' });
      place.mend();
      await expect(sink.commit('power')).rejects.toBe(errors[0]);
      await expect(sink.close()).rejects.toBe(errors[0]);
      expect(errors).toHaveLength(1);
      expect(errors[0]!.message).toMatch(/^cannot write [^\n]+$/);
      await goesOn(place, position);
    },
  );

  it.skipIf(cannot?.hold !== undefined)('wakes a writer that waits when it breaks', async () => {
    const place = await make();
    const sink = await place.open();
    let drains = 0;
    sink.onDrain = () => drains++;
    place.hold();
    writeUntilFull(sink);
    place.breakWith('EDQUOT', 'write');
    place.release();
    await eventually(() => {
      place.letTimePass();
      return drains > 0;
    });
    expect(sink.full).toBe(false);
    await expect(sink.close()).rejects.toMatchObject({ code: 'EDQUOT' });
  });

  it('rejects at the end also where nobody listens for errors', async () => {
    const place = await make();
    const sink = await place.open();
    place.breakWith('EIO', 'write');
    sink.write(outcome(1));
    await expect(sink.close()).rejects.toMatchObject({ code: 'EIO' });
  });
}

function powerless({ make }: SinkKind): void {
  it('finds what was committed for it, and goes on', async () => {
    const place = await make();
    let position: string | undefined;
    for (let round = 0; round < 3; round++) {
      const sink = await place.open(position);
      write(sink, round * 10, 6);
      position = await sink.commit('power');
      write(sink, round * 10 + 6, 4);
      await sink.commit('process');
      await place.crash('power');
    }
    const last = await place.open(position);
    write(last, 30, 1);
    await last.close();
    expect(await place.readBack()).toEqual([...range(0, 6), ...range(10, 6), ...range(20, 6), 30]);
  });
}

/** A sink with records 0 to 9 committed, and the errors that it tells of. */
async function committed(place: SinkPlace) {
  const sink = await place.open();
  const errors: Error[] = [];
  sink.onError = (error) => errors.push(error);
  write(sink, 0, 10);
  return { sink, position: await sink.commit('process'), errors };
}

async function goesOn(place: SinkPlace, position: string): Promise<void> {
  const again = await place.open(position);
  write(again, 20, 2);
  await again.close();
  expect(await place.readBack()).toEqual([...range(0, 10), 20, 21]);
}
