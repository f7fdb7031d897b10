// Charts: what is on them, that nothing leaves its frame, and that what is drawn is seen.

import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fitUsl } from '../../src/metrics/usl.ts';
import {
  boundOf,
  type CapacityChart,
  type CapacityPoint,
  evenTicks,
  goodputMax,
  sizeRange,
  sizeTicks,
} from '../../src/view/plot/capacity-chart.ts';
import { pngOf } from '../../src/view/plot/png-chart.ts';
import { svgChart } from '../../src/view/plot/svg-chart.ts';
import { textChart } from '../../src/view/plot/text-chart.ts';
import { paintFor } from '../../src/view/terminal.ts';

const PLAIN = paintFor(false);
const FONTS = ['Inter-Regular.ttf', 'Inter-SemiBold.ttf'].map((name) =>
  fileURLToPath(new URL(`../../assets/inter/${name}`, import.meta.url)),
);

function pointOf(size: number, goodput: number): CapacityPoint {
  const p50Ms = Math.max(20, size / 3);
  return { size, goodput, low: goodput * 0.97, high: goodput * 1.03, p50Ms, p99Ms: p50Ms * 1.3 };
}

function chartOf(points: readonly CapacityPoint[], more: Partial<CapacityChart> = {}): CapacityChart {
  const fit = fitUsl(points.map(({ size, goodput }) => ({ size, throughput: goodput })));
  const title = 'http://127.0.0.1:8080/capacity?n=60&ms=20';
  const none = { peak: undefined, knee: undefined, recommended: undefined, auto: undefined };
  return { title, subtitle: '3 trials each', points, fit, ...none, ...more };
}

const CHART = chartOf(
  [1, 2, 4, 8, 16, 32, 60, 64, 128, 256].map((size) => pointOf(size, 50 * Math.min(size, 60))),
  {
    knee: { size: 60, baseMs: 20, goodput: 3000 },
    recommended: 60,
    peak: 130,
    auto: { size: 57, goodput: 2850 },
  },
);

const figures = fc.double({ min: 1e-3, max: 1e7, noNaN: true });
const charts = fc
  .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 10_000 }), figures), {
    minLength: 1,
    maxLength: 20,
    selector: ([size]) => size,
  })
  .map((pairs) => pairs.sort(([a], [b]) => a - b).map(([size, goodput]) => pointOf(size, goodput)))
  .map((points) =>
    chartOf(points, {
      recommended: points[0]!.size,
      knee: { size: points.at(-1)!.size / 2, baseMs: 3, goodput: points[0]!.goodput },
    }),
  );

describe('axes', () => {
  it('have even steps from 0, and powers of two', () => {
    expect(evenTicks(3100, 4)).toEqual([0, 1000, 2000, 3000]);
    expect(evenTicks(0.9, 4)).toEqual([0, 0.5]);
    expect(sizeTicks([1, 256])).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256]);
    expect(sizeTicks([5, 100])).toEqual([8, 16, 32, 64]);
    expect(sizeTicks([5, 6])).toEqual([5, 6]);
    expect(sizeRange(chartOf([pointOf(8, 1)]))).toEqual([4, 16]);
  });

  it('hold every point, and a few steps', () => {
    fc.assert(
      fc.property(charts, (chart) => {
        const max = goodputMax(chart);
        for (const { goodput } of chart.points) expect(goodput).toBeLessThan(max);
        const ticks = evenTicks(max, 5);
        expect(ticks.length).toBeGreaterThanOrEqual(2);
        expect(ticks.length).toBeLessThanOrEqual(7);
        expect(ticks.at(-1)).toBeLessThanOrEqual(max * 1.000001);
      }),
    );
  });

  it('know the bound of Little’s law: it rises to the knee and stays', () => {
    const bound = boundOf({ size: 60, goodput: 3000 }, [1, 256]);
    expect(bound[0]).toEqual({ size: 1, goodput: 50 });
    expect(bound.at(-1)).toEqual({ size: 256, goodput: 3000 });
    expect(Math.max(...bound.map(({ goodput }) => goodput))).toBeCloseTo(3000, 6);
  });
});

