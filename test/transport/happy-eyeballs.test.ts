// Which address wins: the rules in virtual time with attempts that do what a test says, and a few on real sockets.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/contracts.ts';
import { interleaved, NoAddressLeft, Race } from '../../src/transport/happy-eyeballs.ts';
import { kindOf, wireMessage } from '../../src/transport/wire-errors.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { systemError } from '../fake/wire.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { deadPort, IP4, IP6, wires } from './wire-log.ts';

const DELAY_MS = 250;

/** What becomes of an attempt, and when. */
type Fate =
  | { readonly does: 'open' | 'fail'; readonly afterMs: number }
  | { readonly does: 'throw' | 'nothing' };

interface Try {
  readonly startMs: number;
  state: 'running' | 'open' | 'failed' | 'destroyed';
  endMs: number;
  destroy(): void;
}

function addressesOf(families: readonly (4 | 6)[]): Address[] {
  return families.map((family, i) => ({
    family,
    address: family === 4 ? `192.0.2.${i + 1}` : `2001:db8::${i + 1}`,
  }));
}

/** A race whose n-th attempt has the n-th fate. */
function run(fates: readonly Fate[], delayMs = DELAY_MS, families: readonly (4 | 6)[] = fates.map(() => 4)) {
  const clock = new VirtualClock();
  const tries: Try[] = [];
  const tried: Address[] = [];
  const starts: number[] = [];
  const told: (Try | Error)[] = [];
  let started = 0;
  const race = new Race<Try>(
    addressesOf(families),
    delayMs,
    clock,
    (address, onOpen, onFail) => {
      const index = started++;
      const fate = fates[index]!;
      tried.push(address);
      starts.push(clock.now());
      if (fate.does === 'throw') throw systemError('EMFILE');
      let cancel = () => {};
      const one: Try = {
        startMs: clock.now(),
        state: 'running',
        endMs: Number.POSITIVE_INFINITY,
        destroy: () => {
          one.state = 'destroyed';
          cancel();
        },
      };
      tries.push(one);
      if (!('afterMs' in fate)) return one;
      cancel = clock.after(fate.afterMs, () => {
        one.endMs = clock.now();
        one.state = fate.does === 'open' ? 'open' : 'failed';
        if (fate.does === 'open') onOpen();
        else onFail(systemError('ECONNREFUSED'));
      });
      return one;
    },
    (winner, error) => told.push((winner ?? error)!),
  );
  return { clock, tries, tried, starts, told, race };
}

const fate: fc.Arbitrary<Fate> = fc.oneof(
  fc.record({ does: fc.constantFrom('open', 'fail'), afterMs: fc.integer({ min: 1, max: 600 }) }),
  fc.record({ does: fc.constantFrom('throw', 'nothing') }),
) as fc.Arbitrary<Fate>;
const fates = fc.array(fate, { minLength: 1, maxLength: 8 });
const delays = fc.integer({ min: 10, max: 400 });

describe('a race', () => {
  it('has one winner at most, the first to connect, and destroys everyone else', () => {
    fc.assert(
      fc.property(fates, delays, (given, delayMs) => {
        const { clock, tries, told, race } = run(given, delayMs);
        clock.advance(100_000);
        const opened = tries.filter(({ state }) => state === 'open');
        const anyOpens = given.some(({ does }) => does === 'open');
        expect(opened.length).toBe(anyOpens ? 1 : 0);
        for (const one of tries) {
          if (one === opened[0]) continue;
          if (anyOpens) expect(one.state).not.toBe('running');
          // Whoever had not failed until then was given up.
          if (one.state === 'failed') expect(one.endMs).toBeLessThanOrEqual(opened[0]?.endMs ?? one.endMs);
        }
        if (anyOpens) expect(told).toEqual(opened);
        if (anyOpens) expect(race.toString()).toMatch(/^race over: 0 running/);
      }),
    );
  });

  it('starts no attempt before its delay, unless the one before failed, and never waits longer', () => {
    fc.assert(
      fc.property(fates, delays, (given, delayMs) => {
        const { clock, tries, starts } = run(given, delayMs);
        clock.advance(100_000);
        const failures = tries.filter(({ state }) => state === 'failed').map(({ endMs }) => endMs);
        for (let i = 1; i < starts.length; i++) {
          const sinceMs = starts[i - 1]!;
          const startMs = starts[i]!;
          if (given[i - 1]!.does === 'throw') {
            expect(startMs).toBe(sinceMs);
            continue;
          }
          expect(failures.filter((endMs) => endMs > sinceMs && endMs < startMs)).toEqual([]);
          if (startMs === sinceMs + delayMs) continue;
          expect(startMs).toBeLessThan(sinceMs + delayMs);
          // One failure lets one follow, not more.
          const cause = failures.indexOf(startMs);
          expect(cause).not.toBe(-1);
          failures.splice(cause, 1);
        }
      }),
    );
  });

  it('fails only after every address was tried, once, with how many there were', () => {
    const failing = fc.array(
      fate.filter(({ does }) => does === 'fail' || does === 'throw'),
      { minLength: 1, maxLength: 8 },
    );
    fc.assert(
      fc.property(failing, (given) => {
        const { clock, tried, told } = run(given);
        clock.advance(100_000);
        expect(tried.length).toBe(given.length);
        expect(told.length).toBe(1);
        expect((told[0] as { tried?: number }).tried).toBe(given.length === 1 ? undefined : given.length);
        expect(clock.pending).toBe(0);
      }),
    );
  });

  it('leaves nothing behind when it is given up', () => {
    fc.assert(
      fc.property(fates, fc.integer({ min: 0, max: 2000 }), (given, atMs) => {
        const { clock, tries, told, race } = run(given);
        clock.advance(atMs);
        if (told.length > 0) return;
        race.destroy();
        expect(tries.filter(({ state }) => state === 'running')).toEqual([]);
        expect(clock.pending).toBe(0);
        clock.advance(100_000);
        expect(told).toEqual([]);
      }),
    );
  });

  it('tries the next one beside a silent one after 250 ms, and at once behind one that failed', () => {
    const { clock, tries, race } = run([
      { does: 'nothing' },
      { does: 'fail', afterMs: 5 },
      { does: 'nothing' },
    ]);
    expect(tries.length).toBe(1);
    clock.advance(249);
    expect(tries.length).toBe(1);
    clock.advance(1);
    expect(tries.length).toBe(2);
    clock.advance(5);
    expect(tries.map(({ startMs }) => startMs)).toEqual([0, 250, 255]);
    expect(race.toString()).toBe('race on: 2 running, 1 failed, 0 of 3 to come');
  });

  it('takes a late one that connects, while its followers still try', () => {
    const { clock, tries, told } = run([{ does: 'open', afterMs: 300 }, { does: 'nothing' }]);
    clock.advance(300);
    expect(tries.map(({ state }) => state)).toEqual(['open', 'destroyed']);
    expect(told).toEqual([tries[0]]);
  });
});

