// The cache of addresses in virtual time.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address, Resolver } from '../../src/model/contracts.ts';
import { DnsCache } from '../../src/session/dns-cache.ts';
import { ADDRESS, FakeResolver } from '../fake/resolver.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { systemError } from '../fake/wire.ts';

const TTL_MS = 1000;
const NEGATIVE_TTL_MS = 200;
const LOOKUP_MS = 3000;

function setup(immediate = true, ttlMs = TTL_MS, negativeTtlMs = NEGATIVE_TTL_MS) {
  const clock = new VirtualClock(5000);
  const resolver = new FakeResolver();
  resolver.immediate = immediate;
  const cache = new DnsCache(resolver, clock, ttlMs, negativeTtlMs, LOOKUP_MS);
  const answers: (string | readonly Address[])[] = [];
  const resolve = (host: string) =>
    cache.resolve(host, (error, addresses) => answers.push(error?.message ?? addresses));
  return { clock, resolver, cache, answers, resolve };
}

/** One name, whose lookups end one by one. */
function stepwise() {
  const clock = new VirtualClock();
  const open: ((error: Error | null, addresses: readonly Address[]) => void)[] = [];
  const resolver: Resolver = { resolve: (_, done) => open.push(done), forget() {} };
  const cache = new DnsCache(resolver, clock, TTL_MS, NEGATIVE_TTL_MS, LOOKUP_MS);
  const told: string[] = [];
  const resolve = (name: string) =>
    cache.resolve('a.test', (_, [one]) => told.push(`${name} ${one?.address}`));
  return { clock, cache, open, resolve, told };
}

describe('addresses', () => {
  it('are asked for again when their time is over, and not before', () => {
    const { clock, resolver, answers, resolve } = setup();
    resolve('a.test');
    clock.advance(TTL_MS - 1);
    resolve('a.test');
    expect(resolver.asked).toEqual(['a.test']);
    clock.advance(1);
    resolve('a.test');
    expect(resolver.asked).toEqual(['a.test', 'a.test']);
    expect(answers).toEqual([[ADDRESS], [ADDRESS], [ADDRESS]]);
  });

  it('have their time from the answer, not from the question', () => {
    const { clock, resolver, resolve } = setup(false);
    resolve('a.test');
    clock.advance(TTL_MS);
    resolver.answer();
    clock.advance(TTL_MS - 1);
    resolve('a.test');
    expect(resolver.asked).toHaveLength(1);
  });

  it('are asked for once for all who wait, who are told in their order', () => {
    const { resolver, cache, resolve } = setup(false);
    const told: number[] = [];
    for (const n of [1, 2, 3]) cache.resolve('a.test', () => told.push(n));
    resolve('b.test');
    expect([resolver.asked, told]).toEqual([['a.test', 'b.test'], []]);
    resolver.answer();
    expect(told).toEqual([1, 2, 3]);
  });

  it('are not kept with a time to live of zero, and still asked for once for many at once', () => {
    const { resolver, resolve } = setup(false, 0);
    resolve('a.test');
    resolve('a.test');
    resolver.answer();
    resolve('a.test');
    expect(resolver.asked).toHaveLength(2);
  });

  it('are kept for 16,384 names at most; the one that was resolved first goes', () => {
    const { resolver, cache, resolve } = setup();
    for (let i = 0; i <= 16_384; i++) resolve(`h${i}.test`);
    const asked = resolver.asked.length;
    resolve('h1.test');
    resolve('h16384.test');
    expect(resolver.asked).toHaveLength(asked);
    resolve('h0.test');
    expect(resolver.asked).toHaveLength(asked + 1);
    expect(`${cache}`).toBe('dns cache: 16384 names, 0 without address, 0 being asked for');
  });
});

