// Every parser of what others send, under damaged input: short and from one seed here, long with `npm run fuzz`, which
// sets FLURRY_FUZZ_SECONDS, FLURRY_FUZZ_SEED and FLURRY_FUZZ_ONLY. What has failed once is kept in seeds/.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { mutated, Random, shortened } from './generator.ts';
import { HTTP2_TARGETS } from './http2-targets.ts';
import { INPUT_TARGETS } from './input-targets.ts';
import { SESSION_TARGETS } from './session-targets.ts';
import type { FuzzTarget } from './target.ts';
import { WIRE_TARGETS } from './wire-targets.ts';

const TARGETS = [...WIRE_TARGETS, ...HTTP2_TARGETS, ...SESSION_TARGETS, ...INPUT_TARGETS];
const SEEDS = new URL('seeds/', import.meta.url);
const { FLURRY_FUZZ_SECONDS, FLURRY_FUZZ_SEED, FLURRY_FUZZ_ONLY } = process.env;
const LONG_MS = Number(FLURRY_FUZZ_SECONDS ?? 0) * 1000;
const SEED = Number(FLURRY_FUZZ_SEED ?? 1);
const chosen = TARGETS.filter(({ name }) => FLURRY_FUZZ_ONLY === undefined || name === FLURRY_FUZZ_ONLY);
if (chosen.length === 0) {
  throw new Error(`no target is called ${FLURRY_FUZZ_ONLY}: ${TARGETS.map(({ name }) => name).join(', ')}`);
}
/** So many inputs a target, in the short form. */
const ROUNDS = 100;
const FLOOD_BYTES = 200_000;
/** Of all threads of the tests. Many times what the slowest takes, and a fraction of what a square would. */
const FLOOD_CPU_MS_MAX = 4000;

interface Kept {
  /** What went wrong. */
  readonly why: string;
  readonly input: string;
}

function kept(name: string): Kept[] {
  const file = new URL(`${name}.jsonl`, SEEDS);
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
}

async function problemOf(target: FuzzTarget, input: string): Promise<string | undefined> {
  try {
    await target.check(input);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function run(target: FuzzTarget, seed: number): Promise<number> {
  const random = new Random(seed);
  const corpus = [...target.corpus, ...kept(target.name).map(({ input }) => input)];
  const startMs = performance.now();
  const goesOn = (round: number) =>
    LONG_MS === 0 ? round < ROUNDS : performance.now() - startMs < LONG_MS / chosen.length;
  let rounds = 0;
  for (; goesOn(rounds); rounds++) {
    const input = mutated(corpus, target.words, random);
    const problem = await problemOf(target, input);
    if (problem !== undefined) throw await failure(target, input, seed);
  }
  return rounds;
}

async function failure(target: FuzzTarget, found: string, seed: number): Promise<Error> {
  const input = await shortened(found, async (text) => (await problemOf(target, text)) !== undefined);
  const why = (await problemOf(target, input)) ?? '';
  const row = JSON.stringify({ why: why.slice(0, 200), input });
  return new Error(
    `${target.name}, seed ${seed}: ${why}\nkeep it as a line of test/fuzz/seeds/${target.name}.jsonl:\n${row}`,
  );
}

describe.each(chosen)('$name', (target) => {
  it('holds for what it is varied from', async () => {
    for (const input of target.corpus)
      expect(await problemOf(target, input), JSON.stringify(input)).toBe(undefined);
  });

  it('holds for what has failed once', async () => {
    for (const { why, input } of kept(target.name))
      expect(await problemOf(target, input), why).toBe(undefined);
  });

  it('holds for damaged input', { timeout: LONG_MS + 60_000 }, async () => {
    const rounds = await run(target, SEED);
    if (LONG_MS > 0) console.log(`${target.name}: ${rounds} inputs from seed ${SEED}`);
  });

  it('takes no more than linear time', async () => {
    for (const [before, piece, behind] of target.floods) {
      const times = Math.ceil((target.floodBytes ?? FLOOD_BYTES) / piece.length);
      const before_ = process.cpuUsage();
      const problem = await problemOf(target, before + piece.repeat(times) + behind);
      const { user, system } = process.cpuUsage(before_);
      const what = JSON.stringify([before.slice(0, 40), piece, behind]);
      expect(problem, what).toBe(undefined);
      expect((user + system) / 1000, what).toBeLessThan(FLOOD_CPU_MS_MAX);
    }
  });
});

describe('what is kept', () => {
  it('is of targets that there are', () => {
    const names = readdirSync(SEEDS).filter((name) => name.endsWith('.jsonl'));
    expect(TARGETS.map(({ name }) => `${name}.jsonl`)).toEqual(expect.arrayContaining(names));
  });

  it('is found again by whoever cuts it down', async () => {
    const found = await shortened('aaaXbbbYccc', async (text) => /X.*Y/.test(text));
    expect(found).toBe('XY');
  });

  it('is the same input for the same seed', () => {
    const some = (seed: number) => {
      const random = new Random(seed);
      return Array.from({ length: 20 }, () => mutated(['abc', 'def'], ['x'], random));
    };
    expect(some(1)).toEqual(some(1));
    expect(some(1)).not.toEqual(some(2));
  });
});
