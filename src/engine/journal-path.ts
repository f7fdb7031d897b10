// Where the journal of a run lies: beside its first output.

export function journalPath(output: string): string {
  return `${output}.journal`;
}
