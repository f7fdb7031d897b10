// Requests that are added to a run while it goes on: a site crawled to its end, each page once, and the end itself.

import { type AddOptions, flurry, InvalidRequest, type Outcome, type Response, type Run } from 'flurry';
import { links } from 'flurry/links';
import { startTarget, type Target } from 'flurry/target';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

let target: Target;
beforeAll(async () => {
  target = await startTarget();
});
afterAll(() => target.close());

function at(path: string): string {
  return target.url + path;
}

/** Goes through the run, adds what `next` says, and gives back the outcomes in their order. */
async function crawl(
  run: Run,
  next: (response: Response) => readonly string[],
  options: AddOptions = {},
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for await (const outcome of run) {
    outcomes.push(outcome);
    if (outcome.type === 'response')
      for (const url of next(outcome)) run.add(url, { from: outcome, ...options });
  }
  return outcomes;
}

const onSite = (response: Response) =>
  links(response)
    .map(({ url }) => url)
    .filter((url) => new URL(url).pathname.startsWith('/site/'));

describe('a crawl', () => {
  it('comes to every page of a site, once, with indices without gaps', async () => {
    const outcomes = await crawl(flurry(at('/site/'), { concurrency: 8 }), onSite);
    const urls = outcomes.map(({ url }) => url);
    expect(new Set(urls).size).toBe(urls.length);
    expect(urls.length).toBeGreaterThan(50);
    expect(outcomes.every((one) => one.type === 'response' && one.status === 200)).toBe(true);
    expect(outcomes.map(({ index }) => index).sort((a, b) => a - b)).toEqual(urls.map((_, i) => i));
  });

  it('goes no deeper than it may', async () => {
    const outcomes = await crawl(flurry(at('/site/')), onSite, { depthMax: 1 });
    const first = links(outcomes[0] as Response).map(({ url }) => url);
    const reachable = new Set(first.filter((url) => new URL(url).pathname.startsWith('/site/')));
    reachable.add(at('/site/'));
    expect(new Set(outcomes.map(({ url }) => url))).toEqual(reachable);
  });

  it('works in batches and with several seeds, whose pages are not asked for twice', async () => {
    const run = flurry([at('/site/1'), at('/site/2'), at('/site/3')]);
    const urls: string[] = [];
    for await (const batch of run.batches()) {
      for (const outcome of batch) {
        urls.push(outcome.url);
        for (const url of onSite(outcome as Response)) run.add(url, { from: outcome as Response });
      }
    }
    expect(new Set(urls).size).toBe(urls.length);
    expect(urls.length).toBeGreaterThan(50);
  });
});

describe('add', () => {
  it('resolves against the response, and tells what was seen, whatever its spelling', async () => {
    const added: boolean[] = [];
    const run = flurry(at('/todos/1'));
    for await (const outcome of run) {
      if (outcome.index > 0) continue;
      const from = outcome as Response;
      for (const url of [
        '2',
        './2#part',
        '/todos/%32',
        '../todos/2',
        '/todos/1',
        'mailto:a@b',
        'http://[',
        '/todos/3',
      ])
        added.push(run.add(url, { from }));
    }
    expect(added).toEqual([true, false, false, false, false, false, false, true]);
    expect(run.summary.requests).toBe(3);
  });

  it('takes whole requests, and sends again what is no plain GET, or is wanted again', async () => {
    const run = flurry(at('/todos/1'));
    const seen: string[] = [];
    for await (const outcome of run) {
      seen.push(`${outcome.method} ${outcome.id ?? ''}`);
      if (outcome.index > 0) continue;
      const post = { url: '/echo', method: 'POST', body: 'a', id: 'x' };
      expect([
        run.add(post, { from: outcome as Response }),
        run.add(post, { from: outcome as Response }),
      ]).toEqual([true, true]);
      expect(run.add(at('/todos/1'), { dedupe: false })).toBe(true);
    }
    expect(seen.sort()).toEqual(['GET ', 'GET ', 'POST x', 'POST x']);
  });

  it('is misuse before the start, for what cannot be sent, and beyond its limit', async () => {
    expect(() => flurry(at('/')).add(at('/a'))).toThrow('has not started');
    const run = flurry(at('/todos/1'), { addedMax: 3 });
    for await (const _ of run) {
      expect(() => run.add({ url: at('/x'), headers: { 'bad name': 'x' } })).toThrow(InvalidRequest);
      run.add(at('/todos/2'));
      run.add(at('/todos/3'));
      if (run.snapshot().requests === 1) expect(() => run.add(at('/todos/4'))).toThrow('addedMax');
    }
    expect(run.summary.requests).toBe(3);
  });

  it('comes too late after the end', async () => {
    const run = flurry(at('/todos/1'));
    for await (const _ of run);
    expect(run.add(at('/todos/2'))).toBe(false);
  });

  it('works from within a sink', async () => {
    const urls: string[] = [];
    const run = flurry(at('/todos/1'));
    await run.to({
      full: false,
      onDrain: undefined,
      onError: undefined,
      write(outcome) {
        urls.push(outcome.url);
        if (urls.length < 5) run.add(at(`/todos/${urls.length + 1}`));
      },
      close: async () => {},
    });
    expect(urls).toEqual([1, 2, 3, 4, 5].map((n) => at(`/todos/${n}`)));
  });

  it('waits for a consumer that takes its time, and for nothing once it has left', async () => {
    const run = flurry([at('/todos/1'), at('/todos/2')]);
    const seen: string[] = [];
    for await (const outcome of run) {
      seen.push(outcome.url);
      // The input is at its end long before this one is through with what it got.
      await new Promise((resolve) => setImmediate(resolve));
      if (seen.length === 2) run.add(at('/todos/9'));
    }
    expect(seen).toHaveLength(3);
  });
});
