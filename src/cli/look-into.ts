// The line that a person types to look into the records of a run. Pure.

import type { SinkName } from '../journal/journal-line.ts';

/** Of the first output that a common program reads; undefined where there is none. */
export function lookInto(outputs: readonly SinkName[]): string | undefined {
  for (const output of outputs) {
    const line = lineFor(output);
    if (line !== undefined) return line;
  }
  return undefined;
}

const BY_STATUS = 'SELECT status, count(*) FROM';

function lineFor({ kind, path }: SinkName): string | undefined {
  // Whatever a shell would take for more than a name is left to who knows that shell.
  if (!/^[\w./:+,@%-]+$/.test(path)) return undefined;
  if (kind === 'sqlite') return `sqlite3 ${path} '${BY_STATUS} records GROUP BY status'`;
  const table = tableFor(kind, path);
  return table === undefined ? undefined : `duckdb -c "${BY_STATUS} ${table} GROUP BY status"`;
}

/** As DuckDB names it: by its own extensions it knows what to read. */
function tableFor(kind: string, path: string): string | undefined {
  const form = kind.replace(/\.(?:gz|zst)$/, '');
  if (form === 'jsonl')
    return /\.(?:jsonl|ndjson)(?:\.gz|\.zst)?$/.test(path) ? `'${path}'` : `read_json('${path}')`;
  if (form === 'csv') return /\.csv(?:\.gz|\.zst)?$/.test(path) ? `'${path}'` : `read_csv('${path}')`;
  if (form === 'parquet') return path.endsWith('.parquet') ? `'${path}'` : `read_parquet('${path}')`;
  return undefined;
}
