// What gate:adaptive prints: one line a scenario. Decides nothing.

import { percent } from './judge.mjs';

const COLUMNS = [
  ['', 4],
  ['goodput, per second', -21],
  ['best fixed', -21],
  ['of it', -8],
  ['in flight', -13],
  ['÷ knee', -7],
  ['429', -7],
  ['s to 90 %', -10],
  ['', 4],
];

export function header() {
  return row(COLUMNS.map(([name]) => name));
}

export function line(scenario, figures, met) {
  return row(cells(scenario, figures, met));
}

/** `results`: scenario, figures and misses of each. */
export function markdown(results) {
  const [, ...names] = COLUMNS.map(([name]) => name);
  const head = ['', '`flurry serve`', ...names];
  const rows = results.map(({ scenario, figures, misses }) => {
    const [id, ...rest] = cells(scenario, figures, misses.length === 0);
    return [id, `\`${scenario.path}\`${besides(scenario)}`, ...rest];
  });
  return [head, head.map(() => '---'), ...rows].map((one) => `| ${one.join(' | ')} |`).join('\n');
}

function besides({ serve, workMs }) {
  if (serve !== undefined) return ` with \`${serve.join(' ')}\``;
  return workMs === undefined ? '' : `, ${workMs} ms of CPU for each outcome`;
}

function cells({ id, phases, required }, figures, met) {
  const { stepS, metered } = figures;
  return [
    id,
    figures.goodput.map(whole).join(' · '),
    figures.best.map(whole).join(' · '),
    percent(figures.steady),
    figures.inFlight.join(' · '),
    phases.some(({ knee }) => knee !== undefined) ? figures.overKnee.toFixed(2) : '–',
    required.meteredMax === undefined ? '–' : percent(metered),
    stepS.length === 0 ? '–' : stepS.map((s) => s.toFixed(1)).join(' · '),
    met ? 'met' : 'MISSED',
  ];
}

function whole(n) {
  return Math.round(n).toLocaleString('en');
}

function row(texts) {
  const padded = texts.map((text, i) => {
    const width = COLUMNS[i][1];
    return width < 0 ? text.padStart(-width) : text.padEnd(width);
  });
  return padded.join(' ').trimEnd();
}
