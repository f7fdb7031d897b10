// SOCKS 5 to the octet (RFC 1928, RFC 1929): what is said, every way the answers may arrive, and what is said of a
// proxy that refuses or lies.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ProxyError } from '../../src/transport/proxy-error.ts';
import { Carrier, proxyServer, turn } from './tunnel-carrier.ts';

const PLAIN = proxyServer('socks5');
const KNOWN = proxyServer('socks5h', 'user', 'pässword');
const REQUEST = `050100030b${Buffer.from('example.com').toString('hex')}01bb`;
const LOGIN = `01${'04'}${Buffer.from('user').toString('hex')}09${Buffer.from('pässword').toString('hex')}`;
const GRANTED = '05000001000000000000';

function octets(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

function said(carrier: Carrier): string {
  return Buffer.from(carrier.written, 'latin1').toString('hex');
}

async function told(...answers: string[]): Promise<string> {
  const carrier = new Carrier(PLAIN);
  await carrier.arrive(...answers.map(octets));
  expect(carrier.leftNoListener).toBe(carrier.told.length > 0);
  if (carrier.told[0] !== 'open') expect(carrier.error).toBeInstanceOf(ProxyError);
  return carrier.told.join('|');
}

describe('what is said', () => {
  it('without credentials: no login, then the name', async () => {
    const carrier = new Carrier(PLAIN);
    expect(said(carrier)).toBe('050100');
    await carrier.arrive(octets('0500'));
    expect(said(carrier)).toBe(`050100${REQUEST}`);
    await carrier.arrive(octets(GRANTED));
    expect(carrier.told).toEqual(['open']);
    expect(carrier.leftNoListener).toBe(true);
  });

  it('with credentials: both methods, the login in UTF-8 once it is asked for', async () => {
    const carrier = new Carrier(KNOWN);
    expect(said(carrier)).toBe('05020002');
    await carrier.arrive(octets('0502'));
    expect(said(carrier)).toBe(`05020002${LOGIN}`);
    await carrier.arrive(octets('0100'), octets(GRANTED));
    expect(said(carrier)).toBe(`05020002${LOGIN}${REQUEST}`);
    expect(carrier.told).toEqual(['open']);
  });

  it('no login to a proxy that wants none', async () => {
    const carrier = new Carrier(KNOWN);
    await carrier.arrive(octets('0500'), octets(GRANTED));
    expect(said(carrier)).toBe(`05020002${REQUEST}`);
    expect(carrier.told).toEqual(['open']);
  });

  it.each([
    ['1.2.3.4', '0101020304'],
    ['::1', `04${'0'.repeat(31)}1`],
    ['2001:db8::1:0:2', '0420010db8000000000000000100000002'],
    ['::ffff:1.2.3.4', '0400000000000000000000ffff01020304'],
    ['1:2:3:4:5:6:7:8', '0400010002000300040005000600070008'],
    ['::', `04${'0'.repeat(32)}`],
    ['a', '030161'],
  ])('the host %s as %s', async (host, expected) => {
    const carrier = new Carrier(PLAIN, host, 0x1234);
    await carrier.arrive(octets('0500'));
    expect(said(carrier)).toBe(`050100050100${expected}1234`);
  });

  it('nothing for what cannot be said', async () => {
    const long = new Carrier(PLAIN, `${'a'.repeat(256)}`);
    const secret = new Carrier(proxyServer('socks5', 'user', 's3cret'.repeat(50)));
    await turn();
    expect(`${long.written}${secret.written}`).toBe('');
    expect(long.told).toEqual(['a host name for a SOCKS proxy holds 255 octets at most, not 256']);
    expect(secret.told).toEqual(['a password for a SOCKS proxy holds 255 octets at most, not 300']);
  });
});

describe('answers that open the way', () => {
  const SURPLUS = '\x05\x00\x00\x01HTTP/1.1 200 OK\r\n\r\n';
  const bound = [GRANTED, `05000004${'ab'.repeat(18)}`, `0500000304${'61'.repeat(4)}0050`, '05000003000050'];

  it('lose no octet, wherever they are cut in two, and whether or not the proxy waits for us', async () => {
    for (const reply of bound) {
      const all = Buffer.concat([octets(`05020100${reply}`), Buffer.from(SURPLUS, 'latin1')]);
      for (let cut = 1; cut <= all.length; cut++) {
        const carrier = new Carrier(KNOWN);
        await carrier.arrive(...[all.subarray(0, cut), all.subarray(cut)].filter((b) => b.length > 0));
        expect(carrier.told).toEqual(['open']);
        expect(carrier.leftNoListener).toBe(true);
        expect(said(carrier)).toBe(`05020002${LOGIN}${REQUEST}`);
        expect(await carrier.rest()).toBe(SURPLUS);
      }
    }
  });

  it('lose none in any number of pieces, with whatever behind them', async () => {
    const cuts = fc.array(fc.nat(1_000), { maxLength: 12 });
    const surplus = fc.uint8Array({ maxLength: 100 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...bound), cuts, surplus, async (reply, places, behind) => {
        const all = Buffer.concat([octets(`0500${reply}`), behind]);
        const at = [0, ...places.map((place) => place % all.length), all.length].sort((a, b) => a - b);
        const pieces = at.slice(1).map((to, i) => all.subarray(at[i], to));
        const carrier = new Carrier(PLAIN);
        await carrier.arrive(...pieces.filter(({ length }) => length > 0));
        expect(carrier.told).toEqual(['open']);
        expect(await carrier.rest()).toBe(Buffer.from(behind).toString('latin1'));
      }),
      { numRuns: 200 },
    );
  });

  it('may give the login’s answer any version, as some proxies do', async () => {
    const carrier = new Carrier(KNOWN);
    await carrier.arrive(octets('0502'), octets('0500'), octets(GRANTED));
    expect(carrier.told).toEqual(['open']);
  });
});

