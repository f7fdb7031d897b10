// A crash at every operation on files of a whole run, and of the run that goes on with it: in the end every request has
// exactly one record with its own body, and what must not be sent twice was not.

import { parse } from 'csv-parse/sync';
import { describe, expect, it } from 'vitest';
import { FakeFiles } from '../fake/fake-files.ts';
import { isPost, live, REQUESTS, type Simulated, simulated, unlocked } from './recorder-simulation.ts';

const OUTPUTS = {
  'out.jsonl': 'jsonl',
  'out.csv': 'csv',
  'other.jsonl': 'jsonl',
} as const;
const MOMENTS = ['before', 'half', 'after'] as const;
/** More than any run needs. */
const LIVES_MAX = 6;

interface Read {
  readonly index: number;
  readonly body: string | undefined;
  readonly kind: string | undefined;
}

function readBack(files: FakeFiles, path: string): Read[] {
  const text = files.text(path) ?? '';
  if (path.endsWith('.csv')) {
    const rows = parse(text, { columns: true }) as Record<string, string>[];
    return rows.map((row) => ({
      index: Number(row['index']),
      body: row['body'] || undefined,
      kind: row['error_kind'] || undefined,
    }));
  }
  expect(text.endsWith('\n')).toBe(true);
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { index: number; body?: string; error?: { kind: string } })
    .map(({ index, body, error }) => ({ index, body, kind: error?.kind }));
}

/** What holds at the end of a run, however often it was cut off. */
function expectWhole(files: FakeFiles, world: Simulated): void {
  for (const { path } of world.sinks) {
    const records = readBack(files, path).sort((a, b) => a.index - b.index);
    expect(records.map(({ index }) => index)).toEqual(Array.from({ length: REQUESTS }, (_, index) => index));
    for (const { index, body, kind } of records) {
      if (kind === undefined) expect(body).toBe(`body of ${index}`);
      else expect({ index, kind, post: isPost(index) }).toEqual({ index, kind: 'unknown', post: true });
    }
  }
  world.arrived.forEach((times, index) => {
    if (isPost(index)) expect(times).toBeLessThanOrEqual(1);
    else expect(times).toBeGreaterThanOrEqual(1);
  });
}

function expectTidy(files: FakeFiles, world: Simulated): void {
  const first = world.sinks[0]!.path;
  expect(files.paths).toEqual([...world.sinks.map(({ path }) => path), `${first}.journal`].sort());
  expect(files.text(`${first}.journal`)!.trimEnd().split('\n').at(-1)).toMatch(
    new RegExp(`"done":"${REQUESTS}".*"complete":true`),
  );
}

function worldOf(names: readonly (keyof typeof OUTPUTS)[], durability: 'process' | 'power', seed: number) {
  const sinks = names.map((path) => ({ path, kind: OUTPUTS[path] }));
  return simulated({ sinks, durability }, seed);
}

/** Lives until one comes to its end. */
async function liveOn(found: FakeFiles, world: Simulated): Promise<void> {
  for (let lives = 0; lives < LIVES_MAX; lives++) {
    const ended = await live(unlocked(found, world), world).then(
      () => true,
      () => false,
    );
    if (ended) return;
  }
  throw new Error('no life comes to its end');
}

async function operationsOf(world: Simulated): Promise<number> {
  const files = new FakeFiles();
  await live(files, world);
  expectWhole(files, world);
  expectTidy(files, world);
  return files.operations;
}

const RUNS = [
  ['JSON Lines', ['out.jsonl']],
  ['CSV', ['out.csv']],
  ['two outputs', ['out.csv', 'other.jsonl']],
] as const;

describe.each(RUNS)('a crash of a run to %s', (_, names) => {
  it.each(['process', 'power'] as const)(
    'at any operation leaves what can be gone on with (%s)',
    async (durability) => {
      const operations = await operationsOf(worldOf(names, durability, 1));
      expect(operations).toBeGreaterThan(20);
      for (let n = 1; n <= operations; n++) {
        for (const moment of MOMENTS) {
          const world = worldOf(names, durability, 1);
          const files = new FakeFiles().crashAt(n, moment);
          await live(files, world).catch(() => {});
          const found = files.crash(durability, n);
          await liveOn(found, world);
          expectWhole(found, world);
          expectTidy(found, world);
        }
      }
    },
  );

  it.each(['process', 'power'] as const)('ends whole after several crashes (%s)', async (durability) => {
    for (let seed = 1; seed <= 60; seed++) {
      const world = worldOf(names, durability, seed);
      let files = new FakeFiles();
      for (let crashes = 0; crashes < 3; crashes++) {
        files.crashAt(1 + Math.floor(world.random() * 45), MOMENTS[seed % 3]);
        await live(files, world).catch(() => {});
        files = unlocked(files.crash(durability, seed + crashes), world);
      }
      await liveOn(files, world);
      expectWhole(files, world);
      expectTidy(files, world);
    }
  });
});

describe('an operation that fails', () => {
  it.each([
    ['ENOSPC', 'write', { half: true }],
    ['EIO', 'sync', {}],
    ['EROFS', 'rename', {}],
  ] as const)(
    '(%s of a %s) ends the run in one line, and it can be gone on with',
    async (code, kind, terms) => {
      for (let n = 1; n <= 30; n++) {
        const world = worldOf(['out.jsonl'], 'power', n);
        const files = new FakeFiles().failAt(n, code, { kind, ...terms });
        const error = await live(files, world).then(
          () => undefined,
          (reason: unknown) => reason as Error,
        );
        if (error === undefined) {
          // The first life has no more of these.
          expect(n).toBeGreaterThan(1);
          break;
        }
        expect(error.message).toMatch(/^cannot (?:write|make)[^\n]*$/);
        expect(error).toMatchObject({ code });
        await live(unlocked(files, world), world);
        expectTidy(files, world);
        // What a failed sync has lost is only seen after a loss of power.
        expectWhole(files.crash('power', n), world);
      }
    },
  );
});

describe('records of an older run', () => {
  it('are not taken for those of one that was cut off at its very beginning', async () => {
    const operations = await operationsOf(worldOf(['out.jsonl'], 'process', 1));
    for (let n = 1; n <= operations; n++) {
      const world = worldOf(['out.jsonl'], 'process', 1);
      const files = new FakeFiles();
      const old = Array.from(
        { length: REQUESTS },
        (_, index) => `{"index":${index},"status":200,"body":"old"}\n`,
      );
      files.put('out.jsonl', old.join(''));
      files.crashAt(n, 'after');
      await live(files, world).catch(() => {});
      const found = files.crash('process');
      await liveOn(found, world);
      expect(found.text('out.jsonl')).not.toContain('old');
      expectWhole(found, world);
    }
  });
});
