// What curl expands, expanded as curl does. The right-hand sides were recorded from curl itself.

import { describe, expect, it } from 'vitest';
import { compile, drawing, expand, templateError } from './template-fixture.ts';

describe("the examples of curl's manual (docs/cmdline-opts/_GLOBBING.md)", () => {
  it('a list in braces', () => {
    expect(expand('https://fun.example/{one,two,three}.jpg')).toEqual([
      'https://fun.example/one.jpg',
      'https://fun.example/two.jpg',
      'https://fun.example/three.jpg',
    ]);
  });

  it('a list in the host', () => {
    expect(expand('sftp://{one,two,three}.example/README')).toEqual([
      'sftp://one.example/README',
      'sftp://two.example/README',
      'sftp://three.example/README',
    ]);
  });

  it('a series of numbers', () => {
    const urls = expand('ftp://ftp.example.com/file[1-100].txt');
    expect(urls).toEqual(Array.from({ length: 100 }, (_, i) => `ftp://ftp.example.com/file${i + 1}.txt`));
  });

  it('with leading zeroes', () => {
    const urls = expand('ftp://ftp.example.com/file[001-100].txt');
    expect([urls.length, urls[0], urls[9], urls[99]]).toEqual([
      100,
      'ftp://ftp.example.com/file001.txt',
      'ftp://ftp.example.com/file010.txt',
      'ftp://ftp.example.com/file100.txt',
    ]);
  });

  it('letters through the alphabet', () => {
    const urls = expand('ftp://ftp.example.com/file[a-z].txt');
    expect(urls).toEqual([...'abcdefghijklmnopqrstuvwxyz'].map((c) => `ftp://ftp.example.com/file${c}.txt`));
  });

  it('several next to each other, the rightmost fastest', () => {
    const urls = expand('https://example.com/archive[1996-1999]/vol[1-4]/part{a,b,c}.html');
    expect(urls).toHaveLength(48);
    expect([urls[0], urls[1], urls[3], urls[12], urls[47]]).toEqual([
      'https://example.com/archive1996/vol1/parta.html',
      'https://example.com/archive1996/vol1/partb.html',
      'https://example.com/archive1996/vol2/parta.html',
      'https://example.com/archive1997/vol1/parta.html',
      'https://example.com/archive1999/vol4/partc.html',
    ]);
  });

  it('a step for numbers and for letters', () => {
    expect(expand('https://example.com/file[1-100:10].txt')).toEqual(
      [1, 11, 21, 31, 41, 51, 61, 71, 81, 91].map((n) => `https://example.com/file${n}.txt`),
    );
    expect(expand('https://example.com/file[a-z:2].txt')).toEqual(
      [...'acegikmoqsuwy'].map((c) => `https://example.com/file${c}.txt`),
    );
  });

  it('named globs: the name changes nothing', () => {
    expect(expand('https://fun.example/{<number>one,two,three}.jpg')).toEqual(
      expand('https://fun.example/{one,two,three}.jpg'),
    );
    expect(expand('ftp://ftp.example.com/file[<range>1-100].txt')).toEqual(
      expand('ftp://ftp.example.com/file[1-100].txt'),
    );
  });
});

describe('what else curl takes', () => {
  it.each<[string, string[]]>([
    ['x://h/{a,b}/[1-3]', ['a/1', 'a/2', 'a/3', 'b/1', 'b/2', 'b/3']],
    ['x://h/{a}', ['a']],
    ['x://h/{id}', ['id']],
    ['x://h/{a,,b}', ['a', '', 'b']],
    ['x://h/{,a}', ['', 'a']],
    ['x://h/{a,}', ['a', '']],
    ['x://h/{a,a}', ['a', 'a']],
    ['x://h/{a\\,b,c\\\\d,\\x,\\},\\{,\\]}', ['a,b', 'c\\d', 'x', '}', '{', ']']],
    ['x://h/[]/a', ['[]/a']],
    ['x://h/[fe80::1]', ['[fe80::1]']],
    ['x://h/[a::b]', ['[a::b]']],
    ['x://h/[1-3:2]', ['1', '3']],
    ['x://h/[1- 3]', ['1', '2', '3']],
    ['x://h/[0-10:5]', ['0', '5', '10']],
    ['x://h/[08-10]', ['08', '09', '10']],
    ['x://h/[8-010]', ['8', '9', '10']],
    ['x://h/[1-1]', ['1']],
    ['x://h/[a-a]', ['a']],
    ['x://h/[a-a:1]', ['a']],
    ['x://h/[Z-a]', ['Z', '[', '\\', ']', '^', '_', '`', 'a']],
    ['x://h/[Z-]]', ['Z', '[', '\\', ']']],
    ['x://h/[x-{]', ['x', 'y', 'z', '{']],
    ['x://h/a\\b\\{\\}\\[\\]\\,\\', ['a\\b{}[]\\,\\']],
    ['x://h/[a-b]{1,4}', ['a1', 'a4', 'b1', 'b4']],
    ['x://h/[1-2]{1,4}', ['11', '14', '21', '24']],
    ['x://h/[1-3]{4}', ['14', '24', '34']],
    ['x://h/{x}{4}', ['x4']],
    ['x://h/{<}', ['<']],
    ['x://h/{<>a,b}', ['<>a', 'b']],
    ['x://h/', ['']],
  ])('%s', (text, paths) => {
    expect(expand(text)).toEqual(paths.map((path) => `x://h/${path}`));
  });

  it('takes an IPv6 address for a host, not for a glob', () => {
    expect(expand('http://[::1]:8080/[1-3]')).toEqual([1, 2, 3].map((n) => `http://[::1]:8080/${n}`));
    expect(expand('http://[2001:db8::7]/')).toEqual(['http://[2001:db8::7]/']);
    expect(expand('http://[fe80::1%25eth0]/[1-2]')).toHaveLength(2);
  });

  it('takes everything as it is with globoff', () => {
    const text = 'https://example.com/{[]}}}}[1-3]\\{name}';
    expect(expand(text, { globoff: true })).toEqual([text]);
  });

  it('counts ids beyond 2^53 exactly', () => {
    const template = compile('x://h/[9007199254740990-9007199254741010:7]');
    expect([template.count, template.at(1), template.at(2)]).toEqual([
      3,
      'x://h/9007199254740997',
      'x://h/9007199254741004',
    ]);
    const ids = compile('x://h/[000900719925474099301-900719925474099399]');
    expect([ids.count, ids.at(98)]).toEqual([99, 'x://h/000900719925474099399']);
  });
});

