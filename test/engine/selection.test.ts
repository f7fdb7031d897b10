// shuffle, sample, seed and shard as options of a run.

import { describe, expect, it, onTestFinished } from 'vitest';
import { flurry, Run } from '../../src/engine/flurry.ts';
import { isPartial, selectionOf, withSeed } from '../../src/engine/selection-of.ts';
import { Session } from '../../src/engine/session.ts';
import { SessionCore } from '../../src/engine/session-core.ts';
import { definitionOf, openSource, type SourceInput } from '../../src/engine/source-of.ts';
import { OptionError } from '../../src/model/option-kinds.ts';
import { type RunOptions, resolveOptions, type Settings } from '../../src/model/options.ts';
import type { Outcome } from '../../src/model/outcome.ts';
import { RawServer } from '../server/raw-server.ts';
import { echoAfter, Network, response, upTo } from './fixture.ts';

const TEMPLATE = 'http://a.test/[0-999]';

async function indicesOf(input: SourceInput, options: RunOptions): Promise<number[]> {
  const network = new Network(echoAfter(1));
  const session = (settings: Settings) => new SessionCore(settings, network);
  const run = new Run(
    definitionOf(input),
    resolveOptions({ concurrency: 1, ...options }),
    undefined,
    session,
  );
  const outcomes: Outcome[] = [];
  let over = false;
  const consumer = (async () => {
    for await (const outcome of run) outcomes.push(outcome);
  })().finally(() => {
    over = true;
  });
  await network.until(() => over);
  await consumer;
  for (const one of outcomes) expect(one.url).toBe(`http://a.test/${one.index}`);
  expect(run.summary.requests).toBe(outcomes.length);
  return outcomes.map((one) => one.index);
}

describe('a run of a part of its input', () => {
  it('sends in the order of its seed, with the indices of the input', async () => {
    const mixed = await indicesOf('http://a.test/[0-49]', { shuffle: true, seed: 4 });
    expect(mixed).not.toEqual(upTo(50));
    expect([...mixed].sort((a, b) => a - b)).toEqual(upTo(50));
    expect(await indicesOf('http://a.test/[0-49]', { shuffle: true, seed: 4, first: 5 })).toEqual(
      mixed.slice(0, 5),
    );
  });

  it('is, with the other parts of the same seed, the whole', async () => {
    const parts = ['1/3', '2/3', '3/3'].map((shard) => indicesOf(TEMPLATE, { sample: 20, seed: 2, shard }));
    const whole = await indicesOf(TEMPLATE, { sample: 20, seed: 2 });
    const merged = (await Promise.all(parts)).flat();
    expect(merged).toHaveLength(20);
    expect(new Set(merged)).toEqual(new Set(whole));
  });

  it('tells its seed, its own where none is given', () => {
    expect(flurry(TEMPLATE, { shuffle: true, seed: 0 }).seed).toBe(0);
    expect(flurry(TEMPLATE, {}).seed).toBeUndefined();
    const seeds = Array.from({ length: 5 }, () => flurry(TEMPLATE, { sample: 3 }).seed!);
    expect(new Set(seeds).size).toBeGreaterThan(1);
    for (const seed of seeds) expect(Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32).toBe(true);
  });

  it('may be one of a session', async () => {
    const session = new Session();
    expect(flurry(TEMPLATE, { session, sample: 3, seed: 5, shard: '1/2', shuffle: true }).seed).toBe(5);
    await session.close();
  });

  it('counts what is sent', () => {
    const counted = (options: RunOptions) => {
      const source = openSource(definitionOf(TEMPLATE), resolveOptions(options));
      source.close();
      return source.count;
    };
    expect(counted({ sample: '1e2' as never, seed: 1 })).toBe(100);
    expect(counted({ shard: '2/3' })).toBe(333);
    expect(counted({ shuffle: true, seed: 1, first: 10, shard: '1/4' })).toBe(3);
  });

  it('takes a body that can be read once where it is one request', () => {
    const body = () => new ReadableStream<Uint8Array>();
    const opened = (options: RunOptions) =>
      openSource(definitionOf(TEMPLATE), resolveOptions({ body: body(), ...options }));
    expect(() => opened({ sample: 2, seed: 1 })).toThrow('read only once');
    expect(opened({ sample: 1, seed: 1 }).count).toBe(1);
    expect(opened({ first: 1 }).count).toBe(1);
  });
});

describe('options that do not go together', () => {
  it.each([
    [{ shuffle: true, shard: '1/4' }, 'seed is needed where shard goes with shuffle or sample'],
    [{ sample: 10, shard: '1/4' }, 'seed is needed'],
    [{ seed: 4 }, 'seed is for shuffle and sample'],
    [{ shard: 'auto' }, 'shard takes i/n'],
    [{ sample: 0 }, 'sample takes a whole number from 1'],
  ] as const)('%j', (options, message) => {
    const start = () => openSource(definitionOf(TEMPLATE), withSeed(resolveOptions(options)));
    expect(start).toThrow(OptionError);
    expect(start).toThrow(message);
  });

  it('are refused before anything of the input is opened', () => {
    let opened = false;
    const definition = {
      open() {
        opened = true;
        throw new Error('opened');
      },
    };
    expect(() => openSource(definition, resolveOptions({ shard: '9/4' }))).toThrow('counts from 1');
    expect(opened).toBe(false);
  });

  it('close an input that cannot be mixed', () => {
    let closed = false;
    const source = {
      count: undefined,
      onReady: undefined,
      pull: () => ({ type: 'ended' }) as const,
      close() {
        closed = true;
      },
    };
    expect(() => openSource(definitionOf(source), resolveOptions({ shuffle: true, seed: 1 }))).toThrow(
      /^shuffle needs/,
    );
    expect(closed).toBe(true);
  });
});

describe('the settings', () => {
  it('say all of the input where nothing is asked for', () => {
    expect(selectionOf(resolveOptions({}))).toMatchObject({
      mixed: false,
      sample: undefined,
      first: undefined,
      shard: { index: 0, count: 1 },
    });
  });

  it('tell what flurry.all has no place for at each index', () => {
    const partial = (options: RunOptions) => isPartial(resolveOptions(options));
    expect([{}, { first: 3 }, { shuffle: true }].map(partial)).toEqual([false, false, false]);
    expect([{ shard: '1/2' }, { sample: 3 }, { first: 3, shuffle: true }].map(partial)).toEqual([
      true,
      true,
      true,
    ]);
  });
});

describe('flurry.all', () => {
  async function served(options: RunOptions): Promise<(string | undefined)[]> {
    const server = await RawServer.open((peer, { target }) => peer.send(response(target)));
    onTestFinished(() => server.close());
    const outcomes = await flurry.all(server.url('/[0-9]'), options);
    return outcomes.map((one) => (one.type === 'response' ? one.text() : undefined));
  }

  it('is in the order of the input, however it was sent', async () => {
    expect(await served({ shuffle: true })).toEqual(upTo(10).map((i) => `/${i}`));
  });

  it('has no gaps where a part was sent', async () => {
    expect(await served({ shard: '2/3' })).toEqual(['/1', '/4', '/7']);
    const sample = await served({ sample: 4, seed: 3 });
    expect(sample).toHaveLength(4);
    expect([...sample].sort()).toEqual(sample);
  });
});
