import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/engine/fingerprint.ts';
import { FingerprintMap } from '../../src/engine/fingerprint-map.ts';

describe('the map of fingerprints', () => {
  it('finds what was added, whatever it grew to, and nothing else', () => {
    const map = new FingerprintMap(2);
    const n = 40_000;
    for (let i = 0; i < n; i++) {
      const entry = map.add(fingerprintOf(`text ${i}`));
      map.setValue(entry, 0, i);
      map.setValue(entry, 1, n - i);
    }
    expect(map.size).toBe(n);
    for (let i = 0; i < n; i++) {
      const entry = map.find(fingerprintOf(`text ${i}`));
      expect([entry, map.value(entry, 0), map.value(entry, 1)]).toEqual([i, i, n - i]);
    }
    expect(map.find(fingerprintOf('text -1'))).toBe(-1);
    expect(String(map)).toMatch(/^40,000 fingerprints with 2 words each, [\d,]+ bytes$/);
  });

  it('tells prints apart that begin alike, and ones that are all 0', () => {
    const prints = fc.uniqueArray(fc.array(fc.nat({ max: 1 }), { minLength: 4, maxLength: 4 }), {
      selector: String,
    });
    fc.assert(
      fc.property(prints, (all) => {
        const map = new FingerprintMap(0);
        for (const [i, print] of all.entries()) {
          expect(map.find(Uint32Array.from(print))).toBe(-1);
          expect(map.add(Uint32Array.from(print))).toBe(i);
        }
        for (const [i, print] of all.entries()) expect(map.find(Uint32Array.from(print))).toBe(i);
      }),
    );
  });

  it('keeps a large number of 32 bits as it is', () => {
    const map = new FingerprintMap(1);
    map.setValue(map.add(fingerprintOf('a')), 0, 2 ** 32 - 1);
    expect(map.value(0, 0)).toBe(2 ** 32 - 1);
  });
});
