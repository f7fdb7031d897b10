// A chart of goodput over concurrency in characters: braille dots for curve and intervals, one character for each point.
// Pure: it is given how wide it may be, and how to paint.

import { count } from '../../model/text.ts';
import type { Hue, Paint } from '../terminal.ts';
import {
  type CapacityChart,
  curveOf,
  evenTicks,
  goodputMax,
  type Place,
  sizeRange,
  sizeTicks,
} from './capacity-chart.ts';

const ROWS = 14;
const COLUMNS_MIN = 24;
const COLUMNS_MAX = 96;
const LABEL_GAP = ' ';
const TICK_ROWS = 4;

/** Lines without their ends, none wider than `columns`. */
export function textChart(chart: CapacityChart, columns: number, paint: Paint): string[] {
  const max = goodputMax(chart);
  const ticks = evenTicks(max, TICK_ROWS);
  const labelWidth = Math.max(...ticks.map((tick) => figure(tick).length));
  const width = Math.max(COLUMNS_MIN, Math.min(COLUMNS_MAX, columns - labelWidth - LABEL_GAP.length - 2));
  const canvas = drawn(chart, max, width);
  const labels = new Map(ticks.map((tick) => [canvas.rowOf(tick / max), figure(tick)]));
  const lines = canvas.lines(paint).map((line, row) => {
    const label = labels.get(row);
    const axis = label === undefined ? '│' : '┤';
    return `${(label ?? '').padStart(labelWidth)}${LABEL_GAP}${paint('dim', axis)}${line}`;
  });
  const indent = ' '.repeat(labelWidth + LABEL_GAP.length + 1);
  return [
    paint('dim', 'responses per second'),
    ...kneeLabel(chart, canvas, indent),
    ...lines,
    `${indent.slice(0, -1)}${paint('dim', `└${axisLine(chart, canvas)}`)}`,
    `${indent}${sizeLabels(chart, canvas)}`,
    `${indent}${paint('dim', 'requests in flight'.padStart(Math.floor((canvas.width + 18) / 2)))}`,
    ...legend(chart, columns, paint),
  ];
}

function figure(n: number): string {
  return n >= 10 || n === 0 ? count(n) : String(Number(n.toPrecision(2)));
}

function drawn(chart: CapacityChart, max: number, width: number): Canvas {
  const range = sizeRange(chart);
  const canvas = new Canvas(width, ROWS, range);
  const at = ({ size, goodput }: Place) => [canvas.xOf(size), goodput / max] as const;
  if (chart.knee !== undefined) canvas.column(canvas.xOf(chart.knee.size));
  if (chart.fit !== undefined) {
    for (const place of curveOf(chart.fit, range, 4 * width)) canvas.dot(...at(place), 'dim');
  }
  for (const { size, low, high } of chart.points) {
    if (low === undefined || high === undefined) continue;
    canvas.bar(canvas.xOf(size), Math.max(0, low) / max, Math.min(max, high) / max, 'cyan');
  }
  if (chart.auto !== undefined) canvas.sign(...at(chart.auto), '○', 'yellow');
  for (const point of chart.points) canvas.sign(...at(point), '●', 'cyan');
  const taken = chart.points.find(({ size }) => size === chart.recommended);
  if (taken !== undefined) canvas.sign(...at(taken), '◆', 'green');
  return canvas;
}

function kneeLabel({ knee }: CapacityChart, canvas: Canvas, indent: string): string[] {
  if (knee === undefined) return [];
  const text = `knee ${figure(Math.round(knee.size))}`;
  const middle = Math.floor(canvas.xOf(knee.size) * (canvas.width - 1));
  const start = Math.max(0, Math.min(canvas.width - text.length, middle - Math.floor(text.length / 2)));
  return [`${indent}${' '.repeat(start)}${text}`];
}

function axisLine(chart: CapacityChart, canvas: Canvas): string {
  const marks = new Set(sizeTicks(sizeRange(chart)).map((tick) => canvas.cellOf(canvas.xOf(tick))));
  return Array.from({ length: canvas.width }, (_, x) => (marks.has(x) ? '┬' : '─')).join('');
}

/** Each under its mark; one that would touch the one before is left out. */
function sizeLabels(chart: CapacityChart, canvas: Canvas): string {
  let line = '';
  for (const tick of sizeTicks(sizeRange(chart))) {
    const text = figure(tick);
    const middle = canvas.cellOf(canvas.xOf(tick));
    const start = Math.min(canvas.width - text.length, Math.max(0, middle - Math.floor(text.length / 2)));
    if (line === '' || start > line.length) line = line.padEnd(start) + text;
  }
  return line;
}

