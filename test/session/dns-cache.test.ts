// The cache of addresses in virtual time.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/contracts.ts';
import { DnsCache } from '../../src/session/dns-cache.ts';
import { ADDRESS, FakeResolver } from '../fake/resolver.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';

const TTL_MS = 1000;

function setup(immediate = true, ttlMs = TTL_MS) {
  const clock = new VirtualClock(5000);
  const resolver = new FakeResolver();
  resolver.immediate = immediate;
  const cache = new DnsCache(resolver, clock, ttlMs);
  const answers: (string | readonly Address[])[] = [];
  const resolve = (host: string) =>
    cache.resolve(host, (error, addresses) => answers.push(error?.message ?? addresses));
  return { clock, resolver, cache, answers, resolve };
}

describe('DnsCache', () => {
  it('asks again when the time is over, and not before', () => {
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

  it('counts the time from the answer, not from the question', () => {
    const { clock, resolver, resolve } = setup(false);
    resolve('a.test');
    clock.advance(TTL_MS);
    resolver.answer();
    clock.advance(TTL_MS - 1);
    resolve('a.test');
    expect(resolver.asked).toHaveLength(1);
  });

  it('asks once for all who wait, and tells them in their order', () => {
    const { resolver, cache, resolve } = setup(false);
    const told: number[] = [];
    for (const n of [1, 2, 3]) cache.resolve('a.test', () => told.push(n));
    resolve('b.test');
    expect([resolver.asked, told]).toEqual([['a.test', 'b.test'], []]);
    resolver.answer();
    expect(told).toEqual([1, 2, 3]);
  });

  it('tells all who wait of an error, and keeps none', () => {
    const { resolver, answers, resolve } = setup(false);
    resolve('a.test');
    resolve('a.test');
    resolver.fail(new Error('no such name'));
    expect(answers).toEqual(['no such name', 'no such name']);
    resolve('a.test');
    expect(resolver.asked).toHaveLength(2);
    resolver.answer();
    expect(answers.at(-1)).toEqual([ADDRESS]);
  });

  it('may be asked again from within an error, once more for all', () => {
    const { resolver, cache, answers, resolve } = setup(false);
    cache.resolve('a.test', () => resolve('a.test'));
    cache.resolve('a.test', () => resolve('a.test'));
    resolver.fail();
    expect([resolver.asked.length, resolver.waiting]).toEqual([2, 1]);
    resolver.answer();
    expect(answers).toEqual([[ADDRESS], [ADDRESS]]);
  });

  it('looks again after it was told to forget', () => {
    const { resolver, cache, resolve } = setup();
    resolve('a.test');
    resolve('b.test');
    cache.forget('a.test');
    cache.forget('never.test');
    resolve('a.test');
    resolve('b.test');
    expect(resolver.asked).toEqual(['a.test', 'b.test', 'a.test']);
  });

  it('keeps nothing with a time to live of zero, and still asks once for many at once', () => {
    const { resolver, resolve } = setup(false, 0);
    resolve('a.test');
    resolve('a.test');
    resolver.answer();
    resolve('a.test');
    expect(resolver.asked).toHaveLength(2);
  });

  it('keeps 16,384 names at most and drops the one that was resolved first', () => {
    const { resolver, resolve } = setup();
    for (let i = 0; i <= 16_384; i++) resolve(`h${i}.test`);
    const asked = resolver.asked.length;
    resolve('h1.test');
    resolve('h16384.test');
    expect(resolver.asked).toHaveLength(asked);
    resolve('h0.test');
    expect(resolver.asked).toHaveLength(asked + 1);
  });

  it('answers each question once, with what was resolved within the time to live', () => {
    const act = fc.record({
      type: fc.constantFrom(
        'resolve' as const,
        'answer' as const,
        'fail' as const,
        'pass' as const,
        'forget' as const,
      ),
      host: fc.constantFrom('a', 'b', 'c'),
      ms: fc.nat(700),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const { clock, resolver, cache } = setup(false);
        let asked = 0;
        const told: number[] = [];
        let generation = 0;
        const madeMs = new Map<string, number>();
        // Each answer carries its number, so that it shows how old it is.
        const answer = () => {
          const address: Address = { address: `192.0.2.${generation++}`, family: 4 };
          for (const name of ['a', 'b', 'c']) resolver.addresses.set(name, [address]);
          madeMs.set(address.address, clock.now());
          resolver.answer();
        };
        for (const { type, host, ms } of acts) {
          if (type === 'pass') clock.advance(ms);
          else if (type === 'forget') cache.forget(host);
          else if (type === 'fail') resolver.fail();
          else if (type === 'answer') answer();
          else {
            const question = asked++;
            cache.resolve(host, (error, addresses) => {
              told.push(question);
              if (error === null)
                expect(clock.now() - madeMs.get(addresses[0]!.address)!).toBeLessThan(TTL_MS);
            });
          }
        }
        answer();
        expect(told.sort((a, b) => a - b)).toEqual(Array.from({ length: asked }, (_, i) => i));
      }),
    );
  });
});
