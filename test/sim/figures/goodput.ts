// The picture of what is to be found: goodput over fixed numbers in flight, and where the law settled.

import { count } from '../../../src/model/text.ts';
import { evenTicks } from '../../../src/view/plot/capacity-chart.ts';
import { plot, plotted } from '../../../src/view/plot/observable.ts';
import { heading, page, placed, QUIET } from '../../../src/view/plot/page.ts';
import { NO_COST } from '../core.ts';
import { play } from '../judge.ts';
import { FixedLaw } from '../laws.ts';
import type { Scenario } from '../scenarios.ts';
import { film, quantile, scenarioOf, shares } from './film.ts';
import { AUTO, axes, frame, HEAD_HEIGHT, KNEE, note, RIVAL, TARGET, WIDTH } from './look.ts';

const HEIGHT = 416;
const TITLE_HEIGHT = 16;
const PANEL_WIDTH = WIDTH / 2;
const SIZES = [4, 6, 8, 12, 16, 24, 32, 48, 60, 80, 128, 160, 200, 256, 400, 512, 800, 1024, 2048, 4096];
const TICKS = [4, 16, 64, 256, 1024, 4096];
const SEED = 1;

export function goodputFigure(): string {
  return page(
    {
      width: WIDTH,
      height: HEAD_HEIGHT + HEIGHT,
      title: 'What there is to find, and where auto settled',
      subtitle:
        'Goodput over the number in flight, simulated. Each dot is a fixed number; the bar is what auto had in flight.',
    },
    ['S1', 'S2'].map((id, i) => placed(i * PANEL_WIDTH, HEAD_HEIGHT, panel(id, i === 0))),
  );
}

function panel(id: string, leftmost: boolean): string {
  const scenario = scenarioOf(id);
  const curve = SIZES.map((size) => ({ x: size, y: fixedGoodput(scenario, size) }));
  const max = 1.2 * Math.max(...curve.map(({ y }) => y));
  const settled = settledPlace(id);
  const { knee } = scenario.phases.at(-1)!;
  const svg = plotted({
    ...frame(PANEL_WIDTH, HEIGHT - TITLE_HEIGHT - 26),
    x: { type: 'log', base: 2, domain: [SIZES[0], SIZES.at(-1)], label: null },
    y: { domain: [0, max], label: null },
    marks: [
      ...axes(TICKS, evenTicks(max, 5)),
      plot.ruleX([256], { stroke: RIVAL, strokeWidth: 1.5, strokeDasharray: '2 4' }),
      note(
        '256: the most that\nauto takes unasked',
        { x: 256, y: 0 },
        {
          ...{
            fill: QUIET,
            fontWeight: 400,
            fontSize: 12.5,
            textAnchor: 'start',
            dx: 8,
            dy: -22,
            lineHeight: 1.25,
          },
        },
      ),
      plot.ruleX([knee], { stroke: KNEE, strokeWidth: 1.5, strokeDasharray: '5 4' }),
      plot.line(curve, { x: 'x', y: 'y', stroke: TARGET, strokeWidth: 2 }),
      plot.dot(curve, { x: 'x', y: 'y', r: 3.5, fill: TARGET, stroke: 'white', strokeWidth: 1 }),
      plot.ruleY([settled], {
        x1: 'low',
        x2: 'high',
        y: 'y',
        stroke: AUTO,
        strokeWidth: 16,
        strokeOpacity: 0.4,
      }),
      plot.dot([settled], {
        x: 'x',
        y: 'y',
        r: 4,
        symbol: 'diamond',
        fill: 'white',
        stroke: AUTO,
        strokeWidth: 2.5,
      }),
      note(`knee ${knee}`, { x: knee!, y: max }, { fill: KNEE, dy: -12 }),
      note(`auto ${count(settled.x)}: ${count(Math.round(settled.y))}/s`, settled, {
        ...{ fill: AUTO, textAnchor: 'end', dx: -24, dy: -14 },
      }),
    ],
  });
  const about = `${scenario.id}: ${scenario.title}`;
  return [
    heading(leftmost ? 'responses per second' : '', 24, TITLE_HEIGHT + 18),
    `<text x="${PANEL_WIDTH / 2 + 20}" y="6" font-size="13.5" font-weight="600" text-anchor="middle">${about}</text>`,
    placed(0, TITLE_HEIGHT, svg),
    heading('requests in flight', PANEL_WIDTH / 2 + 20, HEIGHT - 14, 'middle'),
  ].join('');
}

function fixedGoodput(scenario: Scenario, size: number): number {
  const client = { totalMax: 2 * SIZES.at(-1)!, core: NO_COST };
  const wide = { ...scenario, plan: { ...scenario.plan, client } };
  return play(wide, SEED, () => [new FixedLaw(size)]).goodput[0]!;
}

/** Of the second half: the limit that was held for longest, and all but a tenth of what else was tried. */
function settledPlace(id: string): { x: number; y: number; low: number; high: number } {
  const shown = film(id, SEED);
  const { toMs } = shown.scenario.phases[0]!;
  const held = shares(shown, toMs / 2000, toMs / 1000);
  const longest = held.reduce((a, b) => (b.share > a.share ? b : a));
  return {
    x: longest.limit,
    y: shown.figures.goodput[0]!,
    low: quantile(held, 0.05),
    high: quantile(held, 0.95),
  };
}
