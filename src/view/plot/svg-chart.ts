// The same chart as an SVG document: goodput above, latency below, one axis of sizes. Drawn by Observable Plot on a
// document that is none of a browser's; load this file only where a chart is wanted.

import { uslThroughput } from '../../metrics/usl.ts';
import { count, milliseconds } from '../../model/text.ts';
import {
  boundOf,
  type CapacityChart,
  curveOf,
  evenTicks,
  goodputMax,
  sizeRange,
  sizeTicks,
} from './capacity-chart.ts';
import { document, type Mark, plot, plotted } from './observable.ts';
import { FAINT, heading, page, placed, QUIET } from './page.ts';

const WIDTH = 960;
const MARGIN_LEFT = 76;
const MARGIN_RIGHT = 104;
const HEAD_HEIGHT = 82;
const GOODPUT_HEIGHT = 390;
const LATENCY_HEIGHT = 214;
const FOOT_HEIGHT = 14;
/** Of two lines of text, as a part of the panel's height. */
const NAME_HEIGHT = 0.13;

const MEASURED = '#1f6feb';
const FITTED = '#9a6bd1';
const TAKEN = '#14804a';
const KNEE = '#c2410c';
const TAIL = '#d97706';
const AUTO = '#0e7490';

export function svgChart(chart: CapacityChart): string {
  const { title, subtitle } = chart;
  const top = HEAD_HEIGHT + GOODPUT_HEIGHT;
  return page({ width: WIDTH, height: top + LATENCY_HEIGHT + FOOT_HEIGHT, title, subtitle }, [
    placed(0, HEAD_HEIGHT, goodputPanel(chart)),
    placed(0, top, latencyPanel(chart)),
  ]);
}

// ── panels ────────────────────────────────────────────────────────────────────────────────────────────────────

const FRAME = {
  document,
  width: WIDTH,
  marginLeft: MARGIN_LEFT,
  marginRight: MARGIN_RIGHT,
  style: { background: 'none', fontSize: '13px' },
};

function xAxis(chart: CapacityChart) {
  return { type: 'log', base: 2, domain: sizeRange(chart), label: null } as const;
}

function grid(chart: CapacityChart, ticks: readonly number[]): Mark[] {
  return [
    plot.gridX(sizeTicks(sizeRange(chart)), { stroke: FAINT, strokeOpacity: 1 }),
    plot.gridY(ticks, { stroke: FAINT, strokeOpacity: 1 }),
  ];
}

function xTicks(chart: CapacityChart): Mark {
  return plot.axisX(sizeTicks(sizeRange(chart)), {
    tickFormat: count,
    fontSize: 13,
    fill: QUIET,
    stroke: FAINT,
  });
}

function goodputPanel(chart: CapacityChart): string {
  const max = goodputMax(chart);
  const ticks = evenTicks(max, 5);
  const svg = plotted({
    ...FRAME,
    ...{ height: GOODPUT_HEIGHT, marginTop: 44, marginBottom: 34 },
    x: xAxis(chart),
    y: { domain: [0, max], label: null },
    marks: [
      ...grid(chart, ticks),
      xTicks(chart),
      plot.axisY(ticks, { tickFormat: figure, fontSize: 13, fill: QUIET, stroke: FAINT, tickSize: 0 }),
      plot.ruleY([0], { stroke: '#98a2b3' }),
      ...boundMarks(chart),
      ...fitMarks(chart, max),
      ...kneeMarks(chart, max),
      ...endMarks(chart, max),
      ...pointMarks(chart, max),
      ...autoMarks(chart),
    ],
  });
  return heading('goodput, responses per second', 24, 16) + svg;
}

function boundMarks(chart: CapacityChart): Mark[] {
  if (chart.knee === undefined) return [];
  const bound = boundOf(chart.knee, sizeRange(chart));
  return [
    plot.line(bound, { x: 'size', y: 'goodput', stroke: KNEE, strokeWidth: 1, strokeDasharray: '2 4' }),
  ];
}

function fitMarks(chart: CapacityChart, max: number): Mark[] {
  if (chart.fit === undefined) return [];
  const curve = curveOf(chart.fit, sizeRange(chart), 240).filter(({ goodput }) => goodput <= max);
  return [plot.line(curve, { x: 'size', y: 'goodput', stroke: FITTED, strokeWidth: 2 }), ...peakMarks(chart)];
}

