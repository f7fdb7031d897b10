// Named variables: what may be bound to a name, how they multiply or go side by side, and what is said of slips.

import { describe, expect, it } from 'vitest';
import { compileTemplates } from '../../src/sources/template/template.ts';
import { readVars, WORDS_MAX } from '../../src/sources/template/vars.ts';
import { all, compile, drawing, expand, OPTIONS, templateError } from './template-fixture.ts';

describe('the values of a variable', () => {
  it.each<[string, string[]]>([
    ['1-3', ['1', '2', '3']],
    ['001-005:2', ['001', '003', '005']],
    ['a-c', ['a', 'b', 'c']],
    ['a-e:2', ['a', 'c', 'e']],
    ['[3-1]', ['3', '2', '1']],
    ['[ab]{2}', ['aa', 'ab', 'ba', 'bb']],
    ['[a-b]{2}', ['aa', 'ab', 'ba', 'bb']],
    ['red,green', ['red', 'green']],
    ['{red,green}', ['red', 'green']],
    ['red', ['red']],
    ['a,,b', ['a', '', 'b']],
    ['a\\,b,c\\\\,\\[1-3\\]', ['a,b', 'c\\', '[1-3]']],
    ['v[1-2]-{x,y}', ['v1-x', 'v1-y', 'v2-x', 'v2-y']],
    ['{2020-01}', ['2020-01']],
    ['2020-01,2020-02', ['2020-01', '2020-02']],
    ['2020-01-01', ['2020-01-01']],
    ['a|uri', ['a|uri']],
    ['<b>x,y', ['<b>x', 'y']],
    ['{id}', ['id']],
    ['word', ['word']],
  ])('%s', (value, values) => {
    expect(expand('{name}', { vars: { name: value } })).toEqual(values);
  });

  it('are the lines of a file behind an @', () => {
    const paths: string[] = [];
    const readWords = (path: string) => {
      paths.push(path);
      return ['one', 'two words', '[1-3]'];
    };
    const templates = compileTemplates(['/{w}', '/x/{w|uri}'], {
      ...OPTIONS,
      vars: { w: '@words.txt' },
      readWords,
    });
    expect(templates.map(all)).toEqual([
      ['/one', '/two words', '/[1-3]'],
      ['/x/one', '/x/two%20words', '/x/%5B1-3%5D'],
    ]);
    expect(paths).toEqual(['words.txt']);
  });

  it('are inserted as they are, or behind encodeURIComponent', () => {
    const vars = { q: "a b,c&d,é/?#%,x.y-_~!*'(),\ud800" };
    expect(expand('/{q}?{q|uri}', { vars })).toEqual([
      '/a b?a%20b',
      '/c&d?c%26d',
      '/é/?#%?%C3%A9%2F%3F%23%25',
      "/x.y-_~!*'()?x.y-_~!*'()",
      '/\ud800?%EF%BF%BD',
    ]);
  });

  it('count exactly, alone and multiplied', () => {
    const template = compile('http://h/{code}/[1-10]', { vars: { code: 'v[a-z0-9]{4}[0-9]' } });
    expect(template.count).toBe(36 ** 4 * 100);
    expect(template.at(template.count - 1)).toBe('http://h/v99999/10');
    expect(template.at(12)).toBe('http://h/vaaaa1/3');
  });
});

describe('several variables', () => {
  it('are a product with the globs, in the order in which they first appear', () => {
    expect(expand('{a}[1-2]{b}', { vars: { b: 'x,y', a: 'p,q' } })).toEqual([
      'p1x',
      'p1y',
      'p2x',
      'p2y',
      'q1x',
      'q1y',
      'q2x',
      'q2y',
    ]);
  });

  it('have one value at a time, wherever they stand', () => {
    expect(expand('{a}/[1-2]/{a}', { vars: { a: 'p,q' } })).toEqual(['p/1/p', 'p/2/p', 'q/1/q', 'q/2/q']);
  });

  it('go side by side with zip: one dimension, where the first of them stands', () => {
    const vars = { user: 'ann,bob', id: '7-8' };
    const template = compile('[1-2]/{user}/[x-y]/{id}-{user}', { vars, zip: true });
    expect(all(template)).toEqual([
      '1/ann/x/7-ann',
      '1/ann/y/7-ann',
      '1/bob/x/8-bob',
      '1/bob/y/8-bob',
      '2/ann/x/7-ann',
      '2/ann/y/7-ann',
      '2/bob/x/8-bob',
      '2/bob/y/8-bob',
    ]);
    expect(template.describe()).toEqual([
      '[1-2]  numbers from 1 to 2: 2',
      '{user}, {id}  side by side: 2',
      '[x-y]  characters: 2',
    ]);
  });

  it('of unequal lengths do not go side by side', () => {
    const error = templateError(() => compile('/{a}/{b}', { vars: { a: '1-3', b: 'x,y' }, zip: true }));
    expect(drawing(error)).toEqual({
      problem: 'variables side by side need equally many values: {a} has 3, {b} has 2; or leave out --zip',
      text: '/{a}/{b}',
      caret: '     ^',
    });
  });

  it('are described one by one', () => {
    const vars = { id: '1-1000', w: '@w.txt', c: 'red,green', x: 'v[1-3]{a,b}' };
    const template = compile('/{id}/{w}/{c}/{x}/{id}', { vars, readWords: () => ['a', 'b'] });
    expect(template.describe()).toEqual([
      '{id}  numbers from 1 to 1000: 1,000',
      '{w}  lines of w.txt: 2',
      '{c}  set of 2',
      '{x}  values of v[1-3]{a,b}: 6',
    ]);
  });
});

