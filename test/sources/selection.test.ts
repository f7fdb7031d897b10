// Which items are given, in which order: the same whole for all kinds of source, and parts that make it up.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENDED, type Source } from '../../src/model/contracts.ts';
import { openInput } from '../../src/sources/input-source.ts';
import { iterableSource } from '../../src/sources/iterable-source.ts';
import { remaining } from '../../src/sources/remaining-source.ts';
import { type Selection, select } from '../../src/sources/selection.ts';
import { parseShard, WHOLE } from '../../src/sources/shard.ts';
import { TemplateSource } from '../../src/sources/template/source.ts';
import { compileTemplates } from '../../src/sources/template/template.ts';
import { drain, sourceContract } from '../contract/source.ts';
import { factory, OPTIONS as INPUT, textStream } from './fixture.ts';
import { OPTIONS } from './template-fixture.ts';

const ALL: Selection = { mixed: false, seed: 1, sample: undefined, first: undefined, shard: WHOLE };
const urlsOf = (n: number) => Array.from({ length: n }, (_, i) => `http://a.test/${i}`);

/** The same n items, by every way in. */
const KINDS: Readonly<Record<string, (n: number) => Source>> = {
  template: (n) => templates(n === 0 ? [] : [`http://a.test/[0-${n - 1}]`]),
  'several templates': (n) => templates(urlsOf(n)),
  array: (n) => iterableSource(urlsOf(n), factory),
  iterable: (n) => iterableSource(new Set(urlsOf(n)), factory),
  'async iterable': (n) => iterableSource(asynchronous(urlsOf(n)), factory),
  lines: (n) =>
    openInput(textStream(`# list\n\n${urlsOf(n).join('\n \n# no\n')}`), { ...INPUT, format: 'lines' }),
  'source without skip': (n) => {
    const source = templates(n === 0 ? [] : [`http://a.test/[0-${n - 1}]`]);
    return { count: undefined, onReady: undefined, pull: () => source.pull(), close: () => source.close() };
  },
};
const SEEKABLE = ['template', 'several templates', 'array'];
const STREAMS = Object.keys(KINDS).filter((kind) => !SEEKABLE.includes(kind));

function templates(texts: readonly string[]): TemplateSource {
  return new TemplateSource(compileTemplates(texts, OPTIONS), factory);
}

async function* asynchronous(urls: readonly string[]): AsyncGenerator<string> {
  yield* urls;
}

async function indicesOf(source: Source): Promise<number[]> {
  const items = await drain(source);
  for (const item of items) expect(item.url).toBe(`http://a.test/${item.index}`);
  items.forEach((item, position) => {
    expect(source.positionOf?.(item.index) ?? item.index).toBe(position);
  });
  if (source.count !== undefined) expect(source.count).toBe(items.length);
  return items.map((item) => item.index);
}

const sorted = (numbers: readonly number[]) => [...numbers].sort((a, b) => a - b);
const upTo = (n: number) => Array.from({ length: n }, (_, i) => i);

const SELECTIONS: Readonly<Record<string, Partial<Selection>>> = {
  'the first of a template': { first: 20 },
  'a template mixed': { mixed: true },
};
for (const [name, selection] of Object.entries(SELECTIONS)) {
  it(`${name} is a source`, async () => {
    const source = select(templates(urlsOf(20)), { ...ALL, ...selection });
    source.skip!(3);
    expect((await drain(source)).length).toBe(17);
    source.close();
    source.close();
    expect(source.pull()).toBe(ENDED);
    expect(String(source)).toMatch(/^selection at 20 of 20, of templates/);
  });
}

sourceContract('the first items of a template', (urls) =>
  select(new TemplateSource(compileTemplates(urls, { ...OPTIONS, globoff: true }), factory), {
    ...ALL,
    first: 1000,
  }),
);
sourceContract('the first items of a stream', (urls) =>
  select(openInput(textStream(urls.join('\n')), { ...INPUT, format: 'lines' }), { ...ALL, first: 1000 }),
);
sourceContract('what is left of a stream where nothing was done', (urls) =>
  remaining(openInput(textStream(urls.join('\n')), { ...INPUT, format: 'lines' }), { nextGap: (n) => n }),
);

