import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { written } from '../../src/inspection/misread.ts';
import { SizeList } from '../../src/inspection/size-list.ts';
import { readStatuses } from '../../src/inspection/status-list.ts';
import { refusal } from './response.ts';

function statuses(text: string): number[] {
  const list = readStatuses([written('matchStatus', text)]);
  return Array.from({ length: 1200 }, (_, status) => status).filter((status) => list.has(status));
}

function sizes(text: string): SizeList {
  const list = new SizeList();
  list.add(written('matchSize', text));
  return list;
}

describe('a list of statuses', () => {
  it.each([
    ['200', [200]],
    ['200,404', [200, 404]],
    [' 200 , 404 ', [200, 404]],
    ['199-201', [199, 200, 201]],
    ['204 - 205', [204, 205]],
    ['100', [100]],
    ['999', [999]],
    ['500-500', [500]],
  ])('reads %j', (text, all) => {
    expect(statuses(text)).toEqual(all);
  });

  it.each(['3xx', '3XX', '300-399'])('reads the class %s', (text) => {
    const all = statuses(text);
    expect([all.length, all[0], all.at(-1)]).toEqual([100, 300, 399]);
  });

  it('holds what any of its items says, and nothing else', () => {
    const status = fc.integer({ min: 100, max: 999 });
    const item = fc.oneof(
      status.map((n) => ({ text: String(n), from: n, to: n })),
      fc.integer({ min: 1, max: 9 }).map((n) => ({ text: `${n}xx`, from: n * 100, to: n * 100 + 99 })),
      fc.tuple(status, status).map(([a, b]) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        return { text: `${from}-${to}`, from, to };
      }),
    );
    fc.assert(
      fc.property(fc.array(item, { minLength: 1, maxLength: 5 }), (items) => {
        const expected = Array.from({ length: 1200 }, (_, n) => n).filter((n) =>
          items.some(({ from, to }) => n >= from && n <= to),
        );
        expect(statuses(items.map(({ text }) => text).join(','))).toEqual(expected);
      }),
    );
  });

  it.each([
    ['200,2x0', 'matchStatus: no status "2x0" at character 5 of "200,2x0"'],
    ['200, 1000', 'no status "1000" at character 6 of "200, 1000"'],
    ['99', 'no status "99" at character 1'],
    ['0xx', 'no status "0xx"'],
    ['2000', 'no status "2000"'],
    ['200,', 'a status is missing at character 5 of "200,"'],
    ['', 'matchStatus: a status is missing; write'],
    ['500-400', 'the range 500-400 runs backwards'],
    ['200-', 'no status "200-"'],
    ['ok', 'no status "ok"'],
  ])('refuses %j, points at the place and says what to write', (text, problem) => {
    const message = refusal({ matchStatus: text });
    expect(message).toContain(problem);
    expect(message).toContain('write statuses as 200, 3xx or 500-599, separated by commas');
  });
});

describe('a list of sizes', () => {
  it.each<[string, number[], number[]]>([
    ['0', [0], [1]],
    ['0,1234,100-200', [0, 1234, 100, 150, 200], [1, 99, 201, 1233]],
    ['1k', [1024], [1000, 1]],
    ['1k-2K', [1024, 2048], [1023, 2049]],
    ['1.5m', [1_572_864], [1]],
    ['10 kB, 3b', [10_240, 3], [10]],
  ])('reads %j', (text, inside, outside) => {
    const list = sizes(text);
    expect(inside.filter((n) => !list.has(n))).toEqual([]);
    expect(outside.filter((n) => list.has(n))).toEqual([]);
  });

  it.each([
    ['12,x', 'filterSize: no size "x" at character 4 of "12,x"'],
    ['1-', 'a size is missing at character 3 of "1-"'],
    ['-5', 'a size is missing at character 1 of "-5"'],
    ['200-100', 'the range 200-100 runs backwards'],
    ['1t', 'no size "1t"'],
  ])('refuses %j and points at the place', (text, problem) => {
    expect(refusal({ filterSize: text })).toContain(problem);
  });
});
