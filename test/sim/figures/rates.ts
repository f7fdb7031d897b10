// The picture of a host that sells a rate: what it admitted and what it refused, second by second.

import { plot, plotted } from '../../../src/view/plot/observable.ts';
import { FAINT, heading, page, placed } from '../../../src/view/plot/page.ts';
import { BIN_MS } from '../simulate.ts';
import { type Film, film } from './film.ts';
import { AUTO, axes, frame, HEAD_HEIGHT, KNEE, note, REFUSED, WIDTH } from './look.ts';

const RATE_HEIGHT = 170;
const REFUSED_HEIGHT = 86;
const TITLE_HEIGHT = 30;
const PANEL_HEIGHT = RATE_HEIGHT + REFUSED_HEIGHT + 22;
const TIMES_S = [0, 20, 40, 60, 80, 100, 120];
/** Of 429 in a second, what the strip holds. */
const REFUSED_MAX = 10;
const RATE = 300;
const RATE_MAX = 345;
const SEED = 1;
const PANELS = [
  { id: 'S3', about: 'S3: 429 with Retry-After, and a ban of 10 s for ignoring it' },
  { id: 'S3b', about: 'S3b: 429 and nothing else' },
] as const;

export function ratesFigure(): string {
  return page(
    {
      width: WIDTH,
      height: HEAD_HEIGHT + PANELS.length * (TITLE_HEIGHT + PANEL_HEIGHT) + 4,
      title: 'A host that sells 300 requests per second',
      subtitle: 'What it admitted in each second, and how many it answered with 429, in one simulated run.',
    },
    PANELS.map((one, i) => placed(0, HEAD_HEIGHT + i * (TITLE_HEIGHT + PANEL_HEIGHT), panel(one))),
  );
}

function panel({ id, about }: (typeof PANELS)[number]): string {
  const seconds = secondsOf(film(id, SEED));
  const refused = seconds.filter((one) => one.refused > 0);
  const endS = seconds.length;
  const total = refused.reduce((sum, one) => sum + one.refused, 0);
  const x = { domain: [0, endS], label: null };
  const admitted = plotted({
    ...frame(WIDTH, RATE_HEIGHT),
    ...{ x, marginTop: 12, marginBottom: 8, y: { domain: [0, RATE_MAX], label: null } },
    marks: [
      ...axes([], [0, 100, 200, 300]),
      plot.gridX(TIMES_S, { stroke: FAINT, strokeOpacity: 1 }),
      plot.ruleY([RATE], { stroke: KNEE, strokeWidth: 1.5, strokeDasharray: '5 4' }),
      plot.line(seconds, { x: 's', y: 'admitted', stroke: AUTO, strokeWidth: 2 }),
      note('sold: 300', { x: endS, y: RATE }, { fill: KNEE, textAnchor: 'end', dx: -4, dy: -11 }),
      note('admitted', { x: endS, y: RATE }, { fill: AUTO, textAnchor: 'end', dx: -4, dy: 20 }),
    ],
  });
  const answered429 = plotted({
    ...frame(WIDTH, REFUSED_HEIGHT),
    ...{ x, marginTop: 8, y: { domain: [0, REFUSED_MAX], label: null } },
    marks: [
      ...axes(TIMES_S, [0, REFUSED_MAX / 2, REFUSED_MAX]),
      plot.ruleX(refused, { x: 's', y1: 0, y2: 'refused', stroke: REFUSED, strokeWidth: 4 }),
      note(
        `answered 429: ${total} in all`,
        { x: endS, y: REFUSED_MAX },
        {
          ...{ fill: REFUSED, textAnchor: 'end', dx: -4, dy: 14 },
        },
      ),
    ],
  });
  return [
    heading('per second', 24, 16),
    `<text x="${WIDTH / 2 + 20}" y="16" font-size="13.5" font-weight="600" text-anchor="middle">${about}</text>`,
    placed(0, TITLE_HEIGHT - 8, admitted),
    placed(0, TITLE_HEIGHT - 8 + RATE_HEIGHT, answered429),
    heading('seconds', WIDTH - 24, TITLE_HEIGHT + RATE_HEIGHT + REFUSED_HEIGHT + 4, 'end'),
  ].join('');
}

/** In the middle of each second. */
function secondsOf({ figures: { run } }: Film): { s: number; admitted: number; refused: number }[] {
  const bins = 1000 / BIN_MS;
  const sum = (all: Float64Array, second: number) =>
    all.subarray(second * bins, (second + 1) * bins).reduce((a, b) => a + b, 0);
  return Array.from({ length: Math.floor(run.endMs / 1000) }, (_, second) => ({
    s: second + 0.5,
    admitted: sum(run.successes, second),
    refused: sum(run.metered, second),
  }));
}
