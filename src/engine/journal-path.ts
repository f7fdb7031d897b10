// Where the journal of a run lies: beside its first output, or in this folder where that is a table.

/** `out.jsonl` is that file, `postgres://host/db?table=t` is called `db.t`. */
export function localName(output: string): string {
  if (!/^postgres(?:ql)?:/.test(output)) return output;
  const { pathname, searchParams } = new URL(output);
  const name = `${pathname.slice(1)}.${searchParams.get('table') ?? 'records'}`;
  return name.replace(/[^\w.-]/g, '_');
}

export function journalPath(output: string): string {
  return `${localName(output)}.journal`;
}