describe.each(Object.keys(KINDS))('a part of %s', (kind) => {
  const make = KINDS[kind]!;

  it('is the source itself where all of it is asked for', () => {
    const source = make(3);
    expect(select(source, ALL)).toBe(source);
    source.close();
  });

  it('is its first items', async () => {
    for (const [first, n] of [
      [0, 5],
      [1, 5],
      [5, 5],
      [7, 5],
      [3, 0],
    ] as const) {
      expect(await indicesOf(select(make(n), { ...ALL, first }))).toEqual(upTo(Math.min(first, n)));
    }
  });

  it('is every n-th item, of the first ones where only those are sent', async () => {
    const part = (text: string, first?: number) =>
      indicesOf(select(make(11), { ...ALL, shard: parseShard(text), first }));
    expect(await part('1/4')).toEqual([0, 4, 8]);
    expect(await part('3/4')).toEqual([2, 6, 10]);
    expect(await part('4/4')).toEqual([3, 7]);
    expect(await part('12/20')).toEqual([]);
    expect(await part('2/3', 5)).toEqual([1, 4]);
  });

  it('is a sample: each item once, mixed, the same for the same seed', async () => {
    const sample = (seed: number) => indicesOf(select(make(200), { ...ALL, sample: 40, seed }));
    const indices = await sample(7);
    expect(new Set(indices).size).toBe(40);
    expect(indices.every((index) => index >= 0 && index < 200)).toBe(true);
    expect(indices).not.toEqual(sorted(indices));
    expect(await sample(7)).toEqual(indices);
    expect(await sample(8)).not.toEqual(indices);
  });

  it('is all of it, mixed, where the sample is larger', async () => {
    const indices = await indicesOf(select(make(30), { ...ALL, sample: 1000 }));
    expect(sorted(indices)).toEqual(upTo(30));
    expect(indices).not.toEqual(upTo(30));
    expect(await indicesOf(select(make(0), { ...ALL, sample: 10 }))).toEqual([]);
  });

  it('is, with all others, the whole selection: each item once', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 60 }),
        fc.integer({ min: 1, max: 7 }),
        fc.record({
          seed: fc.nat(),
          sample: fc.option(fc.integer({ min: 1, max: 70 }), { nil: undefined }),
          first: fc.option(fc.nat(70), { nil: undefined }),
          mixed: SEEKABLE.includes(kind) ? fc.boolean() : fc.constant(false),
        }),
        async (n, total, choice) => {
          const whole = await indicesOf(select(make(n), { ...ALL, ...choice }));
          const parts = await Promise.all(
            upTo(total).map((index) =>
              indicesOf(select(make(n), { ...ALL, ...choice, shard: { index, count: total } })),
            ),
          );
          const merged = parts.flatMap((part, index) =>
            part.map((item, i) => [i * total + index, item] as const),
          );
          expect(merged.sort((a, b) => a[0] - b[0]).map(([, item]) => item)).toEqual(whole);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('goes on with what is not done, by position, with indices and count of the whole', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 40 }),
        fc.uniqueArray(fc.nat(45)),
        fc.record({
          sample: fc.option(fc.constant(25), { nil: undefined }),
          first: fc.option(fc.constant(20), { nil: undefined }),
          shard: fc.constantFrom(WHOLE, { index: 1, count: 2 }),
        }),
        async (n, done, choice) => {
          const open = () => select(make(n), { ...ALL, ...choice });
          const whole = await indicesOf(open());
          const rest = remaining(open(), doneOf(done));
          const items = await drain(rest);
          expect(items.map((item) => item.index)).toEqual(
            whole.filter((_, position) => !done.includes(position)),
          );
          for (const item of items) {
            expect(rest.positionOf?.(item.index) ?? item.index).toBe(whole.indexOf(item.index));
          }
          expect(rest.count ?? whole.length).toBe(whole.length);
        },
      ),
      { numRuns: 30 },
    );
  });
});

function doneOf(positions: readonly number[]) {
  const set = new Set(positions);
  return {
    nextGap(position: number): number {
      let at = position;
      while (set.has(at)) at++;
      return at;
    },
  };
}