describe('what curl refuses is refused, under the exact spot', () => {
  it.each<[string, string, RegExp]>([
    ['x://h/{a,b', '      ^', /^unmatched brace: .*\\\{ .*--globoff/],
    ['x://h/{a,b\\}', '      ^', /^unmatched brace/],
    ['x://h/{a\\', '      ^', /^unmatched brace/],
    ['x://h/a}', '       ^', /^unmatched close brace; type \\\} .*--globoff/],
    ['x://h/a]/', '       ^', /^unmatched close bracket; type \\\] .*--globoff/],
    ['x://h/[1-3]]', '           ^', /^unmatched close bracket/],
    ['x://h/{}', '      ^', /^empty braces; type \\\{ .*--globoff/],
    ['x://h/{<n>}', '      ^', /^empty braces/],
    ['x://h/{a{b}}', '        ^', /^nested brace: .*\\\{/],
    ['x://h/{a,[1-3]}', '         ^', /^nested bracket: .*\\\[/],
    ['x://h/{a]}', '        ^', /^unexpected close bracket in braces; type \\\]/],
    ['x://h/[1-3', '      ^', /^unmatched bracket: .*\\\[ .*--globoff/],
    ['x://h/[a-z/x:y,z', '      ^', /^unmatched bracket/],
    ['x://h/[a-z\\]', '      ^', /^unmatched bracket/],
    ['x://h/[1-3:0]', '           ^', /^bad range: a step is at least 1/],
    ['x://h/[1-3:5]', '           ^', /^bad range: the step 5 .* at most 2$/],
    ['x://h/[7-7:2]', '           ^', /^bad range: the step 2 .* at most 1$/],
    ['x://h/[a-c:13]', '           ^', /^bad range: the step 13 .* at most 2$/],
    ['x://h/[1-3:]', '          ^', /^bad range: a step needs one range/],
    ['x://h/[1-3:x]', '          ^', /^bad range: a step needs one range/],
    ['x://h/[1-x]', '       ^', /^bad range: it goes from .* or from a digit to a digit/],
    ['x://h/[A-z]', '       ^', /^bad range: .*\(\[a-zA-Z\]\)/],
    ['x://h/[a-Z]', '       ^', /^bad range: .*\(\[a-zA-Z\]\)/],
    ['x://h/[a-~]', '       ^', /^bad range: .*\\-/],
    ['x://h/[1-]', '       ^', /^bad range: it needs two ends.*\\\[ .*--globoff/],
    ['x://h/[10-]', '       ^', /^bad range: it needs two ends/],
    ['x://h/[a-]', '       ^', /^bad range: it needs two ends/],
    ['x://h/[-a]', '       ^', /^bad range: it needs two ends/],
    ['x://h/[-5-10]', '       ^', /^bad range: it needs two ends/],
    ['x://h/[a,b]', '        ^', /^bad range: a list .*\{a,b\}; type \\,/],
    ['x://h/[[a-z]]', '       ^', /^nested brackets or braces/],
    ['x://h/[a{2}]', '        ^', /^nested brackets or braces/],
    ['x://h/[1 - 3]', '        ^', /^bad range: white space/],
    ['x://h/[<n>]', '      ^', /^bad range: nothing stands in it/],
    ['x://h/{<n>a}[<n>1-2]', '             ^', /^the glob name <n> stands twice/],
  ])('%s', (text, caret, problem) => {
    const error = templateError(() => compile(text));
    expect(drawing(error)).toEqual({ problem: expect.stringMatching(problem), text, caret });
    expect([error.name, error.text, error.position]).toEqual(['TemplateError', text, caret.length - 1]);
  });
});

describe('the drawing of an error', () => {
  it('shows of a long template what stands around the spot', () => {
    const text = `x://h/${'a'.repeat(500)}}${'b'.repeat(500)}`;
    const error = templateError(() => compile(text));
    const { text: shown, caret } = drawing(error);
    expect(shown).toBe(`…${'a'.repeat(60)}}${'b'.repeat(59)}…`);
    expect(shown[caret.length - 1]).toBe('}');
    expect(error.position).toBe(506);
  });

  it('keeps the password of a URL to itself, and the caret in place', () => {
    const error = templateError(() => compile('http://me:secret@h/[1-x]'));
    expect(drawing(error)).toMatchObject({ text: 'http://***@h/[1-x]', caret: '              ^' });
    expect(`${error.message}${error.text}`).not.toContain('secret');
    const inside = templateError(() => compile('http://me:se}cret@h/'));
    expect(drawing(inside)).toMatchObject({ text: 'http://***@h/', caret: '       ^' });
  });

  it('stays in its line where the template has a line break', () => {
    const { text, caret } = drawing(templateError(() => compile('x://h\r\n/}')));
    expect([text, caret]).toEqual(['x://h  /}', '        ^']);
  });
});