describe('the order of addresses', () => {
  it('alternates between the families, IPv6 first, and keeps the resolver’s order within each', () => {
    const [a4, b4, c6, d4, e6] = addressesOf([4, 4, 6, 4, 6]);
    expect(interleaved([a4!, b4!, c6!, d4!, e6!])).toEqual([c6, a4, e6, b4, d4]);
    const { tried, clock } = run(
      Array.from({ length: 3 }, () => ({ does: 'nothing' as const })),
      DELAY_MS,
      [4, 4, 6],
    );
    clock.advance(1000);
    expect(tried.map(({ family }) => family)).toEqual([6, 4, 4]);
  });

  it('loses and repeats none', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(4 as const, 6 as const)), (families) => {
        const given = addressesOf(families);
        const order = interleaved(given);
        expect(new Set(order)).toEqual(new Set(given));
        expect(order.length).toBe(given.length);
      }),
    );
  });
});

describe('the error of a race that nobody won', () => {
  it.each([
    [['ENETUNREACH', 'ECONNREFUSED'], 'refused'],
    [['EADDRNOTAVAIL', 'ETIMEDOUT', 'ENETUNREACH'], 'timeout'],
    [['ENETUNREACH', 'EMFILE'], 'resources'],
    [['ESTRANGE', 'EHOSTUNREACH'], 'unreachable'],
  ])('is the one that tells most: %j is %s', (codes, kind) => {
    const error = new NoAddressLeft(codes.map((code) => systemError(code)));
    expect(kindOf(error)).toBe(kind);
    expect(wireMessage('connect', kindOf(error), 'host:80', error)).toMatch(
      kind === 'resources' ? /EMFILE/ : new RegExp(`at each of its ${codes.length} addresses`),
    );
  });
});

describe('on real sockets', () => {
  const { serve, connector, connect } = wires();
  const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

  it.each([
    ['plain', 'http', undefined],
    ['TLS', 'https', LOCALHOST],
  ] as const)(
    'the address that answers is used, without waiting for the delay (%s)',
    async (_, scheme, tls) => {
      const server = await serve((peer) => peer.send(OK), tls === undefined ? {} : { tls });
      // Time stands still: only a failure can start the next attempt.
      const clock = new VirtualClock();
      const { wire, log } = connect(
        connector({ ca: LOCALHOST.cert }, clock),
        `${scheme}://localhost:${server.port}/`,
        { addresses: [IP4, IP6] },
      );
      await log.open(tls !== undefined);
      wire.write('GET / HTTP/1.1\r\n\r\n', undefined);
      await log.until(() => log.text.length === OK.length);
      expect(log.text).toBe(OK);
      expect(log.events).toEqual(tls === undefined ? ['connect'] : ['connect', 'secure']);
      expect(wire.remoteAddress).toBe(`127.0.0.1:${server.port}`);
      expect(server.connections).toBe(1);
      expect(clock.pending).toBe(0);
    },
  );

  it('all that refuse make one error, with their number', async () => {
    const port = await deadPort();
    const { log } = connect(connector(), `http://localhost:${port}/`, {
      addresses: [IP6, IP4, { address: '127.0.0.2', family: 4 }],
    });
    await log.until(() => log.closed);
    expect(log.events).toEqual(['close ECONNREFUSED']);
    expect(wireMessage('connect', 'refused', `localhost:${port}`, log.error)).toBe(
      `localhost:${port} refused the connection at each of its 3 addresses; does a server listen there?`,
    );
  });

  it('a wire that is destroyed meanwhile closes once, and nobody stays connected', async () => {
    const server = await serve(() => {});
    const { wire, log } = connect(connector(), server.url(), {
      addresses: [IP4, { address: '127.0.0.2', family: 4 }],
    });
    wire.destroy();
    wire.destroy();
    expect(log.events).toEqual([]);
    await log.until(() => log.closed);
    await new Promise(setImmediate);
    expect(log.events).toEqual(['close']);
  });
});
