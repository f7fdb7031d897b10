// Lists of statuses as options of this room have them: what an item that fits nothing is told, and where it stands.

import { StatusList } from '../model/status-list.ts';
import { misread, part, type Written } from './misread.ts';

const ADVICE = 'write statuses as 200, 3xx or 500-599, separated by commas';

/** All of the lists together. Throws OptionError for what is no list of statuses. */
export function readStatuses(lists: readonly Written[]): StatusList {
  const statuses = new StatusList();
  for (const list of lists) {
    let start = 0;
    for (const piece of list.text.split(',')) {
      const item = part(list, start, start + piece.length);
      const problem = statuses.add(item.text);
      if (problem !== undefined) throw misread(item, 0, problem, ADVICE);
      start += piece.length + 1;
    }
  }
  return statuses;
}
