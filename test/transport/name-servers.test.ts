// Name servers of one's own, asked over real datagrams on loopback. Time is virtual, so nothing waits for anybody.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/contracts.ts';
import { OptionError } from '../../src/model/option-kinds.ts';
import { NameServers } from '../../src/transport/name-servers.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { NameServer } from '../server/name-server.ts';

let server: NameServer;
let clock: VirtualClock;
beforeEach(async () => {
  server = await NameServer.start();
  clock = new VirtualClock();
});
afterEach(() => server.close());

function names(family: 'any' | '4' | '6' = 'any', dnsServers = [server.address]): NameServers {
  return new NameServers({ dnsServers, family, dnsTimeoutMs: 5_000 }, clock);
}

/** Addresses in their order, or the code of the error. */
function resolve(resolver: NameServers, host: string): Promise<readonly string[] | string> {
  return new Promise((told) => {
    resolver.resolve(host, (error: NodeJS.ErrnoException | null, addresses: readonly Address[]) =>
      told(error === null ? addresses.map(({ address }) => address) : (error.code ?? error.message)),
    );
  });
}

function failure(resolver: NameServers, host: string): Promise<Error> {
  return new Promise((told) => resolver.resolve(host, (error) => told(error!)));
}

describe('name servers', () => {
  it('are asked for both families at once, and all addresses count, IPv6 first', async () => {
    server.answers.set('A a.test', ['192.0.2.1', '192.0.2.2']);
    server.answers.set('AAAA a.test', ['2001:db8::1']);
    expect(await resolve(names(), 'a.test')).toEqual(['2001:db8::1', '192.0.2.1', '192.0.2.2']);
    expect(server.asked.sort()).toEqual(['A a.test', 'AAAA a.test']);
  });

  it.each([
    ['4', ['192.0.2.1'], 'A a.test'],
    ['6', ['2001:db8::1'], 'AAAA a.test'],
  ] as const)('are asked for IPv%s alone where that is wanted', async (family, expected, asked) => {
    server.answers.set('A a.test', ['192.0.2.1']);
    server.answers.set('AAAA a.test', ['2001:db8::1']);
    expect(await resolve(names(family), 'a.test')).toEqual(expected);
    expect(server.asked).toEqual([asked]);
  });

  it.each([['SERVFAIL'], ['NXDOMAIN'], [[]]] as const)('need not have both families (%s)', async (other) => {
    server.answers.set('A a.test', ['192.0.2.1']);
    server.answers.set('AAAA a.test', other);
    expect(await resolve(names(), 'a.test')).toEqual(['192.0.2.1']);
    expect(clock.pending).toBe(0);
  });

  it('that never answer for one family hold up the other for 50 ms, not longer', async () => {
    server.answers.set('A a.test', ['192.0.2.1']);
    server.answers.set('AAAA a.test', 'silence');
    let found: unknown;
    const ended = resolve(names(), 'a.test').then((addresses) => {
      found = addresses;
    });
    await clock.scheduled(1);
    clock.advance(49);
    await Promise.resolve();
    expect(found).toBeUndefined();
    clock.advance(1);
    await ended;
    expect([found, clock.pending]).toEqual([['192.0.2.1'], 0]);
  });

  it('that answer for the other family too late are not heard any more', async () => {
    server.answers.set('A a.test', ['192.0.2.1']);
    server.answers.set('AAAA a.test', 'silence');
    server.answers.set('AAAA b.test', ['2001:db8::2']);
    const resolver = names();
    const told: string[] = [];
    resolver.resolve('a.test', (_, found) => told.push(...found.map(({ address }) => address)));
    await clock.scheduled(1);
    clock.advance(50);
    server.answers.set('AAAA a.test', ['2001:db8::1']);
    server.answerLate();
    // What comes behind it shows that it has come.
    expect(await resolve(resolver, 'b.test')).toEqual(['2001:db8::2']);
    expect(told).toEqual(['192.0.2.1']);
  });

  it('leave no timer behind when both have answered', async () => {
    server.answers.set('A a.test', ['192.0.2.1']);
    server.answers.set('AAAA a.test', ['2001:db8::1']);
    await resolve(names(), 'a.test');
    expect(clock.pending).toBe(0);
  });

  it('tell a name that does not exist from one without an address, and from not knowing', async () => {
    server.answers.set('A empty.test', []);
    server.answers.set('AAAA empty.test', []);
    server.answers.set('A half.test', 'NXDOMAIN');
    server.answers.set('AAAA half.test', 'REFUSED');
    server.answers.set('A broken.test', 'SERVFAIL');
    server.answers.set('AAAA broken.test', 'SERVFAIL');
    const resolver = names();
    const found = ['never.test', 'empty.test', 'half.test', 'broken.test'].map((name) =>
      resolve(resolver, name),
    );
    expect(await Promise.all(found)).toEqual(['ENOTFOUND', 'ENODATA', 'EAI_AGAIN', 'EAI_AGAIN']);
  });

  it('are named where none of them has an answer', async () => {
    server.answers.set('A broken.test', 'SERVFAIL');
    const error = await failure(names('4'), 'broken.test');
    expect(server.asked).toEqual(['A broken.test', 'A broken.test']);
    expect(error.message).toBe(`no answer for broken.test from ${server.address}: ESERVFAIL`);
  });

  it.each(['REFUSED', 'SERVFAIL', 'silence'] as const)(
    'are asked in their order until one answers (%s)',
    async (answer) => {
      const second = await NameServer.start();
      try {
        server.answers.set('A a.test', answer);
        second.answers.set('A a.test', ['192.0.2.7']);
        const dnsServers = [`${server.address}, ${second.address}`];
        // The only time that passes here is that of c-ares, which cannot be given another clock.
        const resolver = new NameServers({ dnsServers, family: '4', dnsTimeoutMs: 1_000 }, clock);
        expect(await resolve(resolver, 'a.test')).toEqual(['192.0.2.7']);
        expect(server.asked).toEqual(['A a.test']);
      } finally {
        second.close();
      }
    },
  );

  it('are asked each time: what they said is kept by the cache in front alone', async () => {
    server.answers.set('A a.test', ['192.0.2.1']);
    const resolver = names('4');
    await resolve(resolver, 'a.test');
    server.answers.set('A a.test', ['192.0.2.2']);
    expect(await resolve(resolver, 'a.test')).toEqual(['192.0.2.2']);
  });
});

