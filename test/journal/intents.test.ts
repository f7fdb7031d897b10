// What must not be sent twice, after any end of the process.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Intents } from '../../src/journal/intents.ts';
import { JournalError } from '../../src/journal/journal-error.ts';
import { RangeSet } from '../../src/journal/range-set.ts';
import { Crashed, FakeFiles } from '../fake/fake-files.ts';

const PATH = 'out.jsonl.journal.sent';
const NOTHING = new RangeSet();

const create = (files: FakeFiles, run = 'run', cutBytes?: number) =>
  Intents.create(PATH, files.appenders, 'process', run, cutBytes);
const open = (files: FakeFiles, done = NOTHING, run = 'run') =>
  Intents.open(PATH, files.appenders, 'process', run, done);
const markedIn = (files: FakeFiles, done = NOTHING) => [...open(files.crash('process'), done).marked];

describe('Intents', () => {
  it('has a mark in the file before it returns', () => {
    const files = new FakeFiles();
    const intents = create(files);
    expect(files.paths).toEqual([]);
    for (const position of [3, 1, 2 ** 40 + 7, Number.MAX_SAFE_INTEGER]) {
      intents.markSent(position);
      expect(files.contents(PATH)!.length % 12).toBe(0);
    }
    expect(`${intents}`).toBe('out.jsonl.journal.sent open, marked 4, records 4');
    expect(markedIn(files)).toEqual([3, 1, 2 ** 40 + 7, Number.MAX_SAFE_INTEGER]);
  });

  it('leaves in doubt what is not done, and goes on behind it', () => {
    const files = new FakeFiles();
    for (const position of [0, 1, 2, 3]) create(files).markSent(position);
    const first = create(files);
    for (const position of [0, 1, 2, 3]) first.markSent(position);
    const second = open(files, RangeSet.parse('1,1,1'));
    expect([...second.marked]).toEqual([1, 3]);
    second.markSent(9);
    second.close();
    expect(markedIn(files)).toEqual([1, 3, 9]);
  });

  it('takes a mark back where nothing was sent', () => {
    const files = new FakeFiles();
    const intents = create(files);
    intents.markSent(1);
    intents.markSent(2);
    intents.unmark(1);
    intents.unmark(77);
    expect([...intents.marked]).toEqual([2]);
    expect(files.contents(PATH)).toHaveLength(36);
    const again = files.crash('process');
    expect([...open(again).marked]).toEqual([2]);
    open(again).markSent(1);
    expect(markedIn(again)).toEqual([2, 1]);
  });

  it('syncs each mark for the power, and its file’s name', () => {
    const files = new FakeFiles();
    const intents = Intents.create(PATH, files.appenders, 'power', 'run');
    intents.markSent(5);
    intents.markSent(6);
    for (let seed = 0; seed < 50; seed++) {
      const found = files.crash('power', seed);
      expect([...Intents.open(PATH, found.appenders, 'power', 'run', NOTHING).marked]).toEqual([5, 6]);
    }
  });

  it('stays small: what was done when its entry was taken goes, what came since stays', () => {
    const files = new FakeFiles();
    const intents = create(files, 'run', 10 * 12);
    const done = new RangeSet();
    for (let n = 0; n < 1_000; n++) {
      intents.markSent(n);
      // The one before is done, but every hundredth waits.
      if (n > 0 && (n - 1) % 100 !== 0) done.add(n - 1);
      const cut = intents.prepareCut(done);
      intents.markSent(10_000 + n);
      done.add(10_000 + n);
      cut();
      expect(files.contents(PATH)!.length).toBeLessThanOrEqual(12 * 50);
    }
    expect([...intents.marked]).toEqual(expect.arrayContaining([0, 100, 900, 999]));
    expect(markedIn(files, done)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900, 999]);
  });

  it('keeps all where the entry never got into the journal', () => {
    const files = new FakeFiles();
    const intents = create(files, 'run', 0);
    intents.markSent(0);
    intents.prepareCut(RangeSet.parse('1'));
    expect(markedIn(files)).toEqual([0]);
  });

  it('does not know the marks of another run', () => {
    const files = new FakeFiles();
    create(files, 'first').markSent(4);
    expect([...open(files, NOTHING, 'second').marked]).toEqual([]);
    create(files, 'second').markSent(5);
    expect([...open(files, NOTHING, 'second').marked]).toEqual([5]);
  });

  it('drops a torn end, and refuses a file that is damaged before it', () => {
    const files = new FakeFiles();
    const intents = create(files);
    for (const position of [1, 2, 3]) intents.markSent(position);
    const bytes = files.contents(PATH)!;
    for (let cut = 0; cut <= bytes.length; cut++) {
      const torn = new FakeFiles();
      torn.put(PATH, bytes.subarray(0, cut));
      expect([...open(torn).marked]).toEqual([1, 2, 3].slice(0, Math.floor(cut / 12)));
      open(torn).markSent(9);
      expect(markedIn(torn)).toEqual([...[1, 2, 3].slice(0, Math.floor(cut / 12)), 9]);
    }
    fc.assert(
      fc.property(fc.nat(23), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const damaged = new FakeFiles();
        const changed = Buffer.from(bytes);
        changed[at]! ^= flip;
        damaged.put(PATH, changed);
        expect(() => open(damaged)).toThrow(/damaged at octet (0|12), .*delete it .*--restart$/);
      }),
    );
  });

  it('lets nothing be sent after a write that failed', () => {
    const files = new FakeFiles();
    const intents = create(files);
    intents.markSent(1);
    files.failAt(1, 'ENOSPC', { half: true });
    expect(() => intents.markSent(2)).toThrow(/the disk is full/);
    expect(() => intents.markSent(3)).toThrow(JournalError);
    expect([...intents.marked]).toEqual([1]);
    intents.close();
    expect(markedIn(files)).toEqual([1]);
    expect(() => intents.markSent(4)).toThrow('after close');
  });

  it('is gone when the run is complete', () => {
    const files = new FakeFiles();
    const intents = create(files);
    intents.markSent(1);
    intents.close(true);
    expect(files.paths).toEqual([]);
  });

  it('has every mark that returned and no done one less, after a crash at any operation', () => {
    const live = (files: FakeFiles, returned: number[], done: RangeSet) => {
      try {
        const intents = Intents.create(PATH, files.appenders, 'power', 'run', 4 * 12);
        for (let n = 0; n < 18; n++) {
          intents.markSent(n);
          returned.push(n);
          const cut = intents.prepareCut(done);
          if (n % 7 !== 0) done.add(n);
          cut();
        }
      } catch (error) {
        if (!(error instanceof JournalError && error.cause instanceof Crashed)) throw error;
      }
    };
    const whole = new FakeFiles();
    live(whole, [], new RangeSet());
    expect(whole.log.filter((line) => line.startsWith('rename')).length).toBeGreaterThan(2);
    for (let n = 1; n <= whole.operations; n++) {
      for (const moment of ['before', 'half', 'after'] as const) {
        for (let seed = 0; seed < 2; seed++) {
          const files = new FakeFiles().crashAt(n, moment);
          const [returned, done] = [[] as number[], new RangeSet()];
          live(files, returned, done);
          const found = files.crash(seed === 0 ? 'process' : 'power', seed);
          const marked = Intents.open(PATH, found.appenders, 'power', 'run', done).marked;
          const missing = returned.filter((position) => !done.has(position) && !marked.has(position));
          expect(missing, `operation ${n} ${moment} seed ${seed}`).toEqual([]);
        }
      }
    }
  });
});
