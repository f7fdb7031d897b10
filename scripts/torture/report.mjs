// What torture prints: a line for each sink, and the seeds of what failed. Decides nothing.

const COLUMNS = [
  ['sink', 14],
  ['rounds', -6],
  ['requests', -9],
  ['kills', -6],
  ['sent again by kill: median', -26],
  ['most', -6],
  ['in doubt', -9],
  ['seconds', -8],
  ['faults', -6],
];

export function header() {
  return row(COLUMNS.map(([name]) => name));
}

/** `rounds`: those of one sink. */
export function line(name, rounds) {
  const again = rounds.flatMap((round) => round.sentAgain).sort((a, b) => a - b);
  const sum = (what) => rounds.reduce((all, round) => all + what(round), 0);
  return row([
    name,
    rounds.length,
    sum(({ requests }) => requests),
    sum(({ kills }) => kills),
    again[again.length >> 1] ?? 0,
    again.at(-1) ?? 0,
    sum(({ inDoubt }) => inDoubt),
    sum(({ seconds }) => seconds).toFixed(1),
    sum(({ faults }) => faults.length),
  ]);
}

function row(cells) {
  const padded = cells.map((cell, i) => {
    const text = typeof cell === 'number' ? cell.toLocaleString('en') : cell;
    const width = COLUMNS[i][1];
    return width < 0 ? text.padStart(-width) : text.padEnd(width);
  });
  return padded.join(' ').trimEnd();
}
