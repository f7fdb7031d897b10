import { describe, expect, it } from 'vitest';
import { Inspection } from '../../src/inspection/inspection.ts';
import { resolveOptions } from '../../src/model/options.ts';
import { Failure } from '../../src/model/outcome.ts';
import {
  type InspectionOptions,
  inspection,
  type ResponseParts,
  refusal,
  response,
  untouchable,
} from './response.ts';

function passes(options: InspectionOptions, parts: ResponseParts): boolean {
  return inspection(options).passes(response(parts));
}

describe('filters', () => {
  it.each<[InspectionOptions, ResponseParts, boolean]>([
    [{ matchStatus: '200,3xx' }, { status: 301 }, true],
    [{ matchStatus: '200,3xx' }, { status: 404 }, false],
    [{ matchStatus: ['200', '404'] }, { status: 404 }, true],
    [{ matchStatus: 404 }, { status: 404 }, true],
    [{ matchStatus: [200, '4xx'] }, { status: 404 }, true],
    [{ filterStatus: '404' }, { status: 404 }, false],
    [{ filterStatus: '404' }, { status: 200 }, true],
    [{ match: 'ad[m]in' }, { body: 'the admin' }, true],
    [{ match: 'admin' }, { body: 'ADMIN' }, false],
    [{ match: '(?i)admin' }, { body: 'ADMIN' }, true],
    [{ match: /admin/i }, { body: 'ADMIN' }, true],
    [{ match: ['a', /b/] }, { body: 'b' }, true],
    [{ match: ['a', 'b'] }, { body: 'c' }, false],
    [{ filter: ['a', 'b'] }, { body: 'b' }, false],
    [{ filter: 'not found' }, { body: 'found' }, true],
    [{ matchSize: '0,1234,100-200' }, { body: 'x'.repeat(150) }, true],
    [{ matchSize: '0,1234,100-200' }, { body: 'x' }, false],
    [{ matchSize: 0 }, {}, true],
    [{ filterSize: '0' }, {}, false],
    [{ filterSize: '0' }, { body: 'x' }, true],
    [{ matchStatus: '200', match: 'x' }, { body: 'y' }, false],
    [{ matchStatus: '200', match: 'x' }, { body: 'x', status: 500 }, false],
    [{ matchStatus: '200', match: 'x' }, { body: 'x' }, true],
    [{ matchStatus: '200', filter: 'x' }, { body: 'x' }, false],
  ])('%j lets %j pass: %j', (options, parts, expected) => {
    expect(passes(options, parts)).toBe(expected);
  });

  it('let every failure pass', () => {
    const failure = Failure.ofInput(1, 'x', 'no URL');
    const strict = inspection({ matchStatus: '299', match: 'never', matchSize: '1', filterStatus: '1xx' });
    expect(strict.passes(failure)).toBe(true);
    const unexpected = inspection({ failOn: '500', matchStatus: '200' });
    expect(unexpected.passes(unexpected.inspect(response({ status: 500 })))).toBe(true);
  });

  it('read no body where the status tells', () => {
    const one = inspection({ matchStatus: '200', match: 'x' });
    expect(one.passes(untouchable({ status: 404 }))).toBe(false);
    expect(one.readsBody).toBe(true);
    expect(inspection({ matchStatus: '200', filterStatus: '404' }).readsBody).toBe(false);
  });

  it('search each body from its beginning, whatever flags a caller’s expression has', () => {
    for (const match of [/a/g, /a/y]) {
      const one = inspection({ match });
      const answers = [1, 2, 3].map(() => one.passes(response({ body: 'a' })));
      expect(answers).toEqual([true, true, true]);
      expect(match.lastIndex).toBe(0);
    }
  });

  it('are refused where they cannot be read', () => {
    expect(refusal({ match: '(' })).toBe(
      'match: no regular expression (Unterminated group) at character 1 of "("; ' +
        'mend it, or put \\ in front of characters that are meant as they are',
    );
    expect(refusal({ filter: '' })).toMatch(/^filter: a regular expression is missing; /);
    expect(refusal({ matchStatus: [200, {}] })).toMatch(/^matchStatus takes statuses such as 200/);
    expect(refusal({ match: 5 })).toMatch(/^match takes a regular expression/);
    expect(refusal({ failOn: [null] })).toMatch(/^failOn takes a condition/);
    expect(refusal({ matchStatus: 12.5 })).toMatch(/no status "12.5"/);
  });

  it('are nothing where nothing is asked for', () => {
    expect(Inspection.of(resolveOptions({}))).toBeUndefined();
    expect(Inspection.of(resolveOptions({ matchStatus: [], extract: {}, failOn: [] }))).toBeUndefined();
  });
});
