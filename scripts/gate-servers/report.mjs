// What the gate prints: one line a run, what was left out and why, and the first differences. Decides nothing.
// "over" is how it was asked: http and https mean HTTP/1.1, h2 is HTTP/2 over TLS, h2c without, with prior knowledge.

const DIFFERENCES_SHOWN = 10;
const COLUMNS = [
  ['server', 24],
  ['version', 10],
  ['over', 6],
  ['requests', -9],
  ['mismatches', -11],
  ['failures', -9],
  ['connections', -12],
  ['seconds', -8],
];

export function header() {
  return row(COLUMNS.map(([name]) => name));
}

/** Keeps one run and prints its line. */
export function put(report, run) {
  report.runs.push(run);
  console.log(line(run));
}

function line({ name, version, scheme, result }) {
  const { requests, differences, failures, connections, seconds } = result;
  const mismatches = differences.length - Math.min(failures, differences.length);
  const numbers = [requests, mismatches, failures, connections].map((n) => n.toLocaleString('en'));
  return row([name, version, scheme, ...numbers, seconds.toFixed(1)]);
}

function row(cells) {
  const padded = cells.map((cell, i) => {
    const width = COLUMNS[i][1];
    return width < 0 ? cell.padStart(-width) : cell.padEnd(width);
  });
  return padded.join(' ').trimEnd();
}

/** What was not asked, or not looked at: nobody is to take it for passed. Once for both schemes. */
export function exceptions(entries) {
  const texts = entries.map(({ name, what, count, why }) => `  ${name}: ${what} (${count} a run): ${why}`);
  const lines = [...new Set(texts)];
  return lines.length === 0 ? '' : `\nWhat a server cannot do:\n${lines.join('\n')}\n`;
}

/** The first of each run before a second of any. */
export function firstDifferences(runs) {
  const all = runs.flatMap((run) => run.result.differences.map((one, rank) => ({ run, one, rank })));
  if (all.length === 0) return '';
  const shown = all.toSorted((a, b) => a.rank - b.rank).slice(0, DIFFERENCES_SHOWN);
  const lines = shown.map(({ run, one }) => {
    const found = one.found.map(({ what, expected, got }) => {
      return `    ${what}: expected ${expected}\n    ${' '.repeat(what.length)}  got      ${got}`;
    });
    return `  ${run.name} over ${run.scheme}, index ${one.index}, ${one.kind}, ${one.url}\n${found.join('\n')}`;
  });
  return `\nThe first ${shown.length} of ${all.length} differences:\n${lines.join('\n')}\n`;
}
