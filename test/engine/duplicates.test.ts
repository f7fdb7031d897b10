import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Copied, Duplicates } from '../../src/engine/duplicates.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { Failure, type Outcome } from '../../src/model/outcome.ts';
import { type Request, RequestFactory, type RequestInput } from '../../src/model/request.ts';
import { response } from '../sinks/outcomes.ts';

const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

function request(index: number, input: RequestInput): Request {
  return factory.from(index, input);
}

function answer(index: number, status = 200): Outcome {
  return response({ index, status });
}

/** What several requests come to: the indices that are sent. */
function sent(inputs: readonly RequestInput[]): number[] {
  const duplicates = new Duplicates(100);
  return inputs.flatMap((input, i) => (duplicates.take(request(i, input)) === 'send' ? [i] : []));
}

describe('duplicates', () => {
  it('are told by method, URL without fragment, header fields and body', () => {
    const url = 'http://a.test/x';
    expect(sent([url, `${url}#part`, 'HTTP://A.TEST:80/x', `${url}?`, `${url}/`])).toEqual([0, 3, 4]);
    expect(sent([url, { url, method: 'GET' }, { url, method: 'HEAD' }, { url, method: 'OPTIONS' }])).toEqual([
      0, 2, 3,
    ]);
    const de = { url, headers: { 'Accept-Language': 'de' } };
    expect(sent([url, de, { ...de }, { url, headers: { 'Accept-Language': 'en' } }, url])).toEqual([0, 1, 3]);
    const get = { url, method: 'GET' };
    expect(sent([{ ...get, body: 'a' }, { ...get, body: 'a' }, { ...get, body: 'b' }, get])).toEqual([
      0, 2, 3,
    ]);
    expect(
      sent([
        { url, id: 1 },
        { url, id: 2 },
      ]),
    ).toEqual([0]);
  });

  it('are told by a Host and an Expect of their own, which stand in no field', () => {
    const url = 'http://a.test/x';
    expect(sent([url, { url, headers: { Host: 'b.test' } }, { url, headers: { Host: 'c.test' } }])).toEqual([
      0, 1, 2,
    ]);
  });

  it('are none where a method may have an effect, nor where a body is produced while it is sent', () => {
    const url = 'http://a.test/x';
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'get'])
      expect(
        sent([
          { url, method },
          { url, method },
        ]),
        method,
      ).toEqual([0, 1]);
    const streamed = request(0, url);
    streamed.stream = { replayable: true } as NonNullable<Request['stream']>;
    const duplicates = new Duplicates(100);
    expect([duplicates.take(streamed), duplicates.take(streamed)]).toEqual(['send', 'send']);
  });

  it('wait for the one under way, and come to its status, with no body and no fields', () => {
    const duplicates = new Duplicates(100);
    duplicates.take(request(7, 'http://a.test/'));
    expect(duplicates.take(request(8, { url: 'http://a.test/', id: 'mine' }))).toBe('waits');
    expect(duplicates.waiting).toBe(1);
    const [copied] = duplicates.settle(answer(7, 404), true);
    expect(copied).toMatchObject({ passes: true });
    expect(copied!.outcome).toMatchObject({ index: 8, id: 'mine', status: 404, duplicateOf: 7, attempts: 0 });
    expect(copied!.outcome).toMatchObject({ headers: [], bytes: 0, ms: 0, url: 'http://a.test/' });
    expect(duplicates.waiting).toBe(0);
    expect(duplicates.settle(answer(7), true)).toEqual([]);
  });

  it('come to the same whether the first is under way or done', () => {
    const failed = (index: number) =>
      Failure.of(request(index, 'http://a.test/'), 'body', 'unexpected', 'status 500: too much', 3);
    const outcomes: ((index: number) => Outcome)[] = [(i) => answer(i, 503), failed];
    for (const outcome of outcomes) {
      const duplicates = new Duplicates(100);
      duplicates.take(request(2 ** 40 + 3, 'http://a.test/'));
      duplicates.take(request(5, 'http://a.test/'));
      const [early] = duplicates.settle(outcome(2 ** 40 + 3), false);
      const late = duplicates.take(request(5, 'http://a.test/')) as Copied;
      expect(late).toEqual(early);
      expect(late.outcome.duplicateOf).toBe(2 ** 40 + 3);
      expect(late.passes).toBe(false);
    }
  });

  it('are kept back by a filter where the first is, though another of the same status is not', () => {
    const duplicates = new Duplicates(100);
    const passes = [true, false].map((isWanted, i) => {
      const url = `http://a.test/${i}`;
      duplicates.take(request(i, url));
      duplicates.settle(answer(i), isWanted);
      return (duplicates.take(request(i + 10, url)) as Copied).passes;
    });
    expect(passes).toEqual([true, false]);
  });

  it('fail as the first does', () => {
    const duplicates = new Duplicates(100);
    duplicates.take(request(0, 'http://a.test/'));
    duplicates.settle(
      Failure.of(request(0, 'http://a.test/'), 'connect', 'refused', 'refused by 127.0.0.1', 1),
      true,
    );
    const { outcome } = duplicates.take(request(1, 'http://a.test/')) as Copied;
    expect(outcome).toMatchObject({
      ...{ index: 1, url: 'http://a.test/', phase: 'connect', kind: 'refused', sent: 'none', attempts: 0 },
      message: 'the same request was sent as number 0, and failed (connect/refused)',
      duplicateOf: 0,
    });
  });

  it('are sent where more differ than are remembered, while those that are remembered are not', () => {
    const duplicates = new Duplicates(2);
    const take = (i: number, name: string) => {
      const taken = duplicates.take(request(i, `http://a.test/${name}`));
      return typeof taken === 'string' ? taken : 'copied';
    };
    expect(['a', 'b', 'a'].map((name, i) => take(i, name))).toEqual(['send', 'send', 'waits']);
    expect(duplicates.full).toBe(false);
    expect(['c', 'c', 'b'].map((name, i) => take(i + 3, name))).toEqual(['send', 'send', 'waits']);
    expect(duplicates.full).toBe(true);
    expect(duplicates.settle(answer(3), true)).toEqual([]);
  });

  it('have exactly one outcome each, and of each kind one is sent, in whatever order they end', () => {
    const names = fc.array(fc.nat({ max: 6 }), { maxLength: 60 });
    fc.assert(
      fc.property(names, fc.infiniteStream(fc.nat()), (all, choices) => {
        const duplicates = new Duplicates(1000);
        const outcomes = new Map<number, Outcome>();
        const underWay: number[] = [];
        let sends = 0;
        const give = (outcome: Outcome) => {
          expect(outcomes.has(outcome.index)).toBe(false);
          outcomes.set(outcome.index, outcome);
        };
        const end = () => {
          const [index] = underWay.splice(choices.next().value % underWay.length, 1) as [number];
          const outcome = answer(index, 200 + all[index]!);
          give(outcome);
          for (const copied of duplicates.settle(outcome, true)) give(copied.outcome);
        };
        for (const [i, name] of all.entries()) {
          while (underWay.length > 0 && choices.next().value % 3 === 0) end();
          const taken = duplicates.take(request(i, `http://a.test/${name}`));
          if (taken === 'send') {
            sends++;
            underWay.push(i);
          } else if (taken !== 'waits') give(taken.outcome);
        }
        while (underWay.length > 0) end();
        expect(sends).toBe(new Set(all).size);
        expect(duplicates.waiting).toBe(0);
        expect(all.map((name) => 200 + name)).toEqual(all.map((_, i) => outcomes.get(i)?.status));
        for (const { index, duplicateOf } of outcomes.values())
          expect(duplicateOf ?? index).toBe(all.indexOf(all[index]!));
      }),
    );
  });
});
