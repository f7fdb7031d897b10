import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { firstNonJson, JSON_DEPTH_MAX } from '../../src/sinks/json-scan.ts';
import { character } from './character.ts';

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('firstNonJson', () => {
  it.each([
    ['', 0],
    ['  ', 2],
    ['nul', 0],
    ['{"a":1,}', 7],
    ['{"a":1 "b"', 7],
    ['{"a" 1}', 5],
    ['{a:1}', 1],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['[1}', 2],
    ['{"a":1]', 6],
    ['"open', 5],
    ['"a\nb"', 2],
    ['"\\x"', 1],
    ['"\\u12g4"', 1],
    ['01', 1],
    ['-', 1],
    ['1.', 2],
    ['1e+', 3],
    ['.5', 0],
    ['+1', 0],
    ['1 1', 2],
    ['{} x', 3],
    ['\ufeff{}', 0],
    ['NaN', 0],
    ["'a'", 0],
    ['[1,2', 4],
    ['\u00a01', 0],
  ])('stops in %j at %i', (text, place) => {
    expect(firstNonJson(text)).toBe(place);
    expect(parses(text)).toBe(false);
  });

  it('stops where nesting gets too deep', () => {
    const nested = (depth: number) => '['.repeat(depth) + 1 + ']'.repeat(depth);
    expect(firstNonJson(nested(JSON_DEPTH_MAX))).toBe(-1);
    expect(firstNonJson(nested(JSON_DEPTH_MAX + 1))).toBe(JSON_DEPTH_MAX);
    expect(firstNonJson('{"a":'.repeat(100_000))).toBe(JSON_DEPTH_MAX * 5);
  });

  it('takes all that JSON.stringify makes, however it is laid out', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ stringUnit: character }),
        fc.constantFrom('', ' ', '\t', '\r\n'),
        (value, space) => {
          expect(firstNonJson(JSON.stringify(value, null, space))).toBe(-1);
        },
      ),
    );
  });

  it('agrees with JSON.parse on JSON with a few characters changed', () => {
    const ofJson = fc.constantFrom(...'{}[],:"\\/ \n\t0123456789.eE+-truefalsn\u0000\u001f\u00e9\u2028xX');
    const change = fc.record({
      at: fc.nat(200),
      remove: fc.nat(2),
      insert: fc.string({ unit: ofJson, maxLength: 3 }),
    });
    fc.assert(
      fc.property(fc.json(), fc.array(change, { minLength: 1, maxLength: 3 }), (json, changes) => {
        let text = json;
        for (const { at, remove, insert } of changes) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + insert + text.slice(place + remove);
        }
        expect(firstNonJson(text) === -1, text).toBe(parses(text));
      }),
      { numRuns: 3000 },
    );
  });

  it('agrees with JSON.parse on words made of its characters', () => {
    const token = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '"a"',
      '"\\u00e9"',
      '"\\',
      '0',
      '-1',
      '1.5e3',
      'e',
      '.',
      'true',
      'null',
      ' ',
      '\n',
    );
    fc.assert(
      fc.property(fc.array(token, { maxLength: 8 }), (tokens) => {
        const text = tokens.join('');
        expect(firstNonJson(text) === -1, text).toBe(parses(text));
      }),
      { numRuns: 5000 },
    );
  });
});