describe('a slip with a variable', () => {
  it.each<[string, string, Record<string, string>, RegExp, string]>([
    [
      'http://h/{wrod}',
      '',
      { word: 'a' },
      /^variable word is used nowhere; did you mean \{word\} here\?$/,
      '         ^',
    ],
    ['http://h/', 'id=1-3', { id: '1-3' }, /^variable id is used nowhere; write \{id\} in the URL/, '^'],
    ['http://h/\\{id\\}', 'id=1-3', { id: '1-3' }, /^variable id is used nowhere/, '^'],
    [
      '/{word}/{wrod|uri}',
      '',
      { word: 'a' },
      /^no variable is called wrod; did you mean word\?$/,
      '         ^',
    ],
    ['/{q|uri}', '', {}, /^no variable is called q; give its values with --var q=…$/, '  ^'],
    ['/{q|url}', '', { q: 'a' }, /^the only filter is uri: \{q\|uri\}$/, '    ^'],
    ['/{a b}', 'a b=1', { 'a b': '1' }, /^the name of a variable is a letter/, '^'],
    ['/{a}', 'a=', { a: '' }, /^variable a needs values/, '  ^'],
    ['/{a}', 'a=[1-x]', { a: '[1-x]' }, /^bad range: it goes from/, '   ^'],
    ['/{a}', 'a=[1-9:9]', { a: '1-9:9' }, /^bad range: the step 9/, '       ^'],
    [
      '/{a}',
      'a=[2020-01]',
      { a: '2020-01' },
      /^to count down type \[2020-01\], for the text itself \{2020-01\}$/,
      '   ^',
    ],
    ['/{a}', 'a=[z-a]', { a: 'z-a' }, /^to count down type \[z-a\]/, '   ^'],
    ['/{a}', 'a={x}y}', { a: 'x}y' }, /^unmatched close brace; type \\\}/, '    ^'],
    ['/{a}', 'a={x,y', { a: '{x,y' }, /^unmatched brace.*\\\{ for the character itself$/, '  ^'],
    ['/{a}', 'a=x,[1-3]', { a: 'x,[1-3]' }, /^values are either a list or globs; type \{\\,\}/, '   ^'],
    ['/{a}', 'a=[1-3],x', { a: '[1-3],x' }, /^values are either a list or globs/, '       ^'],
    ['/{a}/{b}', 'a=x{b}', { a: 'x{b}', b: '1-3' }, /^the value of a variable cannot hold another/, '   ^'],
    ['/{a}', 'a=@', { a: '@' }, /^a file name follows the @/, '   ^'],
    ['/{a}', 'a=@no.txt', { a: '@no.txt' }, /^cannot read no\.txt: there is no such file$/, '   ^'],
  ])('%s with %s', (text, shown, vars, problem, caret) => {
    const error = templateError(() => compile(text, { vars }));
    expect(drawing(error)).toEqual({ problem: expect.stringMatching(problem), text: shown || text, caret });
  });

  it('in the values that code gives', () => {
    const vars = { a: 5 } as unknown as Record<string, string>;
    expect(templateError(() => compile('/{a}', { vars })).message).toMatch(
      /^variable a needs values as text/,
    );
  });

  it('in a file: empty, too long, unreadable', () => {
    const problemOf = (readWords: () => readonly string[]) =>
      drawing(templateError(() => compile('/{a}', { vars: { a: '@f' }, readWords }))).problem;
    expect(problemOf(() => [])).toBe('f holds no words');
    expect(WORDS_MAX).toBe(50_000_000);
    expect(problemOf(() => new Array<string>(WORDS_MAX + 1))).toMatch(
      /^f holds more than 50,000,000 words; split/,
    );
    const throws = (error: unknown) => () => {
      throw error;
    };
    expect(problemOf(throws(Object.assign(new Error('x'), { code: 'EACCES' })))).toMatch(
      /permission denied$/,
    );
    expect(problemOf(throws(Object.assign(new Error('x'), { code: 'EISDIR' })))).toMatch(/it is a folder$/);
    expect(problemOf(throws(new Error('line 7 is too long')))).toBe('cannot read f: line 7 is too long');
  });

  it('with globoff, which leaves no variables', () => {
    const error = templateError(() => compile('/{id}', { vars: { id: '1-3' }, globoff: true }));
    expect(error.message).toMatch(/^variable id is used nowhere: --globoff takes URLs as they are/);
  });

  it('is none where another of several templates uses the variable', () => {
    const templates = compileTemplates(['/{a}', '/{b}'], { ...OPTIONS, vars: { a: '1-2', b: 'x,y' } });
    expect(templates.map(all)).toEqual([
      ['/1', '/2'],
      ['/x', '/y'],
    ]);
  });
});

describe('--var', () => {
  it('binds everything behind the first =', () => {
    expect(readVars(['a=1-3', 'q=x=y', '__proto__=z', 'e='])).toEqual(
      Object.fromEntries([
        ['a', '1-3'],
        ['q', 'x=y'],
        ['__proto__', 'z'],
        ['e', ''],
      ]),
    );
    expect(expand('/{__proto__}', { vars: readVars(['__proto__=z,y']) })).toEqual(['/z', '/y']);
  });

  it('refuses a name without values, and a name twice', () => {
    expect(templateError(() => readVars(['words.txt'])).message).toMatch(/needs its values: name=1-100/);
    expect(templateError(() => readVars(['a=1', 'a=2'])).message).toMatch(/^variable a is given twice/);
  });
});
