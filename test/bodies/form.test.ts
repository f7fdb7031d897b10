// Forms, held against URLSearchParams.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formText } from '../../src/bodies/form.ts';

it('writes text, numbers, true and false, lists, in the order of the object', () => {
  expect(formText({ a: 1, b: ['x', 'y z'], c: true, d: '', e: [], 'ü&': '=+', f: undefined })).toBe(
    'a=1&b=x&b=y+z&c=true&d=&%C3%BC%26=%3D%2B',
  );
  expect(formText({})).toBe('');
});

it('is read back by URLSearchParams as it was', () => {
  const value = fc.oneof(
    fc.string({ unit: 'binary' }).map((one) => one.toWellFormed()),
    fc.double({ noNaN: true }).map((one) => one + 0),
    fc.boolean(),
  );
  const key = fc.string({ unit: 'binary' }).map((one) => one.toWellFormed());
  fc.assert(
    fc.property(fc.dictionary(key, fc.oneof(value, fc.array(value))), (fields) => {
      const pairs = Object.entries(fields).flatMap(([name, one]) =>
        [one].flat().map((single) => [name, String(single)] as const),
      );
      expect([...new URLSearchParams(formText(fields))]).toEqual(pairs);
    }),
  );
});

it('names the field that it cannot write, and not its value', () => {
  expect(() => formText({ a: { s: 's3cret' } } as never)).toThrow(
    /^field "a" of form takes text, a number, true or false, or a list of these$/,
  );
  expect(() => formText({ a: [null] } as never)).toThrow(TypeError);
  expect(() => formText('a=b' as never)).toThrow('form takes an object of names and values');
  expect(() => formText(['a'] as never)).toThrow(TypeError);
});
