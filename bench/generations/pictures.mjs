// The pictures of a report, as SVG and PNG in a folder: the generations, the curves, memory.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { barsPicture } from './bars-picture.mjs';
import { isRight } from './columns.mjs';
import { isAuto } from './curves.mjs';
import { linesPicture } from './lines-picture.mjs';
import { captionLines, figure } from './markdown.mjs';
import { FLURRY, paletteOf } from './palette.mjs';

const FONTS = ['Inter-Regular.ttf', 'Inter-SemiBold.ttf'];
const MIB = 1024 ** 2;

/** Resolves to the names of the files. A picture for which nothing was measured is left out. */
export async function writePictures(report, out) {
  const { pngOf } = await import('../../build/view/plot/png-chart.js');
  const files = FONTS.map((name) => fileURLToPath(new URL(`../../assets/inter/${name}`, import.meta.url)));
  const written = [];
  for (const [name, svg] of Object.entries(drawn(report))) {
    writeFileSync(join(out, `${name}.svg`), svg);
    writeFileSync(join(out, `${name}.png`), pngOf(svg, files));
    written.push(`${name}.svg`, `${name}.png`);
  }
  return written;
}

function drawn(report) {
  const caption = captionLines(report);
  const colorOf = paletteOf(report.peers);
  const pictures = {};
  const bars = generations(report);
  if (bars !== undefined)
    pictures.generations = barsPicture({ ...bars, caption, peers: report.peers, colorOf });
  for (const curve of report.curves) {
    const lines = goodput(curve, report.peers);
    if (lines.series.length > 0) pictures[curve.name] = linesPicture({ ...lines, caption, colorOf });
  }
  const memory = report.memory.filter(({ points }) => points.length > 0);
  if (memory.length > 0) pictures.memory = linesPicture({ ...memoryLines(memory), caption, colorOf });
  return pictures;
}

/** What a person waits for where the target is away, and what a request costs where it is not. */
function generations({ tables }) {
  const has = ({ rows }) => rows.some(({ msPerRequest }) => msPerRequest !== undefined);
  const away = [...tables].reverse().find((one) => one.target === 'away' && has(one));
  const plain = tables.find((one) => one.name === 'plain' && has(one));
  const panels = [
    away && {
      title: `${figure(away.requests)} requests 20 ms away: ms per request`,
      spreadOf: (name) => away.rows.find((row) => row.name === name)?.msPerRequest,
    },
    plain && {
      title: 'next door: CPU µs per request',
      spreadOf: (name) => plain.rows.find((row) => row.name === name)?.cpuUs,
    },
  ].filter(Boolean);
  if (panels.length === 0) return undefined;
  return {
    title: 'Every generation, side by side',
    subtitle:
      'Shorter is better; each line of the grid is ten times the one before. Bars are medians, thin lines from least to most.',
    panels,
  };
}

function goodput({ target, results }, peers) {
  const good = results.filter(isRight);
  const series = peers
    .filter(({ sized }) => sized)
    .map((peer) => {
      const own = good.filter((result) => result.peer === peer.name);
      const points = own
        .map(({ concurrency, perSecond }) => ({ x: concurrency, y: perSecond }))
        .sort((a, b) => a.x - b.x);
      const best = points.reduce((top, point) => (point.y > (top?.y ?? 0) ? point : top), undefined);
      return { peer, title: peer.title, points, note: best && `${figure(best.y)}/s at ${figure(best.x)}` };
    })
    .filter(({ points }) => points.length > 0);
  const marks = good
    .filter(({ peer }) => peers.some((one) => one.name === peer && isAuto(one)))
    .map(({ concurrency, perSecond }) => ({
      ...(concurrency === undefined ? {} : { x: concurrency }),
      y: perSecond,
      text: `flurry, auto: ${figure(perSecond)}/s${concurrency === undefined ? ', told no size' : ` at ${figure(concurrency)}`}`,
      color: FLURRY,
    }));
  const sizes = [...new Set(good.map(({ concurrency }) => concurrency))].filter(Boolean);
  const where = target === 'limited' ? "a server with 60 workers' worth" : 'the same answer 20 ms away';
  return {
    title: `Goodput over the size of the semaphore: ${where}`,
    subtitle: 'Both axes are logarithmic. Beside each name its highest goodput and the size where it was.',
    xName: 'size of the semaphore: requests in flight',
    yName: 'good responses per second',
    xTicks: Array.from({ length: 13 }, (_, i) => 2 ** i).filter((tick) => tick <= Math.max(...sizes)),
    series,
    marks,
  };
}

function memoryLines(memory) {
  const series = memory.map(({ name, title, language, flurry, points }) => ({
    peer: { name, language, flurry },
    title,
    note: `${figure(points.at(-1).bytes / MIB)} MiB at ${figure(points.at(-1).requests)}`,
    points: points.map(({ requests, bytes }) => ({ x: requests, y: bytes / MIB })),
  }));
  return {
    title: 'Memory over the number of requests',
    subtitle: 'Peak of resident memory of the whole process, interpreter and all. Both axes are logarithmic.',
    xName: 'requests in one run',
    yName: 'peak memory, MiB',
    xTicks: [40, 100, 1000, 4000, 10_000, 100_000, 36 ** 4],
    series,
  };
}
