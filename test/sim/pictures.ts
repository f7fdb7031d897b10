// The pictures of docs/adaptive.md, as SVG documents by the names of their files. Loads what draws; nothing else does.

import { comparisonFigure } from './figures/comparison.ts';
import { goodputFigure } from './figures/goodput.ts';
import { limitsFigure } from './figures/limits.ts';
import { ratesFigure } from './figures/rates.ts';
import type { Played } from './table.ts';

/** One run each with the first seed; `played`, all of them, is what the comparison shows. */
export function pictures(played: readonly Played[]): Readonly<Record<string, string>> {
  return {
    'adaptive-goodput.svg': goodputFigure(),
    'adaptive-limits.svg': limitsFigure(),
    'adaptive-rates.svg': ratesFigure(),
    'adaptive-comparison.svg': comparisonFigure(played),
  };
}