function legend(chart: CapacityChart, columns: number, paint: Paint): string[] {
  const intervals = chart.points.some(({ low }) => low !== undefined);
  const entries: [sign: string, text: string, hue: Hue][] = [
    ['●', intervals ? 'measured, 95% interval' : 'measured', 'cyan'],
  ];
  if (chart.recommended !== undefined) entries.push(['◆', `take ${figure(chart.recommended)}`, 'green']);
  if (chart.fit !== undefined) entries.push(['⠒⠒', 'fitted (USL)', 'dim']);
  if (chart.knee !== undefined) entries.push(['┊', "knee (Little's law)", 'dim']);
  if (chart.auto !== undefined) entries.push(['○', 'auto', 'yellow']);
  const lines: { plain: string; painted: string }[] = [];
  for (const [sign, text, hue] of entries) {
    const last = lines.at(-1);
    const entry = { plain: `${sign} ${text}`, painted: `${paint(hue, sign)} ${text}` };
    if (last === undefined || last.plain.length + 3 + entry.plain.length >= columns) lines.push(entry);
    else {
      last.plain += `   ${entry.plain}`;
      last.painted += `   ${entry.painted}`;
    }
  }
  return lines.map(({ painted }) => painted);
}

// Braille cells (Unicode 2800) have two columns and four rows of dots; the bits, by column and row from the top.
const DOTS = [
  [0x01, 0x02, 0x04, 0x40],
  [0x08, 0x10, 0x20, 0x80],
] as const;
const BRAILLE = 0x2800;

/** x is 0 to 1 from left to right, y 0 to 1 from the bottom up. What is drawn later lies on top. */
class Canvas {
  readonly width: number;
  readonly #rows: number;
  readonly #logLow: number;
  readonly #logSpan: number;
  readonly #dots: number[];
  readonly #hues: (Hue | undefined)[];
  readonly #signs: (string | undefined)[];

  constructor(width: number, rows: number, [low, high]: readonly [number, number]) {
    this.width = width;
    this.#rows = rows;
    this.#logLow = Math.log(low);
    this.#logSpan = Math.log(high) - this.#logLow;
    const cells = width * rows;
    this.#dots = new Array<number>(cells).fill(0);
    this.#hues = new Array<Hue | undefined>(cells).fill(undefined);
    this.#signs = new Array<string | undefined>(cells).fill(undefined);
  }

  /** Of a size, on the logarithmic axis. */
  xOf(size: number): number {
    return Math.min(1, Math.max(0, (Math.log(size) - this.#logLow) / this.#logSpan));
  }

  cellOf(x: number): number {
    return Math.round(x * (this.width - 1));
  }

  rowOf(y: number): number {
    return this.#rows - 1 - Math.round(y * (this.#rows - 1));
  }

  dot(x: number, y: number, hue: Hue): void {
    if (y < 0 || y > 1) return;
    const column = Math.round(x * (2 * this.width - 1));
    const row = Math.round((1 - y) * (4 * this.#rows - 1));
    const cell = (row >> 2) * this.width + (column >> 1);
    if (this.#hues[cell] !== undefined && this.#hues[cell] !== hue) this.#dots[cell] = 0;
    this.#signs[cell] = undefined;
    this.#dots[cell]! |= DOTS[(column & 1) as 0 | 1][(row & 3) as 0 | 1 | 2 | 3];
    this.#hues[cell] = hue;
  }

  /** In the column of cells where the sign of the same place stands. */
  bar(x: number, low: number, high: number, hue: Hue): void {
    const centre = (2 * this.cellOf(x)) / (2 * this.width - 1);
    for (let y = low; y < high; y += 1 / (8 * this.#rows)) this.dot(centre, y, hue);
    this.dot(centre, high, hue);
  }

  sign(x: number, y: number, sign: string, hue: Hue): void {
    const cell = this.rowOf(Math.min(1, Math.max(0, y))) * this.width + this.cellOf(x);
    this.#signs[cell] = sign;
    this.#hues[cell] = hue;
  }

  column(x: number): void {
    for (let row = 0; row < this.#rows; row++) {
      const cell = row * this.width + this.cellOf(x);
      this.#signs[cell] = '┊';
      this.#hues[cell] = 'dim';
    }
  }

  lines(paint: Paint): string[] {
    return Array.from({ length: this.#rows }, (_, row) => {
      let line = '';
      for (let cell = row * this.width; cell < (row + 1) * this.width; cell++)
        line += this.#cell(cell, paint);
      return line.trimEnd();
    });
  }

  #cell(cell: number, paint: Paint): string {
    const hue = this.#hues[cell];
    if (hue === undefined) return ' ';
    return paint(hue, this.#signs[cell] ?? String.fromCharCode(BRAILLE + this.#dots[cell]!));
  }
}
