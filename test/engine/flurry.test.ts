// The front door: what callers iterate over.

import { describe, expect, it, onTestFinished } from 'vitest';
import { flurry, Run } from '../../src/engine/flurry.ts';
import { SessionCore } from '../../src/engine/session-core.ts';
import { definitionOf, InputError, type SourceInput } from '../../src/engine/source-of.ts';
import { ENDED, type Source } from '../../src/model/contracts.ts';
import { OptionError } from '../../src/model/option-kinds.ts';
import { type RunOptions, resolveOptions, type Settings } from '../../src/model/options.ts';
import { Failure, type Outcome } from '../../src/model/outcome.ts';
import { RawServer, type Script } from '../server/raw-server.ts';
import { ArraySink, echoAfter, Network, response, upTo, urls } from './fixture.ts';

function open(network: Network, input: SourceInput, options: RunOptions = {}, signal?: AbortSignal): Run {
  const session = (settings: Settings) => new SessionCore(settings, network);
  return new Run(definitionOf(input), resolveOptions(options), signal, session);
}

/** Runs the consumer while time passes. */
async function through<T>(network: Network, consumer: Promise<T>): Promise<T> {
  let over = false;
  const watched = consumer.finally(() => {
    over = true;
  });
  watched.catch(() => {});
  await network.until(() => over);
  return watched;
}

async function collect(run: AsyncIterable<Outcome>): Promise<number[]> {
  const indices: number[] = [];
  for await (const outcome of run) indices.push(outcome.index);
  return indices.sort((a, b) => a - b);
}

async function serve(script: Script): Promise<RawServer> {
  const server = await RawServer.open(script);
  onTestFinished(() => server.close());
  return server;
}

