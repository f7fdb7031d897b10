// The picture of how the law moves: its limit over time in four scenarios.

import { evenTicks } from '../../../src/view/plot/capacity-chart.ts';
import { plot, plotted } from '../../../src/view/plot/observable.ts';
import { heading, page, placed } from '../../../src/view/plot/page.ts';
import { type Film, film } from './film.ts';
import { AUTO, axes, frame, HEAD_HEIGHT, KNEE, note, WIDTH } from './look.ts';

const PANEL_WIDTH = WIDTH / 2;
const PANEL_HEIGHT = 270;
const TITLE_HEIGHT = 30;
const SEED = 1;
const PANELS = [
  { id: 'S2', about: 'S2: throughput falls beyond 60', max: 130, kneeAt: 'end' },
  { id: 'S4', about: 'S4: 200 workers, 40, and 200 again', max: 290, kneeAt: 'middle' },
  { id: 'S6', about: 'S6: refuses connections beyond 32', max: 70, kneeAt: 'end' },
  { id: 'S9', about: 'S9: 20,000 requests in all, 20 ms away', max: 290, kneeAt: 'end' },
] as const;

export function limitsFigure(): string {
  return page(
    {
      width: WIDTH,
      height: HEAD_HEIGHT + 2 * (TITLE_HEIGHT + PANEL_HEIGHT) + 6,
      title: 'How auto moves',
      subtitle:
        'What it allows to be in flight, over the time of one simulated run; dashed: where goodput is greatest.',
    },
    PANELS.map((one, i) => {
      const y = HEAD_HEIGHT + Math.floor(i / 2) * (TITLE_HEIGHT + PANEL_HEIGHT);
      return placed((i % 2) * PANEL_WIDTH, y, panel(one, i % 2 === 0));
    }),
  );
}

function panel({ id, about, max }: (typeof PANELS)[number], leftmost: boolean): string {
  const shown = film(id, SEED);
  const endS = shown.limits.at(-1)!.s;
  const knees = kneesOf(shown, endS);
  const first = knees[0]!;
  const svg = plotted({
    ...frame(PANEL_WIDTH, PANEL_HEIGHT - 24),
    ...{ marginTop: 10 },
    x: { domain: [0, endS], label: null },
    y: { domain: [0, max], label: null },
    marks: [
      ...axes(evenTicks(endS, 5), evenTicks(max, 5)),
      plot.line(knees, {
        x: 's',
        y: 'knee',
        stroke: KNEE,
        strokeWidth: 1.5,
        strokeDasharray: '5 4',
        curve: 'step-after',
      }),
      plot.line(shown.limits, { x: 's', y: 'limit', stroke: AUTO, strokeWidth: 2, curve: 'step-after' }),
      ...knees
        .slice(1, -2)
        .map(({ knee }, i) =>
          note(
            `knee ${knee}`,
            { x: knees[i + 2]!.s, y: knee },
            { fill: KNEE, textAnchor: 'end', dx: -8, dy: 18 },
          ),
        ),
      note(
        `knee ${first.knee}`,
        { x: endS, y: first.knee },
        { fill: KNEE, textAnchor: 'end', dx: -4, dy: 38 },
      ),
    ],
  });
  return [
    heading(leftmost ? 'in flight' : '', 24, 16),
    `<text x="${PANEL_WIDTH / 2 + 20}" y="16" font-size="13.5" font-weight="600" text-anchor="middle">${about}</text>`,
    placed(0, TITLE_HEIGHT - 6, svg),
    heading('seconds', PANEL_WIDTH - 24, TITLE_HEIGHT + PANEL_HEIGHT - 20, 'end'),
  ].join('');
}

function kneesOf({ scenario }: Film, endS: number): { s: number; knee: number }[] {
  const places = scenario.phases.map(({ fromMs, knee }) => ({ s: fromMs / 1000, knee: knee! }));
  return [...places, { s: endS, knee: places.at(-1)!.knee }];
}
