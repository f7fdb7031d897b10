import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMembers } from '../../../src/scheduler/rate/structured-field.ts';

const plain = (text: string) =>
  parseMembers(text)?.map(({ key, value, parameters }) => [key, value, Object.fromEntries(parameters)]);

describe('parseMembers', () => {
  it.each([
    ['"default";r=50;t=30', [[undefined, 'default', { r: 50, t: 30 }]]],
    [
      '"a";q=1;w=2,\t"b";q=3',
      [
        [undefined, 'a', { q: 1, w: 2 }],
        [undefined, 'b', { q: 3 }],
      ],
    ],
    [
      'limit=100, remaining=50, reset=30',
      [
        ['limit', 100, {}],
        ['remaining', 50, {}],
        ['reset', 30, {}],
      ],
    ],
    ['100;w=60;comment="a \\"b\\""', [[undefined, 100, { w: 60, comment: 'a "b"' }]]],
    ['default;x;y=?0;z=1.5', [[undefined, 'default', { x: true, y: false, z: 1.5 }]]],
    ['"u";pk=:cHsdsRa894==:;  q=-1', [[undefined, 'u', { pk: 'cHsdsRa894==', q: -1 }]]],
    ['  7  ', [[undefined, 7, {}]]],
  ])('reads %j', (text, members) => {
    expect(plain(text)).toEqual(members);
  });

  it.each([
    '',
    ',',
    '"a",',
    '"a" "b"',
    '"a";',
    '"a";R=1',
    '"a";r=',
    '"a";r=1.2.3',
    '"a";r=1.2345',
    '1234567890123456',
    '"open',
    '"\u0007"',
    '"\u00e4"',
    '(1 2)',
    '?2',
    ':a',
    '%"x"',
    '"a";r=1 t=2',
    'x'.repeat(1_025),
    Array(17).fill('1').join(','),
    `1${Array.from({ length: 17 }, (_, i) => `;p${i}`).join('')}`,
  ])('takes nothing from %j', (text) => {
    expect(parseMembers(text)).toBeUndefined();
  });

  it('reads what is written in its form, whatever the values', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9_-]{0,8}$/);
    const string = fc.stringMatching(/^[\x20-\x7e]{0,12}$/);
    const value = fc.oneof(string, fc.integer({ min: -1e15 + 1, max: 1e15 - 1 }), fc.boolean());
    const written = (one: string | number | boolean) =>
      typeof one === 'string'
        ? `"${one.replace(/["\\]/g, '\\$&')}"`
        : typeof one === 'number'
          ? `${one}`
          : one
            ? '?1'
            : '?0';
    const member = fc.record({
      value,
      parameters: fc.dictionary(name, value, { maxKeys: 5, noNullPrototype: true }),
    });
    fc.assert(
      fc.property(fc.array(member, { minLength: 1, maxLength: 5 }), (members) => {
        const text = members
          .map(
            (one) =>
              written(one.value) +
              Object.entries(one.parameters)
                .map(([k, v]) => `;${k}=${written(v)}`)
                .join(''),
          )
          .join(', ');
        fc.pre(text.length <= 1_024);
        expect(plain(text)).toEqual(members.map((one) => [undefined, one.value, one.parameters]));
      }),
    );
  });

  it('never throws, whatever it is given', () => {
    const piece = fc.constantFrom(
      '"',
      ';',
      '=',
      ',',
      'a',
      '1',
      '.',
      ':',
      '?1',
      ' ',
      '\t',
      '\\',
      '-',
      '*',
      '\u00ff',
      'q=1',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        const members = parseMembers(pieces.join(''));
        expect(members === undefined || members.length > 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});
