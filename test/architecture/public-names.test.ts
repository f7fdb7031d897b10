// The names that users may import. A change here is a change of the public API: say so in CHANGELOG.md.

import type { Attempt, Bound, Hop, Response, RunVerdict, Summary } from 'flurry';
import * as flurry from 'flurry';
import * as links from 'flurry/links';
import * as target from 'flurry/target';
import { expect, expectTypeOf, it } from 'vitest';

it('exports these values and no others', () => {
  expect(Object.keys(flurry).sort()).toEqual([
    'Failure',
    'InputError',
    'InvalidRequest',
    'JournalError',
    'OptionError',
    'OutputError',
    'RecordingError',
    'RequestError',
    'Response',
    'Session',
    'TemplateError',
    'csv',
    'fileBody',
    'flurry',
    'fromCursor',
    'fromFile',
    'fromStream',
    'fromTemplates',
    'jsonLines',
    'multipart',
  ]);
  expect(Object.keys(target)).toEqual(['startTarget']);
  expect(Object.keys(links)).toEqual(['links']);
});

// The compiler is what fails here: a program that keeps a verdict or an attempt must be able to name its type.
it('exports the types of what a summary and a response hold', () => {
  expectTypeOf<Summary['verdict']>().toEqualTypeOf<RunVerdict>();
  expectTypeOf<RunVerdict['bound']>().toEqualTypeOf<Bound>();
  expectTypeOf<Response['history']>().toEqualTypeOf<readonly Attempt[] | undefined>();
  expectTypeOf<Response['redirects']>().toEqualTypeOf<readonly Hop[]>();
});