describe('a name without an address', () => {
  it.each(['ENOTFOUND', 'ENODATA'])('is not asked for again for a while (%s)', (code) => {
    const { clock, resolver, answers, resolve } = setup(false);
    resolve('a.test');
    resolve('a.test');
    resolver.fail(systemError(code, 'no such name'));
    clock.advance(NEGATIVE_TTL_MS - 1);
    resolve('a.test');
    expect(resolver.asked).toHaveLength(1);
    expect(answers).toEqual(['no such name', 'no such name', 'no such name']);
    clock.advance(1);
    resolve('a.test');
    resolver.answer();
    expect(answers.at(-1)).toEqual([ADDRESS]);
    resolve('a.test');
    expect(answers.at(-1)).toEqual([ADDRESS]);
  });

  it.each(['EAI_AGAIN', 'ETIMEOUT', 'ESERVFAIL', 'EMFILE', undefined])(
    'is not what a name server that failed says (%s)',
    (code) => {
      const { resolver, answers, resolve } = setup(false);
      resolve('a.test');
      resolver.fail(code === undefined ? new Error('failed') : systemError(code, 'failed'));
      resolve('a.test');
      expect([resolver.asked.length, answers]).toEqual([2, ['failed']]);
    },
  );

  it('is asked for again at once with a time of zero', () => {
    const { resolver, resolve } = setup(false, TTL_MS, 0);
    resolve('a.test');
    resolver.fail();
    resolve('a.test');
    expect(resolver.asked).toHaveLength(2);
  });

  it('is asked for once more for all who ask from within its error', () => {
    const { resolver, cache, answers, resolve } = setup(false);
    cache.resolve('a.test', () => resolve('a.test'));
    cache.resolve('a.test', () => resolve('a.test'));
    resolver.fail(systemError('EAI_AGAIN'));
    expect([resolver.asked.length, resolver.waiting]).toEqual([2, 1]);
    resolver.answer();
    expect(answers).toEqual([[ADDRESS], [ADDRESS]]);
  });

  it('is asked for again at once after a connection to what it once had has failed', () => {
    const { resolver, cache, resolve } = setup(false);
    resolve('a.test');
    resolver.fail();
    cache.forget('a.test');
    resolve('a.test');
    expect(resolver.asked).toHaveLength(2);
  });

  it('pushes no name out that has one', () => {
    const { clock, resolver, cache, resolve } = setup(false, 60_000, 60_000);
    resolve('good.test');
    resolver.answer();
    for (let i = 0; i <= 16_384; i++) resolve(`bad${i}.test`);
    resolver.fail();
    clock.advance(1);
    const asked = resolver.asked.length;
    resolve('good.test');
    resolve('bad1.test');
    expect(resolver.asked).toHaveLength(asked);
    expect(`${cache}`).toBe('dns cache: 1 names, 16384 without address, 0 being asked for');
  });
});

describe('after a failed connection', () => {
  it('a name is asked for again, and no other', () => {
    const { resolver, cache, resolve } = setup();
    resolve('a.test');
    resolve('b.test');
    cache.forget('a.test');
    cache.forget('never.test');
    resolve('a.test');
    resolve('b.test');
    expect(resolver.asked).toEqual(['a.test', 'b.test', 'a.test']);
  });

  it('an answer to what was asked before is for those alone who asked before, and is not kept', () => {
    const { resolver, cache, answers, resolve } = setup(false);
    resolve('a.test');
    cache.forget('a.test');
    resolve('a.test');
    resolve('a.test');
    expect(resolver.asked).toHaveLength(1);
    const fresh: Address = { address: '192.0.2.9', family: 4 };
    resolver.answer();
    expect([answers, resolver.asked.length]).toEqual([[[ADDRESS]], 2]);
    resolver.addresses.set('a.test', [fresh]);
    resolver.answer();
    expect(answers).toEqual([[ADDRESS], [fresh], [fresh]]);
    resolve('a.test');
    expect(resolver.asked).toHaveLength(2);
  });

  it('a name is asked for once, however many connections have failed', () => {
    const { resolver, cache, resolve } = setup(false);
    resolve('a.test');
    for (let i = 0; i < 100; i++) {
      cache.forget('a.test');
      resolve('a.test');
    }
    expect(resolver.waiting).toBe(1);
    resolver.answer();
    expect([resolver.asked.length, resolver.waiting]).toEqual([2, 1]);
  });
});

describe('a lookup that never ends', () => {
  it('does not hold up who asks when its time is over; whichever ends first answers all', () => {
    const { clock, resolver, answers, resolve } = setup(false);
    resolve('a.test');
    clock.advance(LOOKUP_MS - 1);
    resolve('a.test');
    expect(resolver.asked).toHaveLength(1);
    clock.advance(1);
    resolve('a.test');
    resolve('a.test');
    expect(resolver.asked).toHaveLength(2);
    resolver.answer();
    expect(answers).toEqual([[ADDRESS], [ADDRESS], [ADDRESS], [ADDRESS]]);
  });

  it('does not answer with its error for a newer one that is under way', () => {
    const { clock, open, resolve, told } = stepwise();
    resolve('early');
    clock.advance(LOOKUP_MS);
    resolve('late');
    open[0]!(systemError('EAI_AGAIN'), []);
    expect(told).toEqual([]);
    open[1]!(null, [ADDRESS]);
    expect(told).toEqual(['early 192.0.2.1', 'late 192.0.2.1']);
  });

  it('answers nobody once a connection has failed meanwhile', () => {
    const { clock, cache, open, resolve, told } = stepwise();
    resolve('early');
    cache.forget('a.test');
    resolve('waiting');
    clock.advance(LOOKUP_MS);
    resolve('late');
    expect(open).toHaveLength(2);
    open[0]!(null, [ADDRESS]);
    expect(told).toEqual([]);
    open[1]!(null, [{ address: '192.0.2.9', family: 4 }]);
    expect(told).toEqual(['early 192.0.2.9', 'waiting 192.0.2.9', 'late 192.0.2.9']);
  });

  it('is given up, with those who wait told so, when there are 16,384 of them', () => {
    const { clock, cache, answers, resolve } = setup(false);
    resolve('first.test');
    resolve('first.test');
    clock.advance(1);
    for (let i = 0; i < 16_383; i++) resolve(`h${i}.test`);
    clock.advance(LOOKUP_MS - 1);
    expect(answers).toEqual([]);
    for (let i = 0; i < 3; i++) resolve(`new${i}.test`);
    const said = 'the lookup of first.test never ended';
    expect(answers).toEqual([said, said]);
    clock.advance(1);
    resolve('newer.test');
    expect([answers.length, `${cache}`]).toEqual([
      3,
      'dns cache: 0 names, 0 without address, 16386 being asked for',
    ]);
  });
});

