import { describe, expect, it } from 'vitest';
import { OptionError } from '../../../src/model/option-kinds.ts';
import { parseRate } from '../../../src/scheduler/rate/rate-text.ts';

const perSecond = (value: string | number) => parseRate('rate', value, undefined)?.perSecond;

describe('parseRate', () => {
  it.each([
    ['500/s', 500],
    ['30/m', 0.5],
    ['90/h', 0.025],
    ['43200/d', 0.5],
    ['5/10s', 0.5],
    ['1/2m', 1 / 120],
    ['0.5/s', 0.5],
    [' 10 / S ', 10],
    [250, 250],
    [0.1, 0.1],
  ])('reads %j', (value, expected) => {
    expect(perSecond(value)).toBeCloseTo(expected, 12);
  });

  it('has a burst of what falls into 50 ms, at least one, unless one is given', () => {
    expect(parseRate('rate', '500/s', undefined)?.burst).toBe(25);
    expect(parseRate('rate', '30/m', undefined)?.burst).toBe(1);
    expect(parseRate('rate', '500/s', 3)?.burst).toBe(3);
    expect(parseRate('rate', undefined, 3)).toBeUndefined();
  });

  it('asks for the unit of a plain number, which other tools read differently', () => {
    expect(() => parseRate('--rate', '500', undefined)).toThrow(
      '--rate takes a rate, not "500"; write 500/s, 500/m or 500/h',
    );
  });

  it.each([
    '',
    'fast',
    '5/',
    '/s',
    '-5/s',
    '5/w',
    '1e3/s',
    '5/s/s',
    '0/s',
    '5/0s',
    '2000000/s',
    '1/9d',
    `${'9'.repeat(400)}/s`,
  ])('refuses %j and says what to write', (text) => {
    expect(() => parseRate('rate', text, undefined)).toThrow(OptionError);
    expect(() => parseRate('rate', text, undefined)).toThrow(/^rate takes a rate/);
  });

  it.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])('refuses the number %d', (value) => {
    expect(() => parseRate('rate', value, undefined)).toThrow(OptionError);
  });
});
