import { describe, expect, it } from 'vitest';
import { Newest } from '../../src/target/newest.ts';

describe('Newest', () => {
  it('lets the oldest key go when it is full', () => {
    const newest = new Newest<number>(2);
    newest.set('a', 1);
    newest.set('b', 2);
    newest.set('a', 3);
    expect([newest.get('a'), newest.get('b')]).toEqual([3, 2]);
    newest.set('c', 4);
    expect([newest.get('a'), newest.get('b'), newest.get('c')]).toEqual([undefined, 2, 4]);
  });

  it('makes a value once', () => {
    const newest = new Newest<object>(1);
    const made = newest.getOrMake('a', () => ({}));
    expect(newest.getOrMake('a', () => ({}))).toBe(made);
    newest.getOrMake('b', () => ({}));
    expect(newest.getOrMake('a', () => ({}))).not.toBe(made);
  });
});
