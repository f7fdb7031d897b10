// Runs that do not send all of their requests: duplicates, and what an earlier output has.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Earlier, type EarlierUse } from '../../src/engine/earlier.ts';
import { OrderedSink } from '../../src/engine/ordered-sink.ts';
import { RunCore } from '../../src/engine/run.ts';
import { Session } from '../../src/engine/session.ts';
import { SessionCore } from '../../src/engine/session-core.ts';
import { definitionOf, openSource, requestDefaults, type SourceInput } from '../../src/engine/source-of.ts';
import { type RunOptions, resolveOptions } from '../../src/model/options.ts';
import { Failure } from '../../src/model/outcome.ts';
import { RequestFactory } from '../../src/model/request.ts';
import { SpillFile } from '../../src/storage/spill-file.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { ArraySink, echoAfter, Network, response, type Script, upTo } from './fixture.ts';

function at(name: string | number): string {
  return `http://a.test/${name}`;
}

async function played(
  names: readonly (string | number)[],
  options: RunOptions = {},
  network = new Network(),
): Promise<{ sink: ArraySink; network: Network; core: RunCore }> {
  const { core, sink } = network.run(names.map(at), { dedupe: true, ...options }, new ArraySink());
  expect(await network.end(core)).toBeUndefined();
  return { sink, network, core };
}

/** `7<3 200` for a duplicate of the request 3, `7 200` for one that was sent; by index. */
function shown({ outcomes }: ArraySink): string[] {
  return [...outcomes]
    .sort((a, b) => a.index - b.index)
    .map((one) => {
      const of = one.duplicateOf === undefined ? '' : `<${one.duplicateOf}`;
      return `${one.index}${of} ${one.type === 'response' ? one.status : `${one.phase}/${one.kind}`}`;
    });
}

function answerWith(status: string, fields = ''): Script {
  return (peer) =>
    peer.after(5, () => peer.send([`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n${fields}\r\n`], 0));
}

