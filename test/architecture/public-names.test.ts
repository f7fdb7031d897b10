// The names that users may import. A change here is a change of the public API: say so in CHANGELOG.md.

import * as flurry from 'flurry';
import * as target from 'flurry/target';
import { expect, it } from 'vitest';

it('exports these values and no others', () => {
  expect(Object.keys(flurry).sort()).toEqual([
    'Failure',
    'InputError',
    'OptionError',
    'OutputError',
    'Response',
    'TemplateError',
    'csv',
    'flurry',
    'fromFile',
    'fromStream',
    'fromTemplates',
    'jsonLines',
  ]);
  expect(Object.keys(target)).toEqual(['startTarget']);
});