describe('answers that do not', () => {
  it.each([
    [
      '05ff',
      "the proxy socks5://proxy.test:1080 wants a login; give user:password with --proxy-user or in the proxy's URL",
    ],
    ['0502', 'does not answer as SOCKS 5 does'],
    ['0501', 'does not answer as SOCKS 5 does'],
    ['0400', 'does not answer as SOCKS 5 does'],
    ['485454502f312e31', 'is its scheme right (http, https or socks5)?'],
  ])('to the greeting: %s', async (answer, expected) => {
    expect(await told(answer)).toContain(expected);
  });

  it.each([
    ['01', 'a general failure'],
    ['02', 'its rules do not allow this host or port'],
    ['04', 'the host is unreachable; is its name right?'],
    ['05', 'refused a way to example.com:443: the host refused the connection'],
    ['08', 'it does not take this kind of address (reply 8)'],
    ['5b', 'for no reason that RFC 1928 knows (reply 91)'],
  ])('to the request: reply %s, also where no more of it comes', async (code, expected) => {
    expect(await told('0500', `05${code}0001000000000000`)).toContain(expected);
    expect(await told('0500', `05${code}`)).toContain(expected);
  });

  it('an address of a type that nobody knows is no way (the usual library takes it for one)', async () => {
    expect(await told('0500', '05000002000000000000')).toContain('does not answer as SOCKS 5 does');
  });

  it('a login that is not accepted is not repeated', async () => {
    const proxy = proxyServer('socks5', 'us3r', 's3cret');
    const carrier = new Carrier(proxy);
    await carrier.arrive(octets('0502'), octets('0101'));
    expect(carrier.told).toEqual([
      'the proxy socks5://proxy.test:1080 does not accept the user and password it was given',
    ]);
    const none = new Carrier(proxy);
    await none.arrive(octets('05ff'));
    expect(none.told).toEqual([
      'the proxy socks5://proxy.test:1080 takes neither user and password nor clients without them',
    ]);
  });

  it('a proxy that goes away is told once', async () => {
    const carrier = new Carrier(PLAIN);
    await carrier.arrive(octets('0500'), octets('0500'));
    await carrier.end();
    await carrier.destroy();
    expect(carrier.told).toEqual([
      'the proxy socks5://proxy.test:1080 closed the connection when asked for a way to example.com:443',
    ]);
    expect(carrier.leftNoListener).toBe(true);
  });

  it('octets of no meaning never open it and never go unanswered', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 2, maxLength: 40 }), async (bytes) => {
        fc.pre(!(bytes[0] === 5 && bytes[1] === 0));
        const carrier = new Carrier(KNOWN);
        await carrier.arrive(Buffer.from(bytes));
        await carrier.end();
        expect(carrier.told).toHaveLength(1);
        if (bytes[0] !== 5) expect(carrier.told[0]).not.toBe('open');
      }),
      { numRuns: 200 },
    );
  });
});
