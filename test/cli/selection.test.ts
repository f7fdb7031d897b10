// --shuffle, --sample, --seed and --shard as typed: what is sent, shown and told.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTarget, type Target } from '../../src/target/index.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, type World } from './in-process.ts';

const folder = temporaryFolder();
let target: Target;

beforeAll(async () => {
  target = await startTarget();
});

afterAll(() => target.close());

async function plan(argv: readonly string[], world: World = {}): Promise<Record<string, string>> {
  const { stdout, stderr, code } = await flurry([...argv, '--dry-run'], world);
  expect([code, stderr]).toEqual([0, '']);
  const rows = [...stdout.matchAll(/^(\w+) +(.*)$/gm)].map(([, name, text]) => [name!, text!]);
  return Object.fromEntries(rows);
}

describe('--dry-run', () => {
  it('shows a sample of 10^12 at once', async () => {
    const shown = await plan(['http://h/[1-1000000000000]', '--sample', '1e5', '--seed', '7']);
    expect(shown).toMatchObject({
      requests: '100,000',
      selection: 'a sample of 100,000 at most of 1,000,000,000,000, --seed 7',
    });
    expect(shown['first']).not.toMatch(/todos\/[123]$/);
  });

  it('shows an order, its beginning and the part of it', async () => {
    const argv = ['http://h/[1-1000]', '--shuffle', '--seed', '7', '-n', '100', '--shard', 'auto/4'];
    expect(await plan(argv, { env: { JOB_COMPLETION_INDEX: '1' } })).toMatchObject({
      requests: '25',
      selection: '1,000 in a random order, --seed 7, the first 100 of that, part 2/4 of that',
    });
  });

  it('shows the seed that it has taken', async () => {
    const { selection } = await plan(['http://h/[1-1000]', '--shuffle']);
    expect(selection).toMatch(/^1,000 in a random order, --seed \d+$/);
  });

  it('shows a part of an input, and of a sample of it the size that was found', async () => {
    const stdin = 'http://h/0\nhttp://h/1\nhttp://h/2\nhttp://h/3\nhttp://h/4\n';
    expect(await plan(['--shard', '2/2'], { stdin })).toMatchObject({
      selection: 'part 2/2 of the input',
      first: 'GET http://h/1',
    });
    const sampled = await plan(['--sample', '100', '--seed', '1'], { stdin });
    expect(sampled).toMatchObject({
      requests: '5',
      selection: 'a sample of 100 at most of the input, --seed 1',
    });
  });

  it('shows nothing of it where all is sent', async () => {
    expect(await plan(['http://h/[1-9]', '-n', '3'])).not.toHaveProperty('selection');
  });
});

describe('a run', () => {
  async function indices(argv: readonly string[], world: World = {}): Promise<number[]> {
    const out = folder.at('out.jsonl');
    const { code, stderr } = await flurry(['-q', '-o', out, ...argv], world);
    expect([code, stderr]).toEqual([0, '']);
    return folder.records('out.jsonl').map((record) => record['index'] as number);
  }

  it('sends each part once, of URLs and of an input, by its place in the whole', async () => {
    const url = `${target.url}/todos/[1-20]`;
    const lines = Array.from({ length: 20 }, (_, i) => `${target.url}/todos/${i + 1}`).join('\n');
    for (const [argv, world] of [
      [[url], {}],
      [['-i', '-'], { stdin: lines }],
    ] as const) {
      const sent = [];
      for (const part of ['1/3', '2/3', '3/3']) {
        sent.push(...(await indices([...argv, '--sample', '10', '--seed', '3', '--shard', part], world)));
      }
      expect(sent).toHaveLength(10);
      expect(new Set(sent).size).toBe(10);
      expect(Math.max(...sent)).toBeLessThan(20);
    }
  });

  it('tells the seed that it has taken', async () => {
    const argv = [`${target.url}/todos/[1-3]`, '--shuffle', '-o', folder.at('told.jsonl')];
    expect((await flurry(argv)).stderr).toMatch(/^flurry: this order can be had again with --seed \d+\n/);
    expect((await flurry([...argv, '--seed', '4'])).stderr).not.toContain('--seed');
  });
});

describe('what does not work', () => {
  it.each([
    [
      ['http://h/[1-9]', '--shuffle', '--shard', '1/4'],
      '--seed is needed where shard goes with shuffle or sample',
    ],
    [['http://h/[1-9]', '--seed', '1'], '--seed is for shuffle and sample, and neither is given'],
    [
      ['http://h/[1-9]', '--shard', '0/4'],
      '--shard counts from 1: the parts of 4 are 1/4 to 4/4, and none is 0/4',
    ],
    [
      ['http://h/[1-9]', '--shard', 'auto/4'],
      '--shard auto/4 takes the part from JOB_COMPLETION_INDEX (Kubernetes)',
    ],
    [['http://h/[1-9]', '--sample', '1.5'], '--sample takes a whole number from 1'],
    [['-i', '-', '--shuffle'], 'shuf FILE | flurry -i -'],
  ])('is told what to type: %j', async (argv, message) => {
    const { code, stderr } = await flurry(argv, { stdin: 'http://h/1\n' });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
  });
});