describe('in the terminal', () => {
  it('is a picture of the target', () => {
    const lines = textChart(CHART, 80, PLAIN);
    expect(lines[0]).toBe('responses per second');
    expect(lines[1]!.trim()).toBe('knee 60');
    const text = lines.join('\n');
    expect(text.match(/●/g)!.length).toBeGreaterThanOrEqual(7);
    expect(text).toContain('◆ take 60');
    expect(text).toMatch(/3,000 ┤/);
    expect(text).toContain('requests in flight');
    expect(text).toMatch(/ 1 +2 +4 +8 +16 +32 +64 +128 +256$/m);
    // The knee's name stands over its line.
    const knee = lines[1]!.indexOf('knee');
    const line = lines.find((one) => one.includes('┊'))!;
    expect(Math.abs(line.indexOf('┊') - (knee + 3))).toBeLessThan(3);
  });

  it('puts higher goodput higher', () => {
    const lines = textChart(chartOf([pointOf(1, 100), pointOf(64, 1000)]), 60, PLAIN);
    const rows = lines.flatMap((line, row) => (/[┤│].*●/.test(line) ? [row] : []));
    expect(rows).toHaveLength(2);
    expect(lines[rows[0]!]!.indexOf('●')).toBeGreaterThan(lines[rows[1]!]!.indexOf('●'));
  });

  it('fits its width, whatever is drawn', () => {
    fc.assert(
      fc.property(charts, fc.integer({ min: 60, max: 200 }), (chart, columns) => {
        for (const line of textChart(chart, columns, PLAIN)) {
          expect([...line].length).toBeLessThan(columns);
          expect(line).not.toMatch(/NaN|undefined|Infinity/);
        }
      }),
    );
  });

  it('paints only where it may', () => {
    expect(textChart(CHART, 80, PLAIN).join('')).not.toContain('\x1b');
    const painted = textChart(CHART, 80, paintFor(true)).join('\n');
    expect(painted).toContain('\x1b[32m◆');
    expect(painted.replace(/\x1b\[\d+m/g, '')).toBe(textChart(CHART, 80, PLAIN).join('\n'));
  });
});

describe('as SVG', () => {
  const svg = svgChart(CHART);
  const textsOf = (text: string) => [...text.matchAll(/<text[^>]*>(.*?)<\/text>/gs)].map((match) => match[1]);

  it('is one document with title, axes, units and names', () => {
    expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/);
    const texts = textsOf(svg)
      .join('\n')
      .replace(/<[^>]+>/g, '\n');
    for (const part of [
      'capacity?n=60&amp;ms=20',
      'goodput, responses per second',
      'requests in flight',
      'latency',
      'knee 60 = 3,000/s × 20.0 ms',
      'take 60: 3,000/s',
      'auto 57: 2,850/s',
      'USL peak 130',
      'p50 85.3 ms',
      'p99 111 ms',
      'ceiling',
      '3,000',
      '50 ms',
    ]) {
      expect(texts).toContain(part);
    }
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|<style/);
  });

  it('takes nothing of a title for markup', () => {
    const evil = svgChart({ ...CHART, title: 'http://h/"><script>alert(1)</script>&\u0007' });
    expect(evil).not.toContain('<script');
    expect(evil).toContain('&lt;script&gt;');
    expect(evil).not.toContain('\u0007');
  });

  it('draws whatever there is', () => {
    fc.assert(
      fc.property(charts, (chart) => {
        const text = svgChart(chart);
        expect(text).not.toMatch(/NaN|undefined|Infinity/);
        expect(text.match(/<svg/g)).toHaveLength(3);
      }),
      { numRuns: 15 },
    );
    const bare: CapacityPoint = {
      size: 1,
      goodput: 5,
      low: undefined,
      high: undefined,
      p50Ms: undefined,
      p99Ms: undefined,
    };
    expect(svgChart(chartOf([bare]))).toContain('</svg>');
  });
});

describe('as PNG', () => {
  it('is a picture of twice the size', () => {
    const png = pngOf(svgChart(CHART), FONTS);
    expect(png.subarray(1, 4).toString()).toBe('PNG');
    expect([png.readUInt32BE(16), png.readUInt32BE(20)]).toEqual([1920, 1400]);
  });

  it('shows text, also bold', () => {
    const document = (weight: number) =>
      `<svg xmlns="http://www.w3.org/2000/svg" width="200" height="40" font-family="Inter"><text x="5" y="25" font-weight="${weight}">σ 60 → 3,000/s</text></svg>`;
    const blank = pngOf(document(400), []).length;
    const [regular, bold] = [pngOf(document(400), FONTS), pngOf(document(600), FONTS)];
    expect(regular.length).toBeGreaterThan(blank + 500);
    expect(bold.equals(regular)).toBe(false);
  });
});
