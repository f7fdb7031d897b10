import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimals, quoted } from '../../src/sinks/json-text.ts';
import { character } from './character.ts';

describe('quoted', () => {
  it.each([
    ['plain', '"plain"'],
    ['', '""'],
    ['say "no"', '"say \\"no\\""'],
    ['a\\b', '"a\\\\b"'],
    ['\n\r\t\b\f', '"\\n\\r\\t\\b\\f"'],
    ['\u0000\u001f', '"\\u0000\\u001f"'],
    ['\u007f\u0085\u00ff', '"\u007f\u0085\u00ff"'],
    ['\u2028 \u2029', '"\\u2028 \\u2029"'],
    ['\ud83c\udf28', '"\ud83c\udf28"'],
    ['lone \ud83c', '"lone \\ud83c"'],
    ['\udf28 lone', '"\\udf28 lone"'],
    ['\udf28\ud83c', '"\\udf28\\ud83c"'],
  ])('writes %j as %s', (text, json) => {
    expect(quoted(text)).toBe(json);
    const long = 'x'.repeat(100);
    expect(quoted(long + text)).toBe(`"${long}${json.slice(1)}`);
  });

  it('gives back any text, on one line', () => {
    fc.assert(
      fc.property(fc.string({ unit: character, maxLength: 120 }), (text) => {
        const json = quoted(text);
        expect(JSON.parse(json)).toBe(text);
        expect(json).not.toMatch(/[\u0000-\u001f\u2028\u2029]/);
        expect(json.isWellFormed()).toBe(true);
      }),
    );
  });

  it('gives back any two code units, also halves of pairs', () => {
    const unit = fc.integer({ min: 0, max: 0xffff });
    fc.assert(
      fc.property(unit, unit, fc.nat(60), (a, b, before) => {
        const text = '.'.repeat(before) + String.fromCharCode(a, b);
        expect(JSON.parse(quoted(text))).toBe(text);
        expect(quoted(text).isWellFormed()).toBe(true);
      }),
    );
  });
});

describe('decimals', () => {
  it.each([
    [0, '0'],
    [5, '5'],
    [0.1, '0.1'],
    [12.3456, '12.346'],
    [1234.05, '1234.05'],
    [0.9999, '1'],
    [0.0004, '0'],
    [300_000.007, '300000.007'],
    [-3, '0'],
    [Number.NaN, '0'],
  ])('shows %s as %s', (ms, text) => {
    expect(decimals(ms)).toBe(text);
  });

  it('keeps a thousandth, and never shows more', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (ms) => {
        expect(decimals(ms)).toMatch(/^\d+(\.\d{0,2}[1-9])?$/);
        expect(Number(decimals(ms))).toBe(Math.round(ms * 1000) / 1000);
      }),
    );
  });
});
