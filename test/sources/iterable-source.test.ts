import { describe, expect, it } from 'vitest';
import { ENDED, WAITING } from '../../src/model/contracts.ts';
import type { RequestInput } from '../../src/model/request.ts';
import { iterableSource, type RequestIterable } from '../../src/sources/iterable-source.ts';
import { drain, pullReady, shownItem, sourceContract } from '../contract/source.ts';
import { factory } from './fixture.ts';

const open = (items: RequestIterable) => iterableSource(items, factory);

async function* slowly(items: readonly RequestInput[]): AsyncGenerator<RequestInput> {
  for (const item of items) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    yield item;
  }
}

sourceContract('an array', (urls) => open(urls));
sourceContract('a sync iterable', (urls) => open(new Set(urls)));
sourceContract('an async iterable', (urls) =>
  open(
    (async function* () {
      yield* urls;
    })(),
  ),
);
sourceContract('a slow async iterable', (urls) => open(slowly(urls)));

/** An iterable that counts what is asked of it. */
function counted(limit: number) {
  const calls = { next: 0, return: 0 };
  const step = () => {
    calls.next++;
    return calls.next > limit ? { done: true as const, value: undefined } : { value: 'http://a.test/' };
  };
  const end = () => {
    calls.return++;
    return { done: true as const, value: undefined };
  };
  return {
    calls,
    sync: { [Symbol.iterator]: () => ({ next: step, return: end }) },
    async: { [Symbol.asyncIterator]: () => ({ next: async () => step(), return: async () => end() }) },
  };
}

describe('iterableSource', () => {
  it('takes URLs as text and as URL objects, and request objects', async () => {
    const items = [
      'http://a.test/1',
      new URL('http://a.test/2'),
      { url: 'http://a.test/3', method: 'PUT', body: 'x', id: 9 },
    ];
    const told = [
      '0 GET http://a.test/1 undefined ""',
      '1 GET http://a.test/2 undefined ""',
      '2 PUT http://a.test/3 9 "" 78',
    ];
    for (const iterable of [items, new Set(items), slowly(items)]) {
      expect((await drain(open(iterable))).map(shownItem)).toEqual(told);
    }
  });

  it('knows the length of an array, and reads no further when it grows', async () => {
    const items = ['http://a.test/1'];
    const source = open(items);
    items.push('http://a.test/2');
    expect(source.count).toBe(1);
    expect(await drain(source)).toHaveLength(1);
    expect(open(new Set(items)).count).toBeUndefined();
    expect(open(slowly(items)).count).toBeUndefined();
  });

  it('fails whatever is no request, shows no secret, and goes on', async () => {
    const hostile = {
      get url(): string {
        throw new Error('no url today');
      },
    };
    const bad: unknown[] = [
      undefined,
      null,
      42,
      Symbol('s'),
      {},
      { url: 7 },
      hostile,
      { url: 'http://user:secret@a.test/', headers: [1] },
      { url: new URL('http://user:secret@a.test/'), headers: { Authorization: 'secret', 'Bad Name': 'x' } },
      { url: 'http://a.test/', method: 'A B' },
      new URL('ftp://user:secret@a.test/'),
    ];
    const items = await drain(open([...bad, 'http://a.test/'] as RequestInput[]));
    expect(items.map((item) => item.type)).toEqual([...bad.map(() => 'failure'), 'request']);
    expect(items.map((item) => item.index)).toEqual(items.map((_, i) => i));
    expect(items.map(shownItem).join('\n')).not.toContain('secret');
    expect(items[6]).toMatchObject({ url: '', message: 'no request: no url today', line: undefined });
    expect(items.slice(0, 3).map((item) => item.url)).toEqual(['undefined', 'null', '42']);
    expect(items[10]).toMatchObject({ url: 'ftp://a.test/' });
  });

  it('asks an iterator for one item a pull, never ahead', async () => {
    const { calls, sync } = counted(10);
    const source = open(sync);
    expect(calls.next).toBe(0);
    source.pull();
    source.pull();
    expect(calls.next).toBe(2);
  });

  it('asks an async iterator for one item at a time, never ahead', async () => {
    const { calls, async } = counted(10);
    const source = open(async);
    expect(calls.next).toBe(0);
    expect([source.pull(), source.pull(), source.pull()]).toEqual([WAITING, WAITING, WAITING]);
    await pullReady(source);
    expect(calls.next).toBe(1);
    await pullReady(source);
    expect(calls.next).toBe(2);
    expect(String(source)).toBe('async iterable idle after 2 items');
  });

  it.each(['sync', 'async'] as const)('returns a %s iterator once when closed early', async (kind) => {
    const iterable = counted(10);
    const source = open(iterable[kind]);
    await pullReady(source);
    source.close();
    source.close();
    expect(iterable.calls.return).toBe(1);
    expect(source.pull()).toBe(ENDED);
  });

  it.each(['sync', 'async'] as const)(
    'does not return a %s iterator that ended or never began',
    async (kind) => {
      const ended = counted(1);
      const source = open(ended[kind]);
      await drain(source);
      source.close();
      const unused = counted(1);
      open(unused[kind]).close();
      expect([ended.calls.return, unused.calls.return, unused.calls.next]).toEqual([0, 0, 0]);
    },
  );

  it('throws, each time it is pulled, when the iterable throws', async () => {
    const reason = new Error('out of rows');
    const sync = (function* () {
      yield 'http://a.test/';
      throw reason;
    })();
    const later = (async function* () {
      yield 'http://a.test/';
      throw reason;
    })();
    const never = {
      [Symbol.asyncIterator](): AsyncIterator<string> {
        throw reason;
      },
    };
    for (const iterable of [sync, later, never]) {
      const source = open(iterable);
      await expect(drain(source)).rejects.toThrow('the input iterable threw: out of rows');
      expect(() => source.pull()).toThrow(expect.objectContaining({ cause: reason }));
      source.close();
    }
    const source = open(never);
    source.onReady = () => expect.unreachable('the pull itself has thrown');
    expect(() => source.pull()).toThrow('the input iterable threw: out of rows');
  });

  it('gives nothing of an array after it was closed', () => {
    const source = open(['http://a.test/']);
    source.close();
    expect(source.pull()).toBe(ENDED);
  });

  it('is closed even where the iterator fails to return', async () => {
    const fail = () => {
      throw new Error('no');
    };
    const next = () => ({ value: 'http://a.test/' });
    const sync = open({ [Symbol.iterator]: () => ({ next, return: fail }) });
    const async = open({
      [Symbol.asyncIterator]: () => ({ next: async () => next(), return: async () => fail() }),
    });
    await pullReady(sync);
    await pullReady(async);
    sync.close();
    async.close();
    expect([sync.pull(), async.pull()]).toEqual([ENDED, ENDED]);
  });

  it('drops an item that arrives after it was closed', async () => {
    let give: (step: IteratorResult<string>) => void = () => undefined;
    const source = open({
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise<IteratorResult<string>>((resolve) => {
            give = resolve;
          }),
      }),
    });
    source.pull();
    source.close();
    give({ value: 'http://a.test/' });
    await Promise.resolve();
    await Promise.resolve();
    expect(source.pull()).toBe(ENDED);
    expect(String(source)).toBe('async iterable ended after 0 items');
  });
});
