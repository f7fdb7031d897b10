// The generations as bars with ranges: one row for each peer, grouped by language with flurry set off, and one panel for
// each thing measured. Drawn with the project's own plotting; knows nothing of files.

import { document, plot, plotted } from '../../build/view/plot/observable.js';
import { FAINT, heading, page, placed, QUIET } from '../../build/view/plot/page.js';
import { figure } from './markdown.mjs';
import { groupOf } from './palette.mjs';

const WIDTH = 1180;
const NAME_WIDTH = 262;
const PANEL_WIDTH = 442;
const VALUE_WIDTH = 56;
const TOP = 108;
const AXIS_HEIGHT = 30;
const ROW_HEIGHT = 23;
const GROUP_GAP = 30;
const FOOT_HEIGHT = 72;
const GROUP_SHADE = '#eef7f1';
const RANGE = '#1b1f24';

/** `panels`: `title` and `spreadOf(name)`, a spread or undefined. `peers` come with language and flurry. */
export function barsPicture({ title, subtitle, caption, peers, panels, colorOf }) {
  const shown = peers.filter(({ name }) => panels.some(({ spreadOf }) => spreadOf(name) !== undefined));
  const { rows, groups, height } = laidOut(shown, panels[0]);
  const bottom = TOP + height + AXIS_HEIGHT;
  const parts = [
    ...groups.filter(({ name }) => name === 'flurry').map((group) => shade(group)),
    ...groups.map(({ name, y, peer }) =>
      words(24, TOP + y - 8, name, { size: 13, weight: 600, color: colorOf(peer) }),
    ),
    ...rows.map(({ peer, y }) =>
      words(NAME_WIDTH - 10, TOP + y + ROW_HEIGHT / 2 + 4.5, peer.title, {
        size: 13,
        anchor: 'end',
        weight: peer.flurry ? 600 : 400,
      }),
    ),
    ...panels.flatMap((panel, i) => {
      const x = NAME_WIDTH + i * (PANEL_WIDTH + 18);
      return [
        heading(panel.title, x, TOP - 14),
        placed(x, TOP, panelOf(panel, rows, height + AXIS_HEIGHT, colorOf)),
      ];
    }),
    ...caption.map((line, i) => heading(line, 24, bottom + 34 + 20 * i)),
  ];
  return page({ width: WIDTH, height: bottom + FOOT_HEIGHT, title, subtitle }, parts);
}

/** The fastest first, within its group and among the groups; flurry's group comes last, next to the axis. */
function laidOut(peers, { spreadOf }) {
  const rank = ({ name }) => spreadOf(name)?.median ?? Number.POSITIVE_INFINITY;
  const names = [...new Set(peers.map(groupOf))];
  const best = (group) => Math.min(...peers.filter((peer) => groupOf(peer) === group).map(rank));
  names.sort((a, b) => (a === 'flurry') - (b === 'flurry') || best(b) - best(a));
  const rows = [];
  const groups = [];
  let y = 0;
  for (const name of names) {
    y += GROUP_GAP;
    const members = peers.filter((peer) => groupOf(peer) === name).sort((a, b) => rank(b) - rank(a));
    groups.push({ name, y, height: members.length * ROW_HEIGHT, peer: members[0] });
    for (const peer of members) {
      rows.push({ peer, y });
      y += ROW_HEIGHT;
    }
  }
  return { rows, groups, height: y + 6 };
}

function panelOf({ spreadOf }, rows, height, colorOf) {
  const values = rows.map(({ peer, y }) => ({ peer, y, spread: spreadOf(peer.name) }));
  const bars = values.filter(({ spread }) => spread !== undefined);
  const domain = domainOf(bars.map(({ spread }) => spread));
  const ticks = decades(domain);
  const middle = ({ y }) => y + ROW_HEIGHT / 2;
  return plotted({
    document,
    width: PANEL_WIDTH,
    height,
    ...{ marginLeft: 2, marginRight: VALUE_WIDTH, marginTop: 0, marginBottom: AXIS_HEIGHT },
    style: { background: 'none', fontSize: '13px', overflow: 'visible' },
    x: { type: 'log', domain, label: null },
    y: { domain: [height - AXIS_HEIGHT, 0], axis: null },
    marks: [
      plot.gridX(ticks, { stroke: FAINT, strokeOpacity: 1 }),
      plot.axisX(ticks, { tickFormat: figure, fontSize: 12.5, fill: QUIET, stroke: FAINT }),
      plot.rect(bars, {
        x1: domain[0],
        x2: ({ spread }) => spread.median,
        y1: ({ y }) => y + 4,
        y2: ({ y }) => y + ROW_HEIGHT - 4,
        fill: ({ peer }) => colorOf(peer),
        rx: 1.5,
      }),
      plot.ruleY(
        bars.filter(({ spread }) => spread.max > spread.min),
        {
          x1: ({ spread }) => spread.min,
          x2: ({ spread }) => spread.max,
          y: middle,
          stroke: RANGE,
          strokeWidth: 1.5,
        },
      ),
      plot.text(bars, {
        x: ({ spread }) => spread.max,
        y: middle,
        text: ({ spread }) => figure(spread.median),
        ...{ dx: 7, textAnchor: 'start', fontSize: 12.5 },
        fontWeight: 500,
      }),
      plot.text(
        values.filter(({ spread }) => spread === undefined),
        { x: domain[0], y: middle, text: () => '—', dx: 6, textAnchor: 'start', fontSize: 12.5, fill: QUIET },
      ),
    ],
  });
}

/** Bars on a logarithmic axis begin at a round number well below the shortest, which must stay a bar. */
function domainOf(spreads) {
  if (spreads.length === 0) return [1, 10];
  const low = Math.min(...spreads.map(({ min }) => min)) / 1.25;
  return [10 ** Math.floor(Math.log10(low)), Math.max(...spreads.map(({ max }) => max)) * 1.02];
}

export function decades([low, high]) {
  const ticks = [];
  for (let power = 10 ** Math.floor(Math.log10(low) + 1e-9); power <= high * 1.0001; power *= 10) {
    if (power >= low * 0.9999) ticks.push(Number(power.toPrecision(3)));
  }
  return ticks;
}

function shade({ y, height }) {
  return `<rect x="12" y="${TOP + y - GROUP_GAP + 4}" width="${WIDTH - 24}" height="${height + GROUP_GAP}" rx="6" fill="${GROUP_SHADE}"/>`;
}

/** `note` follows in grey. */
export function words(x, y, text, { size, weight = 400, color = '#1b1f24', anchor = 'start', note }) {
  const rest =
    note === undefined ? '' : `<tspan dx="9" font-weight="400" fill="${QUIET}">${escaped(note)}</tspan>`;
  return `<text x="${x}" y="${y}" font-size="${size}" font-weight="${weight}" fill="${color}" text-anchor="${anchor}">${escaped(text)}${rest}</text>`;
}

function escaped(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
