// What can be fuzzed: a parser, what is thrown at it, and what must hold whatever comes.

export interface FuzzTarget {
  readonly name: string;
  /** Good inputs, and bad ones that are worth varying; octets, one character each. */
  readonly corpus: readonly string[];
  /** What its grammar is made of. */
  readonly words: readonly string[];
  /** Throws where something does not hold. */
  check(input: string): void | Promise<void>;
  /** What a hostile peer would repeat: before it, the piece, behind it. */
  readonly floods: ReadonlyArray<readonly [before: string, piece: string, behind: string]>;
  /** How long the flood is; shorter where a limit of the parser would hide what comes of it. */
  readonly floodBytes?: number;
}

export function holds(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`does not hold: ${what}`);
}

export function same(one: unknown, other: unknown, what: string): void {
  const [left, right] = [JSON.stringify(one), JSON.stringify(other)];
  if (left !== right) throw new Error(`${what}: ${left?.slice(0, 500)} is not ${right?.slice(0, 500)}`);
}
