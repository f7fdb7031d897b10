// URLs with columns of a table in them.

import { describe, expect, it } from 'vitest';
import { InvalidRequest } from '../../src/model/invalid.ts';
import { compileRowTemplate } from '../../src/sources/template/row.ts';
import { drawing, templateError } from './template-fixture.ts';

const COLUMNS = ['id', 'First Name', 'a|b', 'c}d', 'twice', 'twice', 'x,y'];
const ROW = ['7', 'Ann & Bob', 'bar', 'brace', '1', '2', 'comma'];

describe('a URL with columns', () => {
  it.each([
    ['http://h/{id}', 'http://h/7'],
    ['{id}{id}', '77'],
    ['http://h/?n={First Name|uri}&id={id|uri}', 'http://h/?n=Ann%20%26%20Bob&id=7'],
    ['http://h/{First Name}', 'http://h/Ann & Bob'],
    ['{a|b} {a|b|uri} {c\\}d} {x,y}', 'bar bar brace comma'],
    ['\\{id\\} \\[1-3\\] \\x [] http://[::1]/', '{id} [1-3] \\x [] http://[::1]/'],
    ['http://h/', 'http://h/'],
    ['', ''],
  ])('%s', (text, url) => {
    expect(compileRowTemplate(text, COLUMNS)(ROW)).toBe(url);
  });

  it('says which column a row lacks', () => {
    const toUrl = compileRowTemplate('http://h/{First Name}', COLUMNS);
    expect(() => toUrl(['7'])).toThrow(new InvalidRequest('the row has no column First Name'));
  });

  it.each<[string, string, RegExp]>([
    ['/{idd}', '  ^', /^there is no column "idd"; did you mean \{id\}\?$/],
    ['/{nonsense}', '  ^', /^there is no column "nonsense"; there are id, First Name, a\|b/],
    ['/{nonsense|uri}', '  ^', /^there is no column "nonsense"/],
    ['/{id|url}', '  ^', /^the only filter is uri: \{id\|uri\}$/],
    ['/{twice}', '  ^', /^two columns are called twice/],
    ['/{a,b}', '  ^', /^a URL with columns holds no lists; type \\\{/],
    ['/{}', '  ^', /^there is no column ""/],
    ['/[1-3]', ' ^', /^a URL with columns holds no ranges; type \\\[/],
    ['/{id', ' ^', /^unmatched brace/],
    ['/id}', '   ^', /^unmatched close brace; type \\\} for the character itself$/],
    ['/]', ' ^', /^unmatched close bracket/],
  ])('refuses %s', (text, caret, problem) => {
    const shown = drawing(templateError(() => compileRowTemplate(text, COLUMNS)));
    expect(shown).toEqual({ problem: expect.stringMatching(problem), text, caret });
  });
});
