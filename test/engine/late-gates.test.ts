// What is known of a host that gave no reason to look at it, once it does: whether it has answered before, and how many
// requests have paid for retries. Of a run and over the runs of a session, with a fixed number in flight.

import { flurry, type Outcome, Session } from 'flurry';
import { describe, expect, it } from 'vitest';
import { ArraySink, Network, type Peer, response, urls } from './fixture.ts';

const DOWN_MS = 8_000;
const OPTIONS = { concurrency: 1, retry: 0, maxHostErrors: 3 };

/** Where it refuses and breaks off from `fromMs` on, for some seconds. */
class Restarting extends Network {
  fromMs = Number.POSITIVE_INFINITY;
  answers = 0;
  answer = response('ok');
  onAnswer: (n: number) => void = () => {};

  constructor() {
    super((peer) => {
      if (this.down) return peer.fail(coded('ECONNRESET'));
      this.answers++;
      peer.after(5, () => {
        this.onAnswer(this.answers);
        peer.send([this.answer], 0);
      });
    });
    this.onConnect = (peer: Peer) => {
      if (this.down) peer.after(1, () => peer.fail(coded('ECONNREFUSED')));
      else peer.after(1, () => peer.wire.connect());
    };
  }

  get down(): boolean {
    return this.clock.now() >= this.fromMs && this.clock.now() < this.fromMs + DOWN_MS;
  }

  goDown(): void {
    this.fromMs = this.clock.now();
  }
}

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}

function kinds(outcomes: readonly Outcome[]): Set<string> {
  return new Set(outcomes.map((one) => (one.type === 'failure' ? one.kind : 'response')));
}

async function all(network: Network, run: AsyncIterable<Outcome>): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let over = false;
  const read = async () => {
    for await (const outcome of run) outcomes.push(outcome);
    over = true;
  };
  const reading = read();
  await network.until(() => over);
  await reading;
  return outcomes;
}

describe('a host that goes down after it has answered', () => {
  it('is waited for, although nothing was known of it but that', async () => {
    const network = new Restarting();
    const sink = new ArraySink();
    sink.onWrite = ({ index }) => {
      if (index === 9) network.goDown();
    };
    const { core } = network.run(urls(40), OPTIONS, sink);
    await network.end(core);
    expect(kinds(sink.outcomes)).toEqual(new Set(['response', 'refused']));
    expect(network.answers).toBeGreaterThan(30);
  });

  it('is waited for, although its answer was the first thing to look at', async () => {
    const network = new Restarting();
    network.answer = 'HTTP/1.1 500 -\r\nContent-Length: 0\r\n\r\n';
    const sink = new ArraySink();
    const options = { ...OPTIONS, retry: 1, retryDelayMs: 0, retryKinds: ['timeout'] };
    const { core } = network.run(urls(20), options, sink);
    network.onAnswer = (n) => {
      if (n === 1) network.goDown();
    };
    await network.end(core);
    expect(kinds(sink.outcomes).has('host-down')).toBe(false);
    expect(network.answers).toBeGreaterThan(10);
  });

  it('is waited for in a later run of the session too', async () => {
    const network = new Restarting();
    const session = new Session(OPTIONS, network);
    expect(kinds(await all(network, flurry(urls(3), { session })))).toEqual(new Set(['response']));
    network.clock.advance(60_000);
    network.goDown();
    const later = await all(network, flurry(urls(20), { session }));
    expect(kinds(later)).toEqual(new Set(['response', 'refused']));
  });
});

describe('a host that never answered', () => {
  it('is not waited for, whatever the caller gave up waiting for', async () => {
    const network = new Restarting();
    network.script = () => {};
    const session = new Session(OPTIONS, network);
    const controller = new AbortController();
    const given = session.get('http://h0.test/', { signal: controller.signal }).catch(() => 'given up');
    await network.until(() => network.sent.length === 1);
    controller.abort();
    expect(await given).toBe('given up');
    network.goDown();
    const later = await all(network, flurry(urls(20), { session }));
    expect(kinds(later)).toEqual(new Set(['refused', 'host-down']));
  });
});

describe('the retry budget of a host', () => {
  it('has the share of what was sent before it was needed', async () => {
    const network = new Network();
    let arrived = 0;
    network.script = (peer, { target }) => {
      arrived++;
      const fails = Number(target.slice(1)) >= 200;
      peer.send([fails ? 'HTTP/1.1 500 -\r\nContent-Length: 0\r\n\r\n' : response(target)], 0);
    };
    const options = { concurrency: 10, retryDelayMs: 0 };
    const { core } = network.run(urls(300), options, new ArraySink());
    await network.end(core);
    // Ten, and a fifth of three hundred; a budget that began with the first failure had ten and a fifth of a hundred.
    expect(arrived - 300).toBe(70);
  });
});
