// What needs no name server: addresses, and the name that every machine has.

import { describe, expect, it } from 'vitest';
import type { Address } from '../../src/model/contracts.ts';
import { SystemResolver } from '../../src/transport/system-resolver.ts';

describe('the system resolver', () => {
  it.each([
    ['192.0.2.7', 4],
    ['::1', 6],
    ['2001:db8::7', 6],
  ] as const)('gives an address back as it is, at once: %s', (address, family) => {
    const answers: (readonly Address[])[] = [];
    new SystemResolver('any').resolve(address, (_, addresses) => answers.push(addresses));
    expect(answers).toEqual([[{ address, family }]]);
  });

  it('gives addresses of the family that is asked for', async () => {
    const addresses = await new Promise<readonly Address[]>((resolve) => {
      new SystemResolver('4').resolve('localhost', (_, found) => resolve(found));
    });
    expect(addresses).toContainEqual({ address: '127.0.0.1', family: 4 });
    expect(addresses.every(({ family }) => family === 4)).toBe(true);
  });
});
