// How the pictures of docs/adaptive.md look: colours, axes and names of lines, over the project's own plots.

import { count } from '../../../src/model/text.ts';
import { document, type Mark, plot } from '../../../src/view/plot/observable.ts';
import { FAINT, QUIET } from '../../../src/view/plot/page.ts';

export const WIDTH = 960;
export const HEAD_HEIGHT = 84;

export const AUTO = '#0e7490';
export const TARGET = '#1f6feb';
export const KNEE = '#c2410c';
export const REFUSED = '#b42318';
export const RIVAL = '#98a2b3';

/** What is written over lines stands on a white seam. */
export const ON_LINES = { stroke: 'white', strokeWidth: 5, paintOrder: 'stroke' } as const;

export function frame(width: number, height: number) {
  return {
    document,
    ...{ width, height, marginLeft: 64, marginRight: 24, marginTop: 34, marginBottom: 30 },
    style: { background: 'none', fontSize: '13px' },
  };
}

/** Grid and names of both axes, at these values. */
export function axes(xTicks: readonly number[], yTicks: readonly number[]): Mark[] {
  const look = { fontSize: 13, fill: QUIET, stroke: FAINT, tickFormat: count } as const;
  return [
    plot.gridX(xTicks, { stroke: FAINT, strokeOpacity: 1 }),
    plot.gridY(yTicks, { stroke: FAINT, strokeOpacity: 1 }),
    plot.axisX(xTicks, look),
    plot.axisY(yTicks, { ...look, tickSize: 0 }),
    plot.ruleY([0], { stroke: RIVAL }),
  ];
}

/** Text at one place. */
export function note(
  text: string,
  at: { x: number; y: number },
  more: Readonly<Record<string, unknown>>,
): Mark {
  const look = { fontSize: 13, fontWeight: 600, ...ON_LINES };
  return plot.text([at], { x: 'x', y: 'y', text: () => text, ...look, ...more });
}
