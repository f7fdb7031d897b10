// Numbers over rounds and as text. Measures nothing.

/** Of the numbers that are there; undefined where there are none. */
export function spread(numbers) {
  const sorted = numbers.filter((n) => n !== undefined && Number.isFinite(n)).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  return { min: sorted[0], median: median(sorted), max: sorted.at(-1) };
}

function median(sorted) {
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `8.12 / 8.30 / 9.05`: min, median, max; one number where they are one. */
export function spreadText(values, digits, divisor = 1) {
  if (values === undefined) return '—';
  const { min, median: middle, max } = values;
  const shown = min === max ? [middle] : [min, middle, max];
  return shown.map((n) => grouped(n / divisor, digits)).join(' / ');
}

export function grouped(n, digits = 0) {
  return n.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** A Markdown table whose columns stand under each other in a terminal too. The first column is text. */
export function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => [...row[column]].length)));
  const lines = rows.map((row) => {
    const cells = row.map((cell, column) => {
      const gap = ' '.repeat(widths[column] - [...cell].length);
      return column === 0 ? cell + gap : gap + cell;
    });
    return `| ${cells.join(' | ')} |`;
  });
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [lines[0], `| ${rule.join(' | ')} |`, ...lines.slice(1)].join('\n');
}
