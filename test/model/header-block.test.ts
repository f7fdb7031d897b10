// Header blocks lose fields by name, and stay the same object where they lose none.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';

describe('HeaderBlock.without', () => {
  const block = EMPTY_HEADERS.with([
    ['Accept', 'a/b'],
    ['Cookie', 'x=1'],
    ['Host', 'other'],
    ['Connection', 'close'],
    ['X-Many', ['1', '2']],
  ]);

  it('takes fields away whatever their case, with all their lines', () => {
    const less = block.without(['COOKIE', 'x-many']);
    expect(less.text).toBe('Accept: a/b\r\nConnection: close\r\n');
    expect(less.has('cookie')).toBe(false);
    expect(less.get('x-many')).toBeUndefined();
  });

  it('forgets an own host and the wish to close along with their fields', () => {
    expect([block.host, block.close]).toEqual(['other', true]);
    const less = block.without(['host', 'connection']);
    expect([less.host, less.close]).toEqual([undefined, false]);
  });

  it('leaves the block it was asked of as it was', () => {
    const { text } = block;
    block.without(['accept']);
    expect(block.text).toBe(text);
    expect(block.has('accept')).toBe(true);
  });

  it('gives back the very same block where it has none of the names', () => {
    expect(block.without(['authorization', 'accep', ''])).toBe(block);
    expect(block.without([])).toBe(block);
  });

  it('removes exactly what is named', () => {
    const name = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f');
    fc.assert(
      fc.property(fc.uniqueArray(name), fc.uniqueArray(name), (held, taken) => {
        const less = EMPTY_HEADERS.with(held.map((n) => [n, n] as const)).without(new Set(taken));
        const left = held.filter((n) => !taken.includes(n));
        expect(less.text).toBe(left.map((n) => `${n}: ${n}\r\n`).join(''));
      }),
    );
  });
});