/** Each line's name stands at its end, and at a distance from the other's. */
function endMarks({ knee, fit, ...chart }: CapacityChart, max: number): Mark[] {
  const [, size] = sizeRange(chart);
  const names: { text: string; color: string; goodput: number }[] = [];
  if (knee !== undefined && knee.size < size) {
    names.push({ text: `ceiling\n${figure(knee.goodput)}/s`, color: KNEE, goodput: knee.goodput });
  }
  if (fit !== undefined) {
    const goodput = Math.min(max, uslThroughput(fit, size));
    names.push({ text: `USL fit\nR² ${fit.rSquared.toFixed(2)}`, color: FITTED, goodput });
  }
  names.sort((a, b) => a.goodput - b.goodput);
  const [low, high] = names;
  if (low !== undefined && high !== undefined) {
    const missing = NAME_HEIGHT * max - (high.goodput - low.goodput);
    if (missing > 0) low.goodput -= missing;
  }
  return names.map(({ text, color, goodput }) =>
    plot.text([{ size, goodput }], {
      ...{
        x: 'size',
        y: 'goodput',
        textAnchor: 'start',
        dx: 14,
        fontSize: 13,
        lineHeight: 1.25,
        fill: color,
      },
      text: () => text,
    }),
  );
}

function peakMarks({ fit, peak }: CapacityChart): Mark[] {
  if (fit === undefined || peak === undefined) return [];
  const [top] = curveOf(fit, [peak, peak * 2], 2);
  const look = {
    fontSize: 12.5,
    fill: FITTED,
    stroke: 'white',
    strokeWidth: 4,
    paintOrder: 'stroke',
  } as const;
  return [
    plot.dot([top], { x: 'size', y: 'goodput', r: 4, fill: 'white', stroke: FITTED, strokeWidth: 2 }),
    plot.text([top], { x: 'size', y: 'goodput', text: () => `USL peak ${figure(peak)}`, dy: -15, ...look }),
  ];
}

function kneeMarks({ knee }: CapacityChart, max: number): Mark[] {
  if (knee === undefined) return [];
  const place = [{ size: knee.size, goodput: max }];
  const text = `knee ${figure(knee.size)} = ${figure(knee.goodput)}/s × ${milliseconds(knee.baseMs)}`;
  return [
    plot.ruleX(place, { x: 'size', stroke: KNEE, strokeWidth: 1.5, strokeDasharray: '5 4' }),
    plot.text(place, {
      x: 'size',
      y: 'goodput',
      text: () => text,
      dy: -14,
      fontSize: 13,
      fontWeight: 600,
      fill: KNEE,
    }),
  ];
}

function pointMarks({ points, recommended }: CapacityChart, max: number): Mark[] {
  const bars = points.flatMap(({ size, low, high }) =>
    low === undefined || high === undefined
      ? []
      : [{ size, low: Math.max(0, low), high: Math.min(max, high) }],
  );
  const taken = points.filter(({ size }) => size === recommended);
  const label = {
    fontSize: 13,
    fontWeight: 600,
    fill: TAKEN,
    stroke: 'white',
    strokeWidth: 5,
    paintOrder: 'stroke',
  };
  return [
    plot.ruleX(bars, {
      x: 'size',
      y1: 'low',
      y2: 'high',
      stroke: MEASURED,
      strokeWidth: 2,
      strokeOpacity: 0.55,
    }),
    plot.dot(points, { x: 'size', y: 'goodput', r: 4.5, fill: MEASURED, stroke: 'white', strokeWidth: 1.5 }),
    plot.dot(taken, { x: 'size', y: 'goodput', r: 8.5, stroke: TAKEN, strokeWidth: 2.5 }),
    plot.text(taken, {
      ...{ x: 'size', y: 'goodput', textAnchor: 'start', dx: 14, dy: 26, ...label },
      text: ({ size, goodput }: Taken) => `take ${count(size)}: ${figure(goodput)}/s`,
    }),
  ];
}

interface Taken {
  readonly size: number;
  readonly goodput: number;
}

function autoMarks({ auto, knee }: CapacityChart): Mark[] {
  if (auto === undefined) return [];
  // Its name stands clear of the knee's line and of the points there: its colour says what it belongs to.
  const place = { size: Math.min(auto.size, knee?.size ?? auto.size), goodput: auto.goodput };
  const label = {
    fontSize: 13,
    fontWeight: 600,
    fill: AUTO,
    stroke: 'white',
    strokeWidth: 5,
    paintOrder: 'stroke',
  };
  return [
    plot.dot([auto], { x: 'size', y: 'goodput', r: 6, symbol: 'diamond', stroke: AUTO, strokeWidth: 2.5 }),
    plot.text([place], {
      ...{ x: 'size', y: 'goodput', textAnchor: 'end', dx: -16, dy: -10, ...label },
      text: () => `auto ${count(auto.size)}: ${figure(auto.goodput)}/s`,
    }),
  ];
}