describe('of lookups that never end', () => {
  it('the oldest is given up, though a name that was asked for before it was asked for again', () => {
    const { clock, answers, resolve } = setup(false);
    resolve('again.test');
    resolve('old.test');
    clock.advance(LOOKUP_MS);
    resolve('again.test');
    for (let i = 0; i < 16_383; i++) resolve(`h${i}.test`);
    expect(answers).toEqual(['the lookup of old.test never ended']);
  });
});

describe('whatever happens in whatever order', () => {
  const act = fc.record({
    type: fc.constantFrom(
      ...(['resolve', 'resolve', 'answer', 'answer', 'absent', 'fail', 'pass', 'forget'] as const),
    ),
    host: fc.constantFrom('a', 'b'),
    ms: fc.oneof(fc.nat(400), fc.constant(LOOKUP_MS)),
    pick: fc.nat(5),
  });

  it('each question has one answer, not older than its time to live nor than a failed connection', () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 20, maxLength: 80 }), (acts) => {
        const world = new World();
        for (const { type, host, ms, pick } of acts) {
          if (type === 'pass') world.clock.advance(ms);
          else if (type === 'forget') world.forget(host);
          else if (type === 'resolve') world.resolve(host);
          else world.end(pick, type);
        }
        while (world.open.length > 0) world.end(0, 'answer');
        expect(world.told.sort((a, b) => a - b)).toEqual(Array.from({ length: world.asked }, (_, i) => i));
      }),
      { numRuns: 300 },
    );
  });
});

interface Open {
  readonly host: string;
  /** When it was asked, as a place in the order of all acts. */
  readonly order: number;
  readonly sinceMs: number;
  readonly done: (error: Error | null, addresses: readonly Address[]) => void;
}

/** A resolver whose lookups end one by one, and a check of every answer by where and when it comes from. */
class World implements Resolver {
  readonly clock = new VirtualClock();
  readonly cache = new DnsCache(this, this.clock, TTL_MS, NEGATIVE_TTL_MS, LOOKUP_MS);
  open: Open[] = [];
  asked = 0;
  readonly told: number[] = [];
  #order = 0;
  readonly #forgotten = new Map<string, number>();
  /** When addresses last came. */
  readonly #brought = new Map<string, number>();
  /** By address or error text: the lookup that brought it, and when. */
  readonly #from = new Map<
    string,
    { readonly lookup: Open; readonly endedMs: number; readonly kind: string }
  >();

  resolve(host: string): void;
  resolve(host: string, done: Open['done']): void;
  resolve(host: string, done?: Open['done']): void {
    if (done === undefined) return this.#question(host);
    const { clock } = this;
    const others = this.open.filter((one) => one.host === host);
    // Single flight: another lookup only where those under way are too old to wait for, or are not needed any more,
    // since an older one has brought addresses after all.
    const needed = others.filter(({ order }) => order > (this.#brought.get(host) ?? -1));
    for (const other of needed) expect(clock.now() - other.sinceMs).toBeGreaterThanOrEqual(LOOKUP_MS);
    this.open.push({ host, order: this.#order++, sinceMs: clock.now(), done });
  }

  forget(host: string): void {
    this.#forgotten.set(host, this.#order++);
    this.cache.forget(host);
  }

  end(pick: number, kind: 'answer' | 'absent' | 'fail'): void {
    const lookup = this.open[pick % Math.max(1, this.open.length)];
    if (lookup === undefined) return;
    this.open = this.open.filter((one) => one !== lookup);
    const name = `${lookup.order}`;
    this.#from.set(name, { lookup, endedMs: this.clock.now(), kind });
    if (kind === 'answer') {
      this.#brought.set(lookup.host, this.#order++);
      lookup.done(null, [{ address: name, family: 4 }]);
    } else lookup.done(systemError(kind === 'absent' ? 'ENOTFOUND' : 'EAI_AGAIN', name), []);
  }

  #question(host: string): void {
    const question = this.asked++;
    const bound = this.#forgotten.get(host) ?? -1;
    this.cache.resolve(host, (error, [address]) => {
      this.told.push(question);
      const from = this.#from.get(error?.message ?? address!.address)!;
      expect(from.lookup.host).toBe(host);
      expect(from.lookup.order).toBeGreaterThan(bound);
      const lifeMs = { answer: TTL_MS, absent: NEGATIVE_TTL_MS, fail: 0 }[from.kind]!;
      const ageMs = this.clock.now() - from.endedMs;
      expect(ageMs === 0 || ageMs < lifeMs).toBe(true);
    });
  }
}
