// Which responses are handed out. A response passes where each option of `match…` finds one of its items in it and
// none of `filter…` does. Never decides about failures: nobody shall lose an error.

import type { Settings } from '../model/options.ts';
import type { Response } from '../model/outcome.ts';
import type { Content } from './content.ts';
import { readExpression, withoutMemory } from './expression.ts';
import { type Written, written } from './misread.ts';
import { SizeList } from './size-list.ts';
import { readStatuses } from './status-list.ts';

export interface Filter {
  readonly readsBody: boolean;
  readonly passes: (response: Response, content: Content) => boolean;
}

export type FilterSettings = Pick<
  Settings,
  'matchStatus' | 'filterStatus' | 'match' | 'filter' | 'matchSize' | 'filterSize'
>;

/** The cheapest first: a body is decoded for what the others let pass. Throws OptionError. */
export function readFilters(settings: FilterSettings): Filter[] {
  const { matchStatus, filterStatus, matchSize, filterSize, match, filter } = settings;
  return [
    ...statusFilters('matchStatus', matchStatus, true),
    ...statusFilters('filterStatus', filterStatus, false),
    ...sizeFilters('matchSize', matchSize, true),
    ...sizeFilters('filterSize', filterSize, false),
    ...contentFilters('match', match, true),
    ...contentFilters('filter', filter, false),
  ];
}

type Items = string | number | readonly (string | number)[];

function statusFilters(option: string, items: Items, keep: boolean): Filter[] {
  const texts = textsOf(option, items);
  if (texts.length === 0) return [];
  const list = readStatuses(texts);
  return [{ readsBody: false, passes: (response) => list.has(response.status) === keep }];
}

function sizeFilters(option: string, items: Items, keep: boolean): Filter[] {
  const texts = textsOf(option, items);
  if (texts.length === 0) return [];
  const list = new SizeList();
  for (const text of texts) list.add(text);
  return [{ readsBody: true, passes: (response) => list.has(response.body.length) === keep }];
}

function textsOf(option: string, items: Items): Written[] {
  return [items].flat().map((item) => written(option, String(item)));
}

function contentFilters(option: string, items: Settings['match'], keep: boolean): Filter[] {
  const expressions = [items]
    .flat()
    .map((item) =>
      item instanceof RegExp ? withoutMemory(item) : readExpression(written(option, String(item))),
    );
  if (expressions.length === 0) return [];
  return [
    {
      readsBody: true,
      passes: (_, content) => expressions.some((expression) => expression.test(content.text)) === keep,
    },
  ];
}
