// The names that users may import. A change here is a change of the public API: say so in CHANGELOG.md.

import * as flurry from 'flurry';
import * as links from 'flurry/links';
import * as target from 'flurry/target';
import { expect, it } from 'vitest';

it('exports these values and no others', () => {
  expect(Object.keys(flurry).sort()).toEqual([
    'Failure',
    'InputError',
    'InvalidRequest',
    'OptionError',
    'OutputError',
    'RequestError',
    'Response',
    'Session',
    'TemplateError',
    'csv',
    'fileBody',
    'flurry',
    'fromFile',
    'fromStream',
    'fromTemplates',
    'jsonLines',
    'multipart',
  ]);
  expect(Object.keys(target)).toEqual(['startTarget']);
  expect(Object.keys(links)).toEqual(['links']);
});
