import { describe, expect, it } from 'vitest';
import { Patience } from '../../src/target/patience.ts';

describe('Patience', () => {
  it('has nothing against who waits, nor against what was under way', () => {
    const patience = new Patience(1000, 10_000);
    expect(patience.banLeftMs(0)).toBe(0);
    patience.refuse(0);
    expect(patience.banLeftMs(250)).toBe(0);
    patience.refuse(250);
    expect(patience.banLeftMs(1000)).toBe(0);
  });

  it('shuts out who comes earlier, from then on', () => {
    const patience = new Patience(1000, 10_000);
    patience.refuse(0);
    expect(patience.banLeftMs(251)).toBe(10_000);
    expect(patience.banLeftMs(5251)).toBe(5000);
    expect(patience.banLeftMs(10_251)).toBe(0);
    expect(patience.banLeftMs(10_252)).toBe(0);
  });

  it('shuts out nobody where that is not wanted', () => {
    const patience = new Patience(1000, 0);
    patience.refuse(0);
    expect(patience.banLeftMs(500)).toBe(0);
  });
});
