// The picture of the table: steady goodput of each law in each scenario, median and worst seed.

import { plot, plotted } from '../../../src/view/plot/observable.ts';
import { FAINT, heading, page, placed, QUIET } from '../../../src/view/plot/page.ts';
import { median } from '../requirements.ts';
import type { Played } from '../table.ts';
import { AUTO, frame, HEAD_HEIGHT, REFUSED, RIVAL, WIDTH } from './look.ts';

const ROW_HEIGHT = 30;
const NAMES_WIDTH = 136;
const TOP = 40;
const LAWS = ['auto', 'AIMD', 'Vegas', 'Gradient2'] as const;
const COLUMN_WIDTH = (WIDTH - NAMES_WIDTH - 16) / LAWS.length;
/** Right of 100 % there is room for what else is said. */
const SHARE_MAX = 1.85;
const OVER_KNEE = 1.5;
/** Rows exactly as high as their names stand apart. */
const BAND = { paddingInner: 0.4, paddingOuter: 0.2, round: false };

const ABOUT: Readonly<Record<string, string>> = {
  S1: 'queues',
  S2: 'falls',
  S2u: 'flat curve',
  S3: 'rate, told',
  S3b: 'rate, untold',
  S4: 'steps',
  S5: 'slow tail',
  S6: 'refuses',
  S6b: 'answers 429',
  S7: 'this CPU',
  S7b: 'shared CPU',
  S7c: 'busy client',
  S8: '100 hosts',
  S9: 'short run',
};

interface Cell {
  readonly id: string;
  readonly median: number;
  readonly worst: number;
  readonly inFlight: number;
}

export function comparisonFigure(played: readonly Played[]): string {
  const seeds = Math.max(...played.map((one) => one.seeds.length));
  const height = TOP + ROW_HEIGHT * played.length + 30;
  return page(
    {
      width: WIDTH,
      height: HEAD_HEIGHT + height,
      title: 'Steady goodput of four laws',
      subtitle: `Of the best fixed number’s goodput: median (bar) and worst (tick) of ${seeds} seeds. Red: most in flight ÷ knee, where above 1.5.`,
    },
    [
      placed(0, HEAD_HEIGHT, names(played)),
      ...LAWS.map((law, i) => placed(NAMES_WIDTH + i * COLUMN_WIDTH, HEAD_HEIGHT, column(law, played))),
    ],
  );
}

function names(played: readonly Played[]): string {
  return played
    .map(({ scenario }, row) => {
      const y = TOP + (row + 0.5) * ROW_HEIGHT + 5;
      return [
        `<text x="24" y="${y}" font-size="13.5" font-weight="600">${scenario.id}</text>`,
        heading(ABOUT[scenario.id] ?? '', 62, y),
      ].join('');
    })
    .join('');
}

function column(law: (typeof LAWS)[number], played: readonly Played[]): string {
  const cells = played.map(({ scenario, trials }) => cellOf(scenario.id, trials[law]!));
  const over = cells.filter(({ inFlight }) => inFlight > OVER_KNEE + 0.005);
  const color = law === 'auto' ? AUTO : RIVAL;
  const svg = plotted({
    ...frame(COLUMN_WIDTH, ROW_HEIGHT * played.length + 26),
    ...{ marginTop: 0, marginBottom: 26, marginLeft: 20, marginRight: 4 },
    x: { domain: [0, SHARE_MAX], label: null },
    y: { type: 'band', domain: played.map(({ scenario }) => scenario.id), axis: null, ...BAND },
    marks: [
      plot.gridX([0, 0.5, 1], { stroke: FAINT, strokeOpacity: 1 }),
      plot.axisX([0, 0.5, 1], { tickFormat: percent, fontSize: 12, fill: QUIET, stroke: FAINT }),
      plot.ruleY(cells, { x1: 0, x2: 'median', y: 'id', stroke: color, strokeWidth: 14 }),
      plot.dot(cells, { x: 'worst', y: 'id', symbol: TICK, r: 7, stroke: '#1b1f24', strokeWidth: 2 }),
      plot.text(cells, {
        ...{ x: (one: Cell) => Math.max(one.median, one.worst), y: 'id', textAnchor: 'start', dx: 7 },
        ...{ text: (one: Cell) => percent(one.median), fontSize: 13, fontWeight: law === 'auto' ? 600 : 400 },
      }),
      plot.text(over, {
        ...{ x: SHARE_MAX, y: 'id', textAnchor: 'end', text: (one: Cell) => `${one.inFlight.toFixed(1)}×` },
        ...{ fontSize: 13, fontWeight: 600, fill: REFUSED },
      }),
    ],
  });
  return heading(law, 20, 24).replace('<text', '<text font-weight="600"') + placed(0, TOP, svg);
}

/** A symbol that is a stroke from top to bottom; `size` is an area. */
const TICK = {
  draw(context: { moveTo(x: number, y: number): void; lineTo(x: number, y: number): void }, size: number) {
    const half = Math.sqrt(size / Math.PI);
    context.moveTo(0, -half);
    context.lineTo(0, half);
  },
};

function cellOf(id: string, trials: Played['trials'][string]): Cell {
  const steady = trials.map((trial) => trial.steady);
  return {
    id,
    median: Math.min(1, median(steady)),
    worst: Math.min(...steady),
    inFlight: Math.max(...trials.map((trial) => trial.inFlight)),
  };
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