describe('what no name server is asked', () => {
  it.each([
    ['192.0.2.7', 'any', ['192.0.2.7']],
    ['2001:db8::7', '4', ['2001:db8::7']],
    ['localhost', 'any', ['::1', '127.0.0.1']],
    ['LOCALHOST.', '4', ['127.0.0.1']],
    ['app.localhost', '6', ['::1']],
  ] as const)('%s, over %s', async (host, family, expected) => {
    expect(await resolve(names(family), host)).toEqual(expected);
    expect(server.asked).toEqual([]);
  });

  it('a name that holds too long a part', async () => {
    expect(await resolve(names(), `${'x'.repeat(64)}.test`)).toBe('ENOTFOUND');
    expect(server.asked).toEqual([]);
  });

  it('but a name that only looks like localhost it is', async () => {
    expect(await resolve(names('4'), 'notlocalhost')).toBe('ENOTFOUND');
    expect(server.asked).toEqual(['A notlocalhost']);
  });
});

describe('the option', () => {
  it.each([
    [['192.0.2.53'], '192.0.2.53'],
    [['192.0.2.53:5353,192.0.2.54'], '192.0.2.53:5353, 192.0.2.54'],
    [['2001:db8::53', '[::1]:5353'], '[2001:db8::53], [::1]:5353'],
  ])('takes %j', (dnsServers, expected) => {
    expect(`${names('any', dnsServers)}`).toBe(`name servers ${expected}`);
  });

  it.each([
    '',
    'dns.test',
    '192.0.2.53:',
    '192.0.2.53:0',
    '192.0.2.53:65536',
    '[192.0.2.53]',
    '[::1',
    '192.0.2.53,',
  ])('refuses %j, with what would do', (text) => {
    expect(() => names('any', [text])).toThrow(OptionError);
    expect(() => names('any', [text])).toThrow(
      /^dnsServers takes addresses such as 192\.0\.2\.53, 192\.0\.2\.53:5353 or \[2001:db8::53\]:5353, not "/,
    );
  });
});