describe('a run with dedupe', () => {
  it('sends equal requests once, those under way and those done, and gives each its outcome', async () => {
    const { sink, network, core } = await played(['a', 'a', 'b', 'a', 'b', 'c', 'a'], { concurrency: 1 });
    expect(network.sent).toEqual(['GET /a', 'GET /b', 'GET /c']);
    expect(shown(sink)).toEqual(['0 200', '1<0 200', '2 200', '3<0 200', '4<2 200', '5 200', '6<0 200']);
    expect(sink.short[1]).toBe('1 ');
    expect(core.summary).toMatchObject({ requests: 7, responses: 3, duplicates: 4, statuses: { 200: 3 } });
    expect(core.summary).not.toHaveProperty('dedupeFull');
    expect(core.snapshot().expected).toBe(7);
  });

  it('sends all of them where it is not asked for, and says nothing of duplicates', async () => {
    const { network, core } = await played(['a', 'a'], { dedupe: false });
    expect(network.sent).toEqual(['GET /a', 'GET /a']);
    expect(core.summary).not.toHaveProperty('duplicates');
  });

  it('gives exactly one outcome for each and sends as many as differ, in whatever order they end', async () => {
    const inputs = fc.array(fc.nat({ max: 8 }), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(
        inputs,
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 50 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 30 })),
        async (names, concurrency, lookAhead, delays) => {
          const network = new Network((peer, { target }) =>
            peer.after(delays.next().value, () => peer.send([response(target)], 0)),
          );
          const { sink } = await played(names, { concurrency, lookAhead }, network);
          expect(sink.indices).toEqual(upTo(names.length));
          expect([...network.sent].sort()).toEqual([...new Set(names)].map((name) => `GET /${name}`).sort());
          for (const { index, duplicateOf } of sink.outcomes)
            expect(duplicateOf ?? index).toBe(names.indexOf(names[index]!));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('has duplicates wait for the last of several attempts', async () => {
    let asked = 0;
    const network = new Network((peer) =>
      peer.after(5, () =>
        peer.send([asked++ === 0 ? 'HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n' : response('ok')], 0),
      ),
    );
    const { sink, core } = await played(['a', 'a'], { retry: 2 }, network);
    expect(shown(sink)).toEqual(['0 200', '1<0 200']);
    expect([asked, core.summary.retries]).toEqual([2, 1]);
  });

  it('has duplicates follow redirects with the first', async () => {
    const network = new Network((peer, arrival) => {
      if (arrival.target === '/a') answerWith('302 Found', 'Location: /b\r\n')(peer, arrival);
      else echoAfter(5)(peer, arrival);
    });
    const { sink } = await played(['a', 'a'], { followRedirects: true }, network);
    expect(shown(sink)).toEqual(['0 200', '1<0 200']);
    expect(network.sent).toEqual(['GET /a', 'GET /b']);
    expect(sink.outcomes[1]).toMatchObject({ url: at('a') });
  });

  it('fails duplicates as the first fails, and counts that as one failure', async () => {
    const network = new Network((peer) => peer.finish());
    const { sink, core } = await played(
      ['a', 'a', 'b', 'a'],
      { retry: 0, maxFailures: 2, concurrency: 1 },
      network,
    );
    expect(shown(sink)).toEqual(['0 headers/closed', '1<0 headers/closed', '2 headers/closed']);
    expect(core.summary).toMatchObject({ failures: 2, errors: { 'headers/closed': 2 }, duplicates: 1 });
  });

  it('looks at a response once: what fails or filters it, fails or filters its duplicates', async () => {
    const missing = () => new Network(answerWith('404 Not Found'));
    const failing = await played(['a', 'a', 'a'], { failOn: '4xx', concurrency: 1 }, missing());
    expect(shown(failing.sink)).toEqual(['0 body/unexpected', '1<0 body/unexpected', '2<0 body/unexpected']);
    expect(failing.sink.outcomes[1]).toMatchObject({ status: 404 });
    const filtered = await played(['a', 'a', 'a'], { filterStatus: ['404'], concurrency: 1 }, missing());
    expect(shown(filtered.sink)).toEqual([]);
    expect(filtered.core.summary).toMatchObject({ requests: 3, filtered: 3, duplicates: 2 });
  });

  it('aborts duplicates with the first', async () => {
    const network = new Network(() => {});
    const { core, sink } = network.run([at('a'), at('a')], { dedupe: true }, new ArraySink());
    core.start();
    await network.until(() => network.sent.length > 0);
    core.abort('caller');
    await core.done;
    expect(sink.outcomes.map(({ index, duplicateOf }) => [index, duplicateOf])).toEqual([
      [0, undefined],
      [1, 0],
    ]);
    expect(sink.outcomes.map((one) => one.type === 'failure' && one.kind)).toEqual(['aborted', 'aborted']);
  });

  it('leaves duplicates of what was never sent without an outcome, as what was never sent', async () => {
    const network = new Network();
    const names = ['a', 'b', 'b', 'a'];
    const options = { dedupe: true, concurrency: 2, perHost: 1 };
    const { core, sink } = network.run(names.map(at), options, new ArraySink());
    core.start();
    await network.until(() => network.sent.length > 0);
    core.stop('caller');
    await network.until(() => core.state === 'ended');
    expect(shown(sink)).toEqual(['0 200', '3<0 200']);
  });

  it('holds no more duplicates than may be read ahead, and goes on when their first has ended', async () => {
    const network = new Network(echoAfter(1000));
    let pulled = 0;
    function* inputs() {
      for (; pulled < 500; ) yield at(pulled++ < 499 ? 'a' : 'b');
    }
    const { core, sink } = network.run(inputs(), { dedupe: true, lookAhead: 20 }, new ArraySink());
    core.start();
    await network.until(() => network.sent.length === 1);
    expect(pulled).toBeLessThan(30);
    await network.until(() => core.state === 'ended');
    expect(network.sent).toEqual(['GET /a', 'GET /b']);
    expect(sink.indices).toEqual(upTo(500));
  });

  it('stops for a sink that is full, also where nothing has to be sent', async () => {
    const network = new Network();
    const sink = new ArraySink();
    sink.onWrite = () => {
      sink.full = sink.outcomes.length === 10;
    };
    const { core } = network.run(
      upTo(100).map(() => at('a')),
      { dedupe: true, lookAhead: 5 },
      sink,
    );
    core.start();
    await network.until(() => sink.full);
    for (let turns = 0; turns < 20; turns++) await new Promise((resolve) => setImmediate(resolve));
    expect(sink.outcomes.length).toBe(10);
    sink.full = false;
    sink.onDrain?.();
    await network.until(() => core.state === 'ended');
    expect(sink.indices).toEqual(upTo(100));
  });

  it('lets others have their turn while a long row of duplicates is read', async () => {
    const network = new Network();
    let pulled = 0;
    function* inputs() {
      for (; pulled < 10_000; ) {
        pulled++;
        yield at('a');
      }
    }
    const { core, sink } = network.run(inputs(), { dedupe: true, lookAhead: 50_000 }, new ArraySink());
    core.start();
    expect(pulled).toBeLessThan(5_000);
    await network.until(() => core.state === 'ended');
    expect(sink.indices).toEqual(upTo(10_000));
    expect(network.sent).toEqual(['GET /a']);
  });

  it('keeps the order of the input', async () => {
    const network = new Network((peer, { target }) =>
      peer.after(target === '/a' ? 100 : 5, () => peer.send([response(target)], 0)),
    );
    const inner = new ArraySink();
    const sink = new OrderedSink(inner, new SpillFile('/spill', new FakeFiles()));
    const { core } = network.run(['a', 'b', 'a', 'c', 'b'].map(at), { dedupe: true, ordered: true }, sink);
    await network.end(core);
    expect(inner.outcomes.map(({ index }) => index)).toEqual(upTo(5));
    expect(shown(inner)).toEqual(['0 200', '1 200', '2<0 200', '3 200', '4<1 200']);
  });

  it('says where more differ than are remembered', async () => {
    const { network, core } = await played(['a', 'b', 'b', 'a'], { dedupeMax: 1, concurrency: 1 });
    expect(network.sent).toEqual(['GET /a', 'GET /b', 'GET /b']);
    expect(core.summary).toMatchObject({ duplicates: 1, dedupeFull: true });
  });

  it('is no matter of single requests of a session', async () => {
    const network = new Network();
    const session = new Session({ dedupe: true, cookies: false }, network);
    const both = [session.get(at('a')), session.get(at('a'))];
    await network.until(() => network.sent.length === 2);
    let bodies: string[] = [];
    void Promise.all(both).then((all) => {
      bodies = all.map((one) => one.text());
    });
    await network.until(() => bodies.length > 0);
    expect(bodies).toEqual(['/a', '/a']);
    await session.close();
  });
});

interface Left {
  readonly network: Network;
  readonly sink: ArraySink & { readonly passed: number[] };
  readonly core: RunCore;
}

/** A run over an earlier output in which these URLs have a tag. */
async function over(
  use: EarlierUse,
  there: readonly string[],
  input: SourceInput,
  options: RunOptions = {},
  network = new Network(),
): Promise<Left> {
  const earlier = new Earlier(use, 100_000);
  for (const url of there)
    earlier.add({ url, method: 'GET', status: 200, headers: [['ETag', `"${url.at(-1)}"`]] });
  const settings = resolveOptions(options);
  const passed: number[] = [];
  const sink = Object.assign(new ArraySink(), { passed, pass: (index: number) => passed.push(index) });
  const source = openSource(definitionOf(input), settings);
  const core = new RunCore(settings, source, sink, new SessionCore(settings, network), undefined, earlier);
  expect(await network.end(core)).toBeUndefined();
  return { network, sink, core };
}

describe('a run over what there is', () => {
  it('leaves it out, and says so to the sink and in its numbers', async () => {
    const { network, sink, core } = await over('skip', [at('a'), at('c')], ['a', 'b', 'c', 'a'].map(at));
    expect(network.sent).toEqual(['GET /b']);
    expect(sink.indices).toEqual([1]);
    expect(sink.passed).toEqual([0, 2, 3]);
    expect(core.summary).toMatchObject({ requests: 1, skipped: 3 });
    expect(core.snapshot().expected).toBe(1);
  });

  it('sends nothing where all is there, however much it is', async () => {
    const there = upTo(5000).map((i) => at(i));
    const { network, sink, core } = await over('skip', there, at('[0-4999]'));
    expect(network.sent).toEqual([]);
    expect(sink.passed).toEqual(upTo(5000));
    expect(core.summary).toMatchObject({ requests: 0, skipped: 5000 });
  });

  it('keeps the order of the input, in bounded memory', async () => {
    const inner = new ArraySink();
    const limits = { outcomesMax: 3, bodyBytesMax: 1000, spilledBytesMax: 1000 };
    const sink = new OrderedSink(inner, new SpillFile('/spill', new FakeFiles()), { limits });
    const earlier = new Earlier('skip', 100);
    const names = ['a', 'x', 'b', 'x', 'x', 'x', 'c', 'x', 'd'];
    earlier.add({ url: at('x'), method: 'GET', status: 200 });
    const network = new Network(echoAfter(50));
    const settings = resolveOptions({ ordered: true, concurrency: 8 });
    const source = openSource(definitionOf(names.map(at)), settings);
    const core = new RunCore(settings, source, sink, new SessionCore(settings, network), undefined, earlier);
    core.start();
    await network.until(() => network.sent.length === 2);
    // Three that nothing comes for stand before c: it is not even read.
    expect(sink.heldUp).toBe(true);
    await network.until(() => core.state === 'ended');
    expect(inner.outcomes.map(({ index }) => index)).toEqual([0, 2, 6, 8]);
  });

  it('hands on what waits for a place that nothing comes for', () => {
    const inner = new ArraySink();
    const sink = new OrderedSink(inner, new SpillFile('/spill', new FakeFiles()));
    sink.write(Failure.ofInput(2, 'c', 'third'));
    sink.pass(1);
    expect(inner.outcomes).toEqual([]);
    sink.pass(0);
    expect(inner.indices).toEqual([2]);
  });

  it('asks for the rest of a body with the condition of that alone', () => {
    const network = new Network();
    const session = new SessionCore(resolveOptions({}), network);
    const request = new RequestFactory(requestDefaults(session.settings)).from(0, at('a'));
    request.condition = 'If-None-Match: "a"\r\n';
    let rest = '';
    request.taker = { onHead: () => false, onContent: () => true, fieldsFor: () => rest };
    const fields = [];
    for (rest of ['', 'Range: bytes=5-\r\nIf-Range: "b"\r\n']) {
      session.send(request, () => {});
      fields.push(request.sessionFields);
    }
    expect(fields).toEqual(['If-None-Match: "a"\r\n', 'Range: bytes=5-\r\nIf-Range: "b"\r\n']);
    session.close();
  });

  it('asks for what has changed, at the URL that it was of and nowhere else', async () => {
    const network = new Network((peer, arrival) => {
      if (arrival.target === '/a') answerWith('304 Not Modified')(peer, arrival);
      else if (arrival.target === '/b') answerWith('302 Found', 'Location: /elsewhere\r\n')(peer, arrival);
      else echoAfter(5)(peer, arrival);
    });
    const there = [at('a'), at('b')];
    const options = { followRedirects: true, concurrency: 1 };
    const { sink, core } = await over('ask', there, ['a', 'b', 'c'].map(at), options, network);
    const heads = network.connector.wires.flatMap(({ written }) => written.split('\r\n\r\n').slice(0, -1));
    const asked = heads.map((head) => [head.split(' ')[1], /If-None-Match: (.*)/.exec(head)?.[1]]);
    expect(asked).toEqual([
      ['/a', '"a"'],
      ['/b', '"b"'],
      ['/elsewhere', undefined],
      ['/c', undefined],
    ]);
    expect(shown(sink)).toEqual(['0 304', '1 200', '2 200']);
    expect(core.summary).toMatchObject({ statuses: { 200: 2, 304: 1 } });
    expect(core.summary).not.toHaveProperty('skipped');
  });

  it('asks the same again when it tries again, once each time', async () => {
    let asked = 0;
    const network = new Network((peer, arrival) =>
      answerWith(asked++ === 0 ? '503 Busy' : '304 Not Modified')(peer, arrival),
    );
    const { sink } = await over('ask', [at('a')], [at('a')], { retry: 1 }, network);
    const written = network.connector.wires.map((wire) => wire.written).join('');
    expect(written.match(/If-None-Match: "a"\r\n/g)).toHaveLength(2);
    expect(shown(sink)).toEqual(['0 304']);
  });

  it('asks beside cookies and logins of the session', async () => {
    const { network } = await over('ask', [at('a')], [at('a')], { cookieText: 'k=v' });
    expect(network.connector.wires[0]!.written).toContain('Cookie: k=v\r\nIf-None-Match: "a"\r\n');
  });
});
