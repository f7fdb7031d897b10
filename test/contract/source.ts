// What every source is held to, and how tests read one to its end.

import { describe, expect, it } from 'vitest';
import { ENDED, type Pulled, type Source, WAITING } from '../../src/model/contracts.ts';
import type { Failure } from '../../src/model/outcome.ts';
import type { Request } from '../../src/model/request.ts';

export type Item = Request | Failure;

/** Everything the source gives, in the order of the pulls. */
export async function drain(source: Source): Promise<Item[]> {
  const items: Item[] = [];
  for (;;) {
    const pulled = await pullReady(source);
    if (pulled.type === 'ended') return items;
    items.push(pulled);
  }
}

/** The next item or the end, waiting for it where that is needed. */
export async function pullReady(source: Source): Promise<Item | typeof ENDED> {
  for (;;) {
    const pulled = source.pull();
    if (pulled.type !== 'waiting') return pulled;
    await new Promise<void>((resolve) => {
      source.onReady = resolve;
    });
  }
}

/** An item in one line, with all that tells two of them apart. */
export function shownItem(item: Item): string {
  if (item.type === 'failure') return `${item.index} failure ${item.line} ${item.url}: ${item.message}`;
  const body = item.body === undefined ? '' : ` ${Buffer.from(item.body).toString('hex')}`;
  return `${item.index} ${item.method} ${item.url} ${item.id} ${JSON.stringify(item.headers.text)}${body}`;
}

/** `make` gives a source of these URLs; some of them are none. */
export function sourceContract(name: string, make: (urls: readonly string[]) => Source): void {
  const URLS = Array.from({ length: 20 }, (_, i) => `http://a.test/${i}`);

  describe(`${name} as a source`, () => {
    it('gives every item once, in order, numbered without gaps', async () => {
      const items = await drain(make(URLS));
      expect(items.map((item) => item.url)).toEqual(URLS);
      expect(items.map((item) => item.index)).toEqual(URLS.map((_, i) => i));
    });

    it('makes an item that is no request a failure with an index, and goes on', async () => {
      const items = await drain(make(['http://a.test/0', 'nonsense', 'ftp://a.test/', 'http://a.test/3']));
      expect(items.map((item) => item.type)).toEqual(['request', 'failure', 'failure', 'request']);
      expect(items.map((item) => item.index)).toEqual([0, 1, 2, 3]);
      expect(items[1]).toMatchObject({ phase: 'input', kind: 'invalid', sent: 'none', url: 'nonsense' });
    });

    it('stays ended', async () => {
      const source = make(URLS.slice(0, 2));
      await drain(source);
      expect([source.pull(), source.pull()]).toEqual([ENDED, ENDED]);
    });

    it('ends at once where there is nothing', async () => {
      expect(await drain(make([]))).toEqual([]);
    });

    it('tells how many items there are, where it says so at all', async () => {
      const source = make(URLS);
      const items = await drain(source);
      expect(source.count ?? items.length).toBe(items.length);
    });

    it('calls onReady once for each waiting, however often it was asked meanwhile', async () => {
      const source = make(URLS);
      let calls = 0;
      let waits = 0;
      let wake: () => void = () => undefined;
      source.onReady = () => {
        calls++;
        wake();
      };
      for (let pulled: Pulled = source.pull(); pulled !== ENDED; pulled = source.pull()) {
        if (pulled !== WAITING) continue;
        waits++;
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        expect(source.pull()).toBe(WAITING);
        await woken;
      }
      await turn();
      expect(calls).toBe(waits);
    });

    it('serves one who asks again instead of listening', async () => {
      const source = make(URLS);
      const urls: string[] = [];
      for (let pulled: Pulled = source.pull(); pulled !== ENDED; pulled = source.pull()) {
        if (pulled === WAITING) await turn();
        else urls.push((pulled as Item).url);
      }
      expect(urls).toEqual(URLS);
    });

    it('passes over items, before the first and in the middle, and gives the others their own indices', async () => {
      const source = make(URLS);
      if (source.skip === undefined) return;
      source.skip(0);
      source.skip(3);
      source.skip(2);
      const given = [await pullReady(source), await pullReady(source)];
      source.skip(10);
      given.push(...(await drain(source)));
      expect(given.map((item) => (item as Item).index)).toEqual([5, 6, 17, 18, 19]);
      expect(given.map((item) => (item as Item).url)).toEqual([5, 6, 17, 18, 19].map((i) => URLS[i]));
    });

    it('counts what is no request when it passes over items', async () => {
      const source = make(['http://a.test/0', 'nonsense', 'ftp://a.test/', 'http://a.test/3']);
      if (source.skip === undefined) return;
      source.skip(2);
      expect((await drain(source)).map((item) => [item.index, item.type])).toEqual([
        [2, 'failure'],
        [3, 'request'],
      ]);
    });

    it('is at its end when more is passed over than there is', async () => {
      const source = make(URLS);
      if (source.skip === undefined) return;
      source.skip(Number.MAX_SAFE_INTEGER);
      expect(await drain(source)).toEqual([]);
      expect(source.pull()).toBe(ENDED);
    });

    it('passes over items while it is waiting', async () => {
      const source = make(URLS);
      if (source.skip === undefined) return;
      const first = source.pull();
      source.skip(4);
      const next = await pullReady(source);
      expect((next as Item).index).toBe(first === WAITING ? 4 : 5);
    });

    it('can be closed twice: before the first pull, in the middle and at the end', async () => {
      const closeTwice = (source: Source) => {
        source.close();
        source.close();
      };
      closeTwice(make(URLS));
      const begun = make(URLS);
      await pullReady(begun);
      closeTwice(begun);
      const ended = make(URLS);
      await drain(ended);
      expect(() => closeTwice(ended)).not.toThrow();
    });

    it('calls nobody after it was closed', async () => {
      const source = make(URLS);
      let calls = 0;
      source.onReady = () => {
        calls++;
      };
      source.pull();
      source.close();
      for (let i = 0; i < 5; i++) await turn();
      expect(calls).toBe(0);
    });

    it('prints as one line', () => {
      expect(String(make(URLS))).toMatch(/^(?!\[object).+$/);
    });
  });
}

/** Lets everything that is ready now run. */
function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
