// Templates beyond curl: classes, repetitions, counting down, exact counts; and any template against a naive expansion.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileTemplates, countAll } from '../../src/sources/template/template.ts';
import { all, compile, drawing, expand, OPTIONS, templateError } from './template-fixture.ts';

describe('classes', () => {
  it.each<[string, string[]]>([
    ['[abc]', ['a', 'b', 'c']],
    ['[a-c0-2_]', ['a', 'b', 'c', '0', '1', '2', '_']],
    ['[a-fA-F0-9]', [...'abcdefABCDEF0123456789']],
    ['[135]', ['1', '3', '5']],
    ['[c-a_]', ['c', 'b', 'a', '_']],
    ['[a-c-]', ['a', 'b', 'c', '-']],
    ['[_-]', ['_', '-']],
    ['[-_.]', ['-', '_', '.']],
    ['[a\\-c]', ['a', '-', 'c']],
    ['[a\\]\\[\\{\\}\\,\\:\\\\]', ['a', ']', '[', '{', '}', ',', ':', '\\']],
    ['[\\^a]', ['^', 'a']],
    ['[a^]', ['a', '^']],
    ['[a1-3\\5]', ['a', '1', '2', '3', '5']],
    ['[äöü😀]', ['ä', 'ö', 'ü', '😀']],
    ['[<n>a_]', ['a', '_']],
  ])('%s', (text, values) => {
    expect(expand(text)).toEqual(values);
  });

  it.each<[string, string, RegExp]>([
    ['/[aba]', '    ^', /"a" stands twice in this class; leave one out, or type \\\[ .*--globoff/],
    ['/?id[0]=7', '    ^', /one character is no class; type \\\[ .*--globoff/],
    ['/[x]{4}', ' ^', /one character is no class/],
    ['/[a-z0m]', '      ^', /"m" stands twice/],
    ['/[^a-z]', '  ^', /cannot be negated; type \\\^/],
    ['/[\\d_]', '  ^', /\\d has no meaning here; .*\[a-z0-9_\]/],
    ['/[a1-10]', '   ^', /takes single characters, not numbers/],
    ['/[15-9a]', '   ^', /takes single characters, not numbers/],
    ['/[a-c-e]', '     ^', /type \\- for a hyphen, or put it last/],
    ['/[abc:2]', '     ^', /a step needs one range/],
    ['/[--9]', '  ^', /from a digit to a digit/],
    ['/[.-9]', '  ^', /from a digit to a digit/],
  ])('refuses %s', (text, caret, problem) => {
    const shown = drawing(templateError(() => compile(text)));
    expect(shown).toEqual({ problem: expect.stringMatching(problem), text, caret });
  });
});

describe('repetitions', () => {
  it('are all strings of a length, the rightmost character fastest', () => {
    expect(expand('[ab]{3}')).toEqual(['aaa', 'aab', 'aba', 'abb', 'baa', 'bab', 'bba', 'bbb']);
    expect(expand('[a-b]{2}')).toEqual(['aa', 'ab', 'ba', 'bb']);
    expect(expand('[a-e:2]{2}')).toEqual(['aa', 'ac', 'ae', 'ca', 'cc', 'ce', 'ea', 'ec', 'ee']);
    expect(expand('[b-a]{2}')).toEqual(['bb', 'ba', 'ab', 'aa']);
    expect(expand('[x_]{1}-{4}')).toEqual(['x-4', '_-4']);
  });

  it('of two lengths are the shorter strings first, behind what curl refuses', () => {
    expect(expand('[01_]{1,2}').join(' ')).toBe('0 1 _ 00 01 0_ 10 11 1_ _0 _1 __');
    expect(expand('[ab]{0,1}/')).toEqual(['/', 'a/', 'b/']);
    expect(expand('[ab]{2,2}')).toEqual(['aa', 'ab', 'ba', 'bb']);
    expect(expand('[b-a]{1,2}')).toEqual(['b', 'a', 'bb', 'ba', 'ab', 'aa']);
  });

  it('leave every other brace to curl', () => {
    expect(expand('[ab]{1,2,3}')).toEqual(['a1', 'a2', 'a3', 'b1', 'b2', 'b3']);
    expect(expand('[ab]{\\1,4}')).toEqual(['a1', 'a4', 'b1', 'b4']);
    expect(expand('[ab]{x}')).toEqual(['ax', 'bx']);
    expect(expand('[ab]{<n>4}')).toEqual(['a4', 'b4']);
    expect(expand('[ab]{2}{3}')).toEqual(['aa3', 'ab3', 'ba3', 'bb3']);
    expect(expand('[2-1]{3}')).toEqual(['23', '13']);
  });

  it('take many lengths and long strings', () => {
    expect(expand('[a-a]{1000}')).toEqual(['a'.repeat(1000)]);
    const template = compile('[a-z0-9]{1,10}');
    expect(template.count).toBe([1, 2, 3, 4, 5, 6, 7, 8, 9, 10].reduce((sum, n) => sum + 36 ** n, 0));
    expect([template.at(35), template.at(36), template.at(template.count - 1)]).toEqual([
      '9',
      'aa',
      '9999999999',
    ]);
  });

  it.each<[string, string, RegExp]>([
    ['[ab]{4,1}', '     ^', /smaller length: \{1,4\}/],
    ['[ab]{1,}', '       ^', /greatest length, such as \{1,8\}/],
    ['[ab]{0}', '     ^', /at least 1/],
    ['[ab]{1001}', '     ^', /up to 1000/],
    ['[ab]{1,99999999999}', '     ^', /up to 1000/],
  ])('refuses %s', (text, caret, problem) => {
    const shown = drawing(templateError(() => compile(text)));
    expect(shown).toEqual({ problem: expect.stringMatching(problem), text, caret });
  });
});

describe('counting down', () => {
  it.each<[string, string[]]>([
    ['[3-1]', ['3', '2', '1']],
    ['[c-a]', ['c', 'b', 'a']],
    ['[10-1:3]', ['10', '7', '4', '1']],
    ['[10-2:3]', ['10', '7', '4']],
    ['[g-a:3]', ['g', 'd', 'a']],
    ['[010-8]', ['010', '009', '008']],
    ['[10-08]', ['10', '09', '08']],
    ['[9007199254740993-9007199254740989:2]', ['9007199254740993', '9007199254740991', '9007199254740989']],
  ])('%s', (text, values) => {
    expect(expand(text)).toEqual(values);
  });

  it('refuses a step that passes over the end', () => {
    const shown = drawing(templateError(() => compile('[10-8:3]')));
    expect(shown).toEqual({
      problem: expect.stringMatching(/at most 2$/),
      text: '[10-8:3]',
      caret: '      ^',
    });
  });
});

describe('counts', () => {
  it('are exact beyond 2^31, and any index costs the same', () => {
    const square = compile('http://h/[1-100000]/[1-100000]');
    expect(square.count).toBe(10_000_000_000);
    expect(square.at(0)).toBe('http://h/1/1');
    expect(square.at(3_000_000_000)).toBe('http://h/30001/1');
    expect(square.at(9_999_999_999)).toBe('http://h/100000/100000');
    const words = compile('http://h/[a-z0-9]{10}');
    expect(words.count).toBe(36 ** 10);
    expect(words.at(36 ** 9)).toBe('http://h/baaaaaaaaa');
    expect(words.at(36 ** 10 - 1)).toBe('http://h/9999999999');
    expect(words.at(36 ** 10 - 37)).toBe('http://h/9999999989');
  });

  it('go up to 2^53 - 1', () => {
    const most = compile('x://h/[1-9007199254740991]');
    expect([most.count, most.at(most.count - 1)]).toEqual([9007199254740991, 'x://h/9007199254740991']);
    const product = compile('x://h/[1-69431]/[1-129728784761]');
    expect(product.count).toBe(9007199254740991);
    expect(product.at(9007199254740990)).toBe('x://h/69431/129728784761');
    expect(product.at(9007199254740990 - 129728784761)).toBe('x://h/69430/129728784761');
    expect(product.at(129728784760)).toBe('x://h/1/129728784761');
    expect(product.at(129728784761)).toBe('x://h/2/1');
    const pairs = compile('x://h/[1-4503599627370495]/{a,b}');
    expect(pairs.at(9007199254740988)).toBe('x://h/4503599627370495/a');
  });

  it.each<[string, string]>([
    ['x://h/[0-9007199254740991]', '9,007,199,254,740,992'],
    ['x://h/[a-z0-9]{12}', '4,738,381,338,321,616,896'],
    ['x://h/[1-100000]/[1-100000]/[1-100000]/[1-10]', '10,000,000,000,000,000'],
    ['x://h/[1-9999999999999999999999]', '9,999,999,999,999,999,999,999'],
    ['x://h/[ab]{1,53}', '18,014,398,509,481,982'],
  ])('beyond that %s is refused with the exact number', (text, number) => {
    const error = templateError(() => compile(text));
    expect(error.message).toContain(`this stands for ${number} requests, and at most 9,007,199,254,740,991`);
    expect(error.position).toBe(6);
  });

  it('are not written out where they are absurd', () => {
    const error = templateError(() => compile('[a-z]{1000}'.repeat(200)));
    expect(error.message).toContain('more than 10^100 requests');
  });

  it('of several templates are added up, and bounded together', () => {
    const templates = compileTemplates(['x://h/[1-3]', 'x://h/{a,b}', 'x://h/'], OPTIONS);
    expect([countAll(templates), templates.flatMap(all).length, countAll([])]).toEqual([6, 6, 0]);
    const huge = compileTemplates(['x://h/[1-9007199254740991]', 'x://h/'], OPTIONS);
    expect(templateError(() => countAll(huge)).message).toContain('9,007,199,254,740,992 requests');
  });
});

describe('the description', () => {
  it.each<[string, string[]]>([
    ['http://h/', []],
    ['http://h/code/[a-z0-9]{4}', ['[a-z0-9]{4}  strings of 4 characters out of 36: 1,679,616']],
    ['http://h/[a-z0-9]{1,4}', ['[a-z0-9]{1,4}  strings of 1 to 4 characters out of 36: 1,727,604']],
    ['http://h/[a-z]{1,4}', ['[a-z]  characters: 26', '{1,4}  set of 2']],
    ['http://h/[1-100]/[a-z:2]', ['[1-100]  numbers from 1 to 100: 100', '[a-z:2]  characters: 13']],
    ['http://h/[001-100:10]', ['[001-100:10]  numbers from 001 to 100 in steps of 10: 10']],
    ['http://h/[ab]{0,1}', ['[ab]{0,1}  strings of 0 to 1 character out of 2: 3']],
    [
      'http://h/[0-9]{4}',
      ['[0-9]  numbers from 0 to 9: 10', '{4}  set of 1 (all strings of 4 digits are [0000-9999])'],
    ],
    [`http://h/{${'word,'.repeat(50)}}`, [`{${'word,'.repeat(11)}word…  set of 51`]],
  ])('of %s', (text, lines) => {
    expect(compile(text).describe()).toEqual(lines);
  });
});

/** A dimension as the test knows it: how it is written, and all its values. */
interface Dimension {
  readonly source: string;
  readonly values: readonly string[];
}

const LITERAL = fc
  .string({ unit: fc.constantFrom(...'ab/.-?&=%{}[],:é '), maxLength: 5 })
  .map((text) => ({ source: text.replace(/[{}[\]]/g, '\\$&'), text }));

const SET = fc
  .array(fc.string({ unit: fc.constantFrom(...'abc1,{}[]\\./'), maxLength: 3 }), {
    minLength: 1,
    maxLength: 3,
  })
  .filter((values) => values.join('') !== '')
  .map((values) => ({
    source: `{${values.map((v) => v.replace(/[{}[\],\\]/g, '\\$&')).join(',')}}`,
    values,
  }));

const NUMBERS = fc
  .tuple(
    fc.nat(120),
    fc.integer({ min: 0, max: 12 }),
    fc.integer({ min: 1, max: 5 }),
    fc.nat(4),
    fc.boolean(),
  )
  .map(([low, distance, every, width, down]) => {
    const step = Math.min(every, Math.max(1, distance));
    const values: number[] = [];
    const [from, to] = down ? [low + distance, low] : [low, low + distance];
    for (let n = from; down ? n >= to : n <= to; n += down ? -step : step) values.push(n);
    const first = String(from).padStart(width, '0');
    const pad = first.startsWith('0') ? first.length : 0;
    return {
      source: `[${first}-${to}${step === 1 ? '' : `:${step}`}]`,
      values: values.map((n) => String(n).padStart(pad, '0')),
    };
  });

const CLASS = fc
  .tuple(
    fc.uniqueArray(fc.constantFrom(...'xyz_.~é-]{\\'), { minLength: 2, maxLength: 4 }),
    fc.boolean(),
    fc.tuple(fc.nat(2), fc.nat(2)),
  )
  .map(([single, withRange, [a, b]]) => {
    const characters = withRange ? ['a', 'b', 'c', ...single] : single;
    const [min, max] = [Math.min(a, b), Math.max(a, b, 1)];
    const inner = single.map((c) => (/[\]{\\-]/.test(c) ? `\\${c}` : c)).join('');
    const lengths = min === max ? `{${min}}` : `{${min},${max}}`;
    let longer = [''];
    const values: string[] = [];
    for (let length = 0; length <= max; length++) {
      if (length >= min) values.push(...longer);
      longer = longer.flatMap((start) => characters.map((c) => start + c));
    }
    return { source: `[${withRange ? 'a-c' : ''}${inner}]${lengths}`, values };
  });

const GLOB: fc.Arbitrary<Dimension> = fc.oneof(SET, NUMBERS, CLASS);
const NAMES = ['id', 'word', 'x-1'] as const;

type Node = { source: string; text: string } | { dimension: Dimension } | { name: string; uri: boolean };

const TEMPLATE = fc.record({
  nodes: fc.array(
    fc.oneof(
      LITERAL,
      GLOB.map((dimension) => ({ dimension })),
      fc.record({ name: fc.constantFrom(...NAMES), uri: fc.boolean() }),
    ),
    { maxLength: 6 },
  ),
  vars: fc.tuple(GLOB, GLOB, GLOB),
  zip: fc.boolean(),
});

/** Every template's URLs by nested loops: the first dimension is the outermost loop. */
function naive(nodes: readonly Node[], vars: ReadonlyMap<string, Dimension>, zip: boolean): string[] {
  const loops: { keys: unknown[]; values: (readonly string[])[] }[] = [];
  for (const node of nodes) {
    if ('text' in node) continue;
    if ('dimension' in node) {
      loops.push({ keys: [node], values: [node.dimension.values] });
      continue;
    }
    if (loops.some(({ keys }) => keys.includes(node.name))) continue;
    const group = zip ? loops.find(({ keys }) => typeof keys[0] === 'string') : undefined;
    const values = vars.get(node.name)!.values;
    if (group === undefined) loops.push({ keys: [node.name], values: [values] });
    else {
      group.keys.push(node.name);
      group.values.push(values);
    }
  }
  const urls: string[] = [];
  const turn = (depth: number, now: ReadonlyMap<unknown, string>): void => {
    const loop = loops[depth];
    if (loop === undefined) {
      urls.push(nodes.map((node) => write(node, now)).join(''));
      return;
    }
    for (let i = 0; i < loop.values[0]!.length; i++) {
      turn(depth + 1, new Map([...now, ...loop.keys.map((key, k) => [key, loop.values[k]![i]!] as const)]));
    }
  };
  turn(0, new Map());
  return urls;
}

function write(node: Node, now: ReadonlyMap<unknown, string>): string {
  if ('text' in node) return node.text;
  if ('dimension' in node) return now.get(node)!;
  const value = now.get(node.name)!;
  return node.uri ? encodeURIComponent(value) : value;
}

function written(nodes: readonly Node[]): string {
  return nodes
    .map((node) => {
      if ('text' in node) return node.source;
      if ('dimension' in node) return node.dimension.source;
      return `{${node.name}${node.uri ? '|uri' : ''}}`;
    })
    .join('');
}

describe('any template', () => {
  it('gives for every index what nested loops give, or refuses unequal lengths side by side', () => {
    let compared = 0;
    fc.assert(
      fc.property(TEMPLATE, ({ nodes: drawn, vars, zip }) => {
        // `[ab]` with `{2}` behind it is one glob: keep what was drawn as two apart.
        const nodes = drawn.flatMap((node): Node[] => [node, { source: '-', text: '-' }]);
        const used = new Set(nodes.flatMap((node) => ('name' in node ? [node.name] : [])));
        const dimensions = new Map(NAMES.map((name, i) => [name as string, vars[i]!] as const));
        const options = {
          zip,
          vars: Object.fromEntries([...used].map((name) => [name, dimensions.get(name)!.source])),
        };
        const lengths = new Set([...used].map((name) => dimensions.get(name)!.values.length));
        if (zip && lengths.size > 1) {
          const error = templateError(() => compile(written(nodes), options));
          expect(error.message).toContain('equally many values');
          return;
        }
        const size = [
          ...nodes.flatMap((node) => ('dimension' in node ? [node.dimension.values.length] : [])),
          ...(zip ? lengths : [...used].map((name) => dimensions.get(name)!.values.length)),
        ].reduce((product, n) => product * n, 1);
        const template = compile(written(nodes), options);
        expect(template.count).toBe(size);
        if (size > 3000) return;
        expect(all(template)).toEqual(naive(nodes, dimensions, zip));
        compared++;
      }),
      { numRuns: 400 },
    );
    expect(compared).toBeGreaterThan(200);
  });

  it('is read or refused with a spot inside of it, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]\\,:-|<>az09 é'), maxLength: 12 }), (text) => {
        try {
          const template = compile(text);
          expect(template.count).toBeGreaterThan(0);
          expect(typeof template.at(template.count - 1)).toBe('string');
        } catch (error) {
          expect(error).toMatchObject({ name: 'TemplateError', text });
          const { position } = error as { position: number };
          expect(position >= 0 && position < text.length).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