describe('a mixed order', () => {
  it.each(SEEKABLE)('has all of %s', async (kind) => {
    const indices = await indicesOf(select(KINDS[kind]!(100), { ...ALL, mixed: true, seed: 5 }));
    expect(sorted(indices)).toEqual(upTo(100));
    expect(indices).not.toEqual(upTo(100));
  });

  it('begins with the sample of the same seed', async () => {
    const template = (choice: Partial<Selection>) =>
      indicesOf(select(KINDS['template']!(1000), { ...ALL, seed: 9, ...choice }));
    expect(await template({ sample: 10 })).toEqual((await template({ mixed: true })).slice(0, 10));
    expect(await template({ mixed: true, first: 10 })).toEqual(await template({ sample: 10 }));
    expect(await template({ mixed: true, sample: 10 })).toEqual(await template({ sample: 10 }));
  });

  it('is there at once for 10^12 requests, and knows where each stands', () => {
    const source = select(templates(['http://a.test/[0-999999999999]']), { ...ALL, sample: 100_000 });
    expect([source.count, source.indexEnd]).toEqual([100_000, 10 ** 12]);
    source.skip!(99_998);
    const last = [source.pull(), source.pull()] as { index: number; url: string }[];
    expect(last.map(({ index }) => source.positionOf!(index))).toEqual([99_998, 99_999]);
    expect(last.map(({ url }) => url)).toEqual(last.map(({ index }) => `http://a.test/${index}`));
    expect(source.pull()).toBe(ENDED);
  });

  it.each(STREAMS)('is refused for %s, with what to type', (kind) => {
    expect(() => select(KINDS[kind]!(3), { ...ALL, mixed: true })).toThrow(/shuf FILE \| flurry -i -/);
  });
});

describe('a sample of a stream', () => {
  it('takes each item and each pair equally often', async () => {
    const [n, size, seeds] = [12, 4, 1500];
    const times = new Array<number>(n).fill(0);
    const pairs = new Array<number>(n * n).fill(0);
    for (let seed = 0; seed < seeds; seed++) {
      const indices = await indicesOf(select(KINDS['iterable']!(n), { ...ALL, sample: size, seed }));
      for (const a of indices) {
        times[a]!++;
        for (const b of indices) if (a < b) pairs[a * n + b]!++;
      }
    }
    const each = (seeds * size) / n;
    for (const count of times) expect(Math.abs(count - each)).toBeLessThan(4 * Math.sqrt(each));
    const both = (each * (size - 1)) / (n - 1);
    for (const count of pairs.filter((count) => count > 0))
      expect(Math.abs(count - both)).toBeLessThan(5 * Math.sqrt(both));
    expect(pairs.filter((count) => count > 0)).toHaveLength((n * (n - 1)) / 2);
  });

  it('makes requests of hardly more lines than it takes', async () => {
    let made = 0;
    const from = (...args: Parameters<typeof factory.from>) => {
      made++;
      return factory.from(...args);
    };
    const counting = Object.create(factory, { from: { value: from } });
    const stream = textStream(urlsOf(20_000).join('\n'), 4096);
    const source = openInput(stream, { ...INPUT, format: 'lines', factory: counting });
    expect(await drain(select(source, { ...ALL, sample: 10 }))).toHaveLength(10);
    expect(made).toBeLessThan(300);
  });

  it('is refused where it would not fit into memory', () => {
    expect(() => select(KINDS['iterable']!(3), { ...ALL, sample: 1e9 })).toThrow(/1,000,000 at most/);
  });

  it('breaks as its input does', async () => {
    const broken = iterableSource(
      (async function* () {
        yield 'http://a.test/0';
        throw new Error('cut off');
      })(),
      factory,
    );
    await expect(drain(select(broken, { ...ALL, sample: 5 }))).rejects.toThrow('cut off');
  });

  it('gives nothing more once it is closed', async () => {
    const source = select(KINDS['async iterable']!(5), { ...ALL, sample: 5 });
    source.pull();
    source.close();
    expect(source.pull()).toBe(ENDED);
  });
});

describe('i/n', () => {
  it('counts from 1', () => {
    expect(parseShard(' 1/4 ')).toEqual({ index: 0, count: 4 });
    expect(parseShard('4/4')).toEqual({ index: 3, count: 4 });
  });

  it.each([
    ['0/4', 'counts from 1: the parts of 4 are 1/4 to 4/4, and none is 0/4'],
    ['5/4', 'none is 5/4'],
    ['4', 'shard takes i/n, such as 1/4, not "4"'],
    ['1/0', 'shard takes 1 to 1,000,000 parts, not 0'],
    ['1/9999999999', 'not 9,999,999,999'],
    ['auto', 'takes i/n'],
    ['-1/4', 'takes i/n'],
    ['1/4/2', 'takes i/n'],
  ])('is not %s', (text, message) => {
    expect(() => parseShard(text)).toThrow(message);
  });
});