function latencyPanel(chart: CapacityChart): string {
  const lines = [
    { name: 'p50', color: MEASURED, places: placesOf(chart, 'p50Ms') },
    { name: 'p99', color: TAIL, places: placesOf(chart, 'p99Ms') },
  ].filter(({ places }) => places.length > 0);
  const all = lines.flatMap(({ places }) => places.map(({ ms }) => ms));
  if (all.length === 0) return '';
  const domain = latencyRange(all);
  const ticks = logTicks(domain);
  const ends = apart(
    lines.map(({ places }) => places.at(-1)!.ms),
    domain,
  );
  const svg = plotted({
    ...FRAME,
    ...{ height: LATENCY_HEIGHT, marginTop: 30, marginBottom: 40 },
    x: xAxis(chart),
    y: { type: 'log', domain, label: null, axis: null },
    marks: [
      ...grid(chart, ticks),
      xTicks(chart),
      // An axis would leave out the names of 2 and 5 times a power of ten.
      plot.text(ticks, {
        ...{
          y: (tick: number) => tick,
          frameAnchor: 'left',
          textAnchor: 'end',
          dx: -8,
          fontSize: 13,
          fill: QUIET,
        },
        text: tickOf,
      }),
      ...(chart.knee === undefined
        ? []
        : [plot.ruleX([chart.knee.size], { stroke: KNEE, strokeWidth: 1.5, strokeDasharray: '5 4' })]),
      ...lines.flatMap(({ name, color, places }, i) => [
        plot.line(places, { x: 'size', y: 'ms', stroke: color, strokeWidth: 2 }),
        plot.dot(places, { x: 'size', y: 'ms', r: 3, fill: color }),
        plot.text([{ size: places.at(-1)!.size, ms: ends[i]! }], {
          ...{ x: 'size', y: 'ms', textAnchor: 'start', dx: 12, fontSize: 13, fill: color },
          text: () => `${name} ${tickOf(places.at(-1)!.ms)}`,
        }),
      ]),
    ],
  });
  const middle = (MARGIN_LEFT + WIDTH - MARGIN_RIGHT) / 2;
  return (
    heading('latency', 24, 16) + svg + heading('requests in flight', middle, LATENCY_HEIGHT - 4, 'middle')
  );
}

function placesOf({ points }: CapacityChart, name: 'p50Ms' | 'p99Ms'): { size: number; ms: number }[] {
  return points.flatMap((point) => {
    const ms = point[name];
    return ms === undefined || ms <= 0 ? [] : [{ size: point.size, ms }];
  });
}

function latencyRange(all: readonly number[]): [number, number] {
  const [low, high] = [Math.min(...all) / 1.25, Math.max(...all) * 1.25];
  // Half a decade at least: what hardly changes must not look like a mountain.
  return high / low >= 4 ? [low, high] : [low / 2, high * 2];
}

function logTicks([low, high]: readonly [number, number]): number[] {
  const ticks: number[] = [];
  for (let power = 10 ** Math.floor(Math.log10(low)); power <= high; power *= 10) {
    for (const factor of [1, 2, 5]) ticks.push(Number((factor * power).toPrecision(3)));
  }
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  return inside.length > 6 ? inside.filter((tick) => /^[0.]*10*$/.test(String(tick))) : inside;
}

/** Two names at the ends of two lines, moved away from each other where they would touch. */
function apart(values: readonly number[], [low, high]: readonly [number, number]): number[] {
  const gap = (high / low) ** 0.13;
  const [one, other] = values;
  if (one === undefined || other === undefined || Math.max(one, other) / Math.min(one, other) >= gap)
    return [...values];
  const middle = Math.sqrt(one * other);
  return one <= other
    ? [middle / Math.sqrt(gap), middle * Math.sqrt(gap)]
    : [middle * Math.sqrt(gap), middle / Math.sqrt(gap)];
}

function figure(n: number): string {
  return n >= 10 || n === 0
    ? count(Number(n.toPrecision(n >= 1000 ? 4 : 3)))
    : String(Number(n.toPrecision(2)));
}

function tickOf(ms: number): string {
  if (ms < 1) return `${Number(ms.toPrecision(2))} ms`;
  return ms < 1000 ? `${Number(ms.toPrecision(3))} ms` : `${Number((ms / 1000).toPrecision(3))} s`;
}
