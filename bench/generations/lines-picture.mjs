// Many peers as lines on logarithmic axes, each named at its end in its colour. Drawn with the project's own plotting;
// knows nothing of files.

import { document, plot, plotted } from '../../build/view/plot/observable.js';
import { FAINT, heading, page, placed, QUIET } from '../../build/view/plot/page.js';
import { decades, words } from './bars-picture.mjs';
import { figure } from './markdown.mjs';

const WIDTH = 1180;
const LEFT = 78;
const NAMES_WIDTH = 330;
const TOP = 100;
const PLOT_HEIGHT_MIN = 470;
const AXIS_HEIGHT = 30;
const FOOT_HEIGHT = 96;
const NAME_HEIGHT = 16.5;
const LEADER = 26;
/** In the legend: a letter's width, and that of a square with the space about it. */
const LETTER = 7.4;
const SWATCH = 36;

/**
 * `series`: `title`, `peer`, `points` of x and y, ascending, `note` behind the name. `marks`: places of their own with a
 * text; without an x they are a line across.
 */
export function linesPicture({
  title,
  subtitle,
  caption,
  xName,
  yName,
  xTicks,
  series,
  marks = [],
  colorOf,
}) {
  const drawn = series.filter(({ points }) => points.length > 0);
  const plotHeight = Math.max(PLOT_HEIGHT_MIN, (drawn.length + 1) * NAME_HEIGHT);
  const all = drawn.flatMap(({ points }) => points);
  const xs = [...all.map(({ x }) => x), ...marks.flatMap(({ x }) => (x === undefined ? [] : [x]))];
  const x = { domain: [Math.min(...xs), Math.max(...xs) * 1.0001], range: [LEFT, WIDTH - NAMES_WIDTH] };
  const ys = [...all, ...marks].map((place) => place.y);
  const y = { domain: [Math.min(...ys) / 1.3, Math.max(...ys) * 1.3], range: [plotHeight, 8] };
  const svg = plotted({
    document,
    width: WIDTH,
    height: plotHeight + AXIS_HEIGHT,
    ...{ marginLeft: LEFT, marginRight: NAMES_WIDTH, marginTop: 8, marginBottom: AXIS_HEIGHT },
    style: { background: 'none', fontSize: '13px', overflow: 'visible' },
    x: { type: 'log', domain: x.domain, label: null, axis: null },
    y: { type: 'log', domain: y.domain, label: null, axis: null },
    marks: [
      ...grid(x, y, xTicks),
      ...drawn.flatMap((one) => lineMarks(one, colorOf)),
      ...marks.flatMap(markMarks),
    ],
  });
  const bottom = TOP + plotHeight + AXIS_HEIGHT;
  return page({ width: WIDTH, height: bottom + FOOT_HEIGHT, title, subtitle }, [
    heading(yName, 24, TOP - 14),
    ...legend(drawn, colorOf),
    placed(0, TOP, svg),
    ...namesAtEnds(drawn, { x, y, plotHeight, colorOf }),
    heading(xName, (LEFT + WIDTH - NAMES_WIDTH) / 2, bottom + 16, 'middle'),
    ...caption.map((line, i) => heading(line, 24, bottom + 56 + 20 * i)),
  ]);
}

function grid(x, y, xTicks) {
  const ticks = yTicks(y.domain);
  const shown = xTicks.filter((tick) => tick >= x.domain[0] && tick <= x.domain[1]);
  return [
    plot.gridX(shown, { stroke: FAINT, strokeOpacity: 1 }),
    plot.gridY(ticks, { stroke: FAINT, strokeOpacity: 1 }),
    // An axis would leave out the names of all that is no power of ten.
    plot.text(shown, {
      ...{ x: (tick) => tick, frameAnchor: 'bottom', dy: 20, fontSize: 12.5, fill: QUIET },
      text: figure,
    }),
    plot.text(ticks, {
      ...{ y: (tick) => tick, frameAnchor: 'left', textAnchor: 'end', dx: -8, fontSize: 12.5, fill: QUIET },
      text: figure,
    }),
  ];
}

function yTicks(domain) {
  const [low, high] = domain;
  const fine = decades([low / 10, high]).flatMap((power) => [power, 2 * power, 5 * power]);
  return fine.filter((tick) => tick >= low && tick <= high);
}

function lineMarks({ peer, points }, colorOf) {
  const look = { x: 'x', y: 'y', stroke: colorOf(peer) };
  return [
    plot.line(points, { ...look, strokeWidth: peer.flurry ? 3 : 1.5, strokeOpacity: peer.flurry ? 1 : 0.75 }),
    plot.dot(points, {
      x: 'x',
      y: 'y',
      r: peer.flurry ? 4 : 2.5,
      fill: colorOf(peer),
      stroke: 'white',
      strokeWidth: 0.75,
    }),
  ];
}