describe('a run that is iterated', () => {
  it('gives every outcome once, one by one and in batches', async () => {
    const network = new Network();
    expect(await through(network, collect(open(network, urls(300, 3))))).toEqual(upTo(300));
    const batches = async () => {
      const indices: number[] = [];
      for await (const batch of open(network, urls(300, 3)).batches()) {
        expect(batch.length).toBeGreaterThan(0);
        indices.push(...batch.map((one) => one.index));
      }
      return indices.sort((a, b) => a - b);
    };
    expect(await through(network, batches())).toEqual(upTo(300));
  });

  it('gives every outcome once to a caller that asks for several before one has come', async () => {
    const network = new Network((peer, { target }) => peer.send([response(target)], 0));
    const iterator = open(network, urls(40), { concurrency: 10 })[Symbol.asyncIterator]();
    const results = await through(network, Promise.all(Array.from({ length: 43 }, () => iterator.next())));
    const indices = results.slice(0, 40).map((result) => result.value!.index);
    expect(indices.sort((a, b) => a - b)).toEqual(upTo(40));
    expect(results.slice(40)).toEqual(new Array(3).fill({ done: true, value: undefined }));
  });

  it('sends no more than fits while nothing is taken', async () => {
    const network = new Network();
    const run = open(network, urls(500), { concurrency: 5, outcomesMax: 20 });
    const iterator = run[Symbol.asyncIterator]();
    const first = await through(network, iterator.next());
    network.clock.advance(100_000);
    expect(first.done).toBe(false);
    // What was handed out, what the queue holds, and what was in flight when it was full.
    expect(network.sent.length).toBeLessThanOrEqual(5 + 20 + 5);
    expect(run.snapshot().inFlight).toBe(0);
    const rest = await through(
      network,
      (async () => {
        let n = 1;
        while ((await iterator.next()).done !== true) n++;
        return n;
      })(),
    );
    expect(rest).toBe(500);
  });

  it('closes its connections and stops when the loop is left early', async () => {
    const network = new Network();
    let closed = false;
    let given = 0;
    function* endless() {
      try {
        for (;;) yield `http://h${given++ % 3}.test/`;
      } finally {
        closed = true;
      }
    }
    const run = open(network, endless(), { concurrency: 9, lookAhead: 50 });
    const leave = async () => {
      for await (const outcome of run) if (outcome.index >= 30) break;
    };
    await through(network, leave());
    expect([network.connector.held, closed]).toEqual([[], true]);
    const { length } = network.sent;
    network.clock.advance(100_000);
    expect([network.sent.length, network.clock.pending]).toEqual([length, 0]);
    const { requests, responses } = run.summary;
    expect(requests - responses).toBeGreaterThan(0);
  });

  it('closes its connections when a loop over batches is left early', async () => {
    const network = new Network();
    const run = open(network, urls(500), { concurrency: 9 });
    const leave = async () => {
      for await (const batch of run.batches()) if (batch.length > 0) break;
    };
    await through(network, leave());
    expect(network.connector.held).toEqual([]);
    expect(network.sent.length).toBeLessThan(100);
  });

  it('ends for a call that still waits when it is left', async () => {
    const network = new Network(echoAfter(1000));
    const iterator = open(network, urls(20), { concurrency: 1 })[Symbol.asyncIterator]();
    const waiting = [iterator.next(), iterator.next()];
    network.clock.advance(10);
    await iterator.return!();
    const [first, second] = await Promise.all(waiting);
    expect(first?.value).toMatchObject({ index: 0, kind: 'aborted' });
    expect(second).toEqual({ done: true, value: undefined });
    expect(network.connector.held).toEqual([]);
  });

  it('is done for good when the loop was left', async () => {
    const network = new Network((peer, { target }) => peer.send([response(target)], 0));
    const iterator = open(network, urls(20))[Symbol.asyncIterator]();
    await through(network, iterator.next());
    await iterator.return!();
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('ends without an error after stop()', async () => {
    const network = new Network();
    const run = open(network, urls(500), { concurrency: 5 });
    const consume = async () => {
      const indices: number[] = [];
      for await (const { index } of run) {
        indices.push(index);
        if (indices.length === 10) run.stop();
      }
      return indices;
    };
    const indices = await through(network, consume());
    expect(indices.length).toBeLessThanOrEqual(15);
    expect(new Set(indices).size).toBe(indices.length);
    expect(run.summary).toMatchObject({ requests: indices.length, failures: 0 });
  });

  it('gives out what there is and then throws what broke it', async () => {
    const network = new Network();
    function* broken() {
      yield* urls(3);
      throw new Error('the cursor is gone');
    }
    const seen: number[] = [];
    const consume = async () => {
      for await (const { index } of open(network, broken())) seen.push(index);
    };
    await expect(through(network, consume())).rejects.toThrow(InputError);
    expect(seen).toEqual([0, 1, 2]);
  });

  it('is consumed once', async () => {
    const network = new Network();
    const run = open(network, urls(2));
    await through(network, collect(run));
    await expect(collect(run)).rejects.toThrow(/consumed once; call flurry\(\) again/);
    await expect(run.to(new ArraySink())).rejects.toThrow(/consumed once/);
  });

  it('has no numbers before it started', () => {
    const run = open(new Network(), urls(2));
    expect(() => run.summary).toThrow(/has not started: iterate over it, or call to\(sink\)/);
    expect(() => run.snapshot()).toThrow(/has not started/);
  });
});

describe('a run with a signal', () => {
  it('fails what is in flight as aborted, then throws the reason', async () => {
    const network = new Network(echoAfter(1000));
    const controller = new AbortController();
    const seen: string[] = [];
    const consume = async () => {
      for await (const one of open(network, urls(500), { concurrency: 3 }, controller.signal)) {
        seen.push(one.type === 'failure' ? `${one.index} ${one.phase}/${one.kind}` : String(one.index));
      }
    };
    network.clock.after(100, () => controller.abort(new Error('enough')));
    await expect(through(network, consume())).rejects.toThrow('enough');
    expect(seen).toEqual(['0 headers/aborted', '1 headers/aborted', '2 headers/aborted']);
    expect(network.connector.held).toEqual([]);
  });

  it('does not start when it was aborted before', async () => {
    const network = new Network();
    const run = open(network, urls(2), {}, AbortSignal.abort(new Error('enough')));
    await expect(collect(run)).rejects.toThrow('enough');
    await expect(run.to(new ArraySink())).rejects.toThrow('enough');
    expect(network.connector.wires).toEqual([]);
  });

  it('lets go of the signal when it is over', async () => {
    const network = new Network();
    const controller = new AbortController();
    const { signal } = controller;
    let listeners = 0;
    const add = signal.addEventListener.bind(signal);
    const remove = signal.removeEventListener.bind(signal);
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners++;
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners--;
      remove(...args);
    };
    await through(network, open(network, urls(2), {}, signal).to(new ArraySink()));
    await new Promise((resolve) => setImmediate(resolve));
    expect(listeners).toBe(0);
  });
});

describe('a run that is written to a sink', () => {
  it('gives its summary when the sink is closed', async () => {
    const network = new Network();
    const sink = new ArraySink();
    const summary = await through(network, open(network, urls(7)).to(sink));
    expect(summary).toMatchObject({ requests: 7, responses: 7, statuses: { 200: 7 } });
    expect([sink.indices, sink.closes]).toEqual([upTo(7), 1]);
  });

  it('rejects with what broke the sink', async () => {
    const network = new Network();
    const sink = new ArraySink();
    sink.closeError = new Error('the disk is full');
    await expect(through(network, open(network, urls(7)).to(sink))).rejects.toBe(sink.closeError);
  });
});

describe('flurry()', () => {
  it('refuses what is no source and what is no option, at once', () => {
    for (const source of [5, null, undefined, {}, true]) {
      expect(() => flurry(source as never)).toThrow(OptionError);
    }
    expect(() => flurry('http://a.test/', { concurency: 5 } as never)).toThrow(/did you mean concurrency/);
    expect(() => flurry('http://a.test/', { concurrency: 0 })).toThrow(OptionError);
  });

  it('takes a source of the caller’s own', async () => {
    const items = [Failure.ofInput(0, 'nonsense', 'no request')];
    const source: Source = {
      count: 1,
      onReady: undefined,
      pull: () => items.shift() ?? ENDED,
      close() {},
    };
    expect(await flurry.all(source)).toMatchObject([{ type: 'failure', phase: 'input', url: 'nonsense' }]);
  });

  it('takes a URL', async () => {
    const server = await serve((peer, { target }) => peer.send(response(target)));
    const texts: string[] = [];
    for await (const one of flurry(new URL(server.url('/a?b=c')))) {
      texts.push(one.type === 'response' ? one.text() : String(one));
    }
    expect(texts).toEqual(['/a?b=c']);
  });
});

describe('flurry.all', () => {
  it('gives the outcomes in the order of the input, failures in their places', async () => {
    const held: (() => void)[] = [];
    // The first of each four is answered last.
    const server = await serve((peer, { target }) => {
      if (target.endsWith('cut')) return peer.end();
      const answer = () => peer.send(response(target));
      if (Number(target.slice(1)) % 4 === 0) held.push(answer);
      else {
        answer();
        for (const one of held.splice(0)) one();
      }
    });
    const input = ['/0', '/1', '/2', '/3', '/4', '/5', '/cut', '/7', '/8', '/9'].map((path) =>
      server.url(path),
    );
    input.splice(2, 1, 'nonsense');
    const outcomes = await flurry.all(input, { concurrency: 4 });
    const short = outcomes.map((one) => (one.type === 'response' ? one.text() : `${one.phase}/${one.kind}`));
    expect(outcomes.map((one) => one.index)).toEqual(upTo(10));
    expect(short).toEqual([
      '/0',
      '/1',
      'input/invalid',
      '/3',
      '/4',
      '/5',
      'headers/closed',
      '/7',
      '/8',
      '/9',
    ]);
  });

  it('gives an empty list for an empty input', async () => {
    expect(await flurry.all([])).toEqual([]);
  });

  it('rejects with the reason of a signal', async () => {
    const controller = new AbortController();
    const server = await serve(() => controller.abort(new Error('enough')));
    await expect(flurry.all([server.url()], { signal: controller.signal })).rejects.toThrow('enough');
    await server.until(() => server.open === 0);
  });
});
