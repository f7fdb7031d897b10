// The promise of resuming, tried at every operation of every file: the process or the power ends before, within or after
// it, again in the lives that follow, and in the end every request has exactly one record.

import { describe, expect, it } from 'vitest';
import { JournalError } from '../../src/journal/journal-error.ts';
import { Crashed, FakeFiles } from '../fake/fake-files.ts';
import { live, OUT, OutputLost, onlyOnce, REQUESTS, type World } from './simulation.ts';

const SEEDS = [1, 2];
const MOMENTS = ['before', 'half', 'after'] as const;
const LIVES_MAX = 4;

interface Case {
  readonly durability: 'process' | 'power';
  readonly crash: 'process' | 'power' | 'either';
  readonly seed: number;
}

/** The lives of a run: each but the last is ended at some operation; the first at that which is asked for. */
async function lives(
  { durability, crash, seed }: Case,
  first: { n: number; moment: (typeof MOMENTS)[number] },
): Promise<{ files: FakeFiles; world: World }> {
  const random = sequence(seed * 7_919 + first.n);
  const world: World = { durability, random, arrived: new Array<number>(REQUESTS).fill(0) };
  let files = new FakeFiles().crashAt(first.n, first.moment);
  for (let life = 1; ; life++) {
    try {
      await live(files, world, life);
      return { files, world };
    } catch (error) {
      const cause = error instanceof JournalError ? error.cause : error;
      if (!(cause instanceof Crashed)) throw error;
    }
    const kind = crash !== 'either' ? crash : random() < 0.5 ? 'process' : 'power';
    files = files.crash(kind, Math.floor(random() * 2 ** 31));
    const moment = MOMENTS[Math.floor(random() * 3)]!;
    if (life < LIVES_MAX && random() < 0.7) files.crashAt(1 + Math.floor(random() * 40), moment);
  }
}

async function operationsOf(one: Case): Promise<{ count: number; kinds: Set<string> }> {
  const { files } = await lives(one, { n: Number.POSITIVE_INFINITY, moment: 'before' });
  return { count: files.operations, kinds: new Set(files.log.map((line) => line.split(' ')[0]!)) };
}

function judge({ files, world }: { files: FakeFiles; world: World }): void {
  const lines = files.text(OUT)!.trimEnd().split('\n');
  const records = lines.map((line) => [Number(line.split(' ')[0]), line.split(' ')[1]] as const);
  expect(records.map(([position]) => position).sort((a, b) => a - b)).toEqual(
    Array.from({ length: REQUESTS }, (_, position) => position),
  );
  for (const [position, what] of records) {
    const arrived = world.arrived[position]!;
    if (onlyOnce(position)) expect(arrived, `arrivals of ${position}`).toBeLessThanOrEqual(1);
    if (what === 'ok') expect(arrived).toBeGreaterThan(0);
    else expect(onlyOnce(position)).toBe(true);
  }
  // An end within a takeover of the lock leaves a file that does no harm.
  expect(files.paths.filter((path) => path !== `${OUT}.lock.stale`)).toEqual([OUT, `${OUT}.journal`]);
}

describe('a run that is ended at any operation, and run again', () => {
  for (const [durability, crash] of [
    ['process', 'process'],
    ['power', 'power'],
    // What the system had is lost only after the next life has relied on it.
    ['power', 'either'],
  ] as const) {
    it(`has one record for each request: durability ${durability}, ends: ${crash}`, async () => {
      let unknown = 0;
      for (const seed of SEEDS) {
        const one = { durability, crash, seed };
        const { count, kinds } = await operationsOf(one);
        expect([...kinds]).toEqual(
          expect.arrayContaining(['open', 'write', 'sync', 'rename', 'syncFolder', 'remove']),
        );
        for (let n = 1; n <= count; n++) {
          for (const moment of MOMENTS) {
            const name = `seed ${seed}, operation ${n}, ${moment}`;
            const end = await lives(one, { n, moment }).catch((error: unknown) => {
              throw new Error(name, { cause: error });
            });
            try {
              judge(end);
            } catch (error) {
              throw new Error(`${name}\n${end.files.text(OUT)}`, { cause: error });
            }
            unknown += end.files.text(OUT)!.split('unknown').length - 1;
          }
        }
      }
      // Else nothing was ever in doubt, and the test has tried nothing.
      expect(unknown).toBeGreaterThan(10);
    });
  }

  it('is refused or goes on after a loss of power that its durability does not cover, and nothing else', async () => {
    let refused = 0;
    for (const seed of SEEDS) {
      const one: Case = { durability: 'process', crash: 'power', seed };
      const { count } = await operationsOf(one);
      for (let n = 1; n <= count; n++) {
        try {
          await lives(one, { n, moment: 'after' });
        } catch (error) {
          if (!(error instanceof JournalError || error instanceof OutputLost)) throw error;
          refused++;
        }
      }
    }
    expect(refused).toBeGreaterThan(0);
  });
});

function sequence(seed: number): () => number {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