function markMarks({ x, y, text, color }) {
  const halo = {
    fontSize: 13,
    fontWeight: 600,
    fill: color,
    stroke: 'white',
    strokeWidth: 5,
    paintOrder: 'stroke',
  };
  if (x === undefined) {
    return [
      plot.ruleY([y], { stroke: color, strokeWidth: 2, strokeDasharray: '6 4' }),
      plot.text([{ y }], {
        y: 'y',
        frameAnchor: 'left',
        textAnchor: 'start',
        dx: 12,
        dy: -11,
        text: () => text,
        ...halo,
      }),
    ];
  }
  const place = [{ x, y }];
  return [
    plot.dot(place, {
      x: 'x',
      y: 'y',
      r: 8,
      symbol: 'diamond',
      fill: 'white',
      stroke: color,
      strokeWidth: 3,
    }),
    plot.text(place, { x: 'x', y: 'y', textAnchor: 'end', dx: -14, dy: -14, text: () => text, ...halo }),
  ];
}

/** Colours are languages. */
function legend(series, colorOf) {
  const nameOf = ({ peer }) => (peer.flurry ? 'flurry' : peer.language);
  const entries = [...new Map(series.map((one) => [nameOf(one), one.peer]))];
  const widths = entries.map(([name]) => SWATCH + LETTER * name.length);
  let x = WIDTH - 24 - widths.reduce((sum, width) => sum + width, 0);
  return entries.flatMap(([name, peer], i) => {
    const color = colorOf(peer);
    const at = x;
    x += widths[i];
    const swatch = `<rect x="${at}" y="${TOP - 24}" width="11" height="11" rx="2" fill="${color}"/>`;
    return [swatch, words(at + 17, TOP - 14, name, { size: 13, color, weight: peer.flurry ? 600 : 500 })];
  });
}

/** From the top down in the order of the ends, none touching the one before; a thin line leads from each end. */
function namesAtEnds(series, { x, y, plotHeight, colorOf }) {
  const ends = series.map((one) => {
    const last = one.points.at(-1);
    return { ...one, endX: along(x, last.x), endY: along(y, last.y) };
  });
  ends.sort((a, b) => a.endY - b.endY);
  const places = dodged(
    ends.map(({ endY }) => endY),
    NAME_HEIGHT,
    [8, plotHeight],
  );
  const nameX = WIDTH - NAMES_WIDTH + LEADER;
  return ends.flatMap(({ peer, title, note, endX, endY }, i) => {
    const color = colorOf(peer);
    const [from, to] = [`${endX + 5} ${TOP + endY}`, `${nameX - 4} ${TOP + places[i]}`];
    const knee = `${WIDTH - NAMES_WIDTH + 6} ${TOP + endY}`;
    return [
      `<path d="M${from}L${knee}L${to}" fill="none" stroke="${color}" stroke-opacity="0.45" stroke-width="1" stroke-dasharray="${endX < WIDTH - NAMES_WIDTH - 2 ? '2 3' : 'none'}"/>`,
      words(nameX, TOP + places[i] + 4.5, title, {
        size: 12.5,
        weight: peer.flurry ? 600 : 500,
        color,
        note,
      }),
    ];
  });
}

function along({ domain, range }, value) {
  const share = Math.log(value / domain[0]) / Math.log(domain[1] / domain[0]);
  return range[0] + share * (range[1] - range[0]);
}

/** Ascending places moved apart to `gap` as little as they need, all within the bounds: groups that touch are centred. */
function dodged(wanted, gap, [low, high]) {
  const blocks = [];
  for (const place of wanted) {
    blocks.push({ sum: place, n: 1 });
    for (;;) {
      const last = blocks.at(-1);
      const before = blocks.at(-2);
      if (before === undefined || startOf(last, gap, low, high) >= endOf(before, gap, low, high)) break;
      blocks.splice(-2, 2, { sum: before.sum + last.sum - last.n * before.n * gap, n: before.n + last.n });
    }
  }
  return blocks.flatMap((block) => {
    const start = startOf(block, gap, low, high);
    return Array.from({ length: block.n }, (_, i) => start + i * gap);
  });
}

/** `sum` is of the places that its members would give its first one. */
function startOf({ sum, n }, gap, low, high) {
  return Math.max(low, Math.min(high - (n - 1) * gap, sum / n));
}

function endOf(block, gap, low, high) {
  return startOf(block, gap, low, high) + block.n * gap;
}
