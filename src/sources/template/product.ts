// The dimensions of a template: which parts move together, how many combinations there are, and in what order.

import { count as grouped } from '../../model/text.ts';
import type { Piece, Values } from './expansion.ts';
import { fail, type GlobPart, type Part, type Script, type VariablePart } from './parts.ts';
import { EncodedValues, sizeOf, valuesOf, wordsFor } from './values.ts';

const SOURCE_SHOWN_MAX = 60;

/** What the name of a variable stands for. */
export interface Binding {
  readonly count: bigint;
  /** What its values are, for people. */
  readonly words: string;
  /** Only to be called where the count is a safe integer. */
  readonly values: () => Values;
}

export interface Product {
  /** Exactly, however large. */
  readonly count: bigint;
  /** One line per dimension, in order; the last one moves fastest. */
  readonly lines: readonly string[];
  /** Only to be called where the count is a safe integer. Neighbouring texts are one piece. */
  readonly pieces: () => Piece[];
}

/** One dimension: a glob, a variable however often it is used, or all variables together. */
interface Axis {
  readonly count: bigint;
  readonly names: Set<string>;
  line: string;
}

export function productOf(
  script: Script,
  parts: readonly Part[],
  bindings: ReadonlyMap<string, Binding>,
  zip: boolean,
): Product {
  const axes: Axis[] = [];
  const axisOf = new Map<Part, Axis>();
  for (const [i, part] of parts.entries()) {
    if (part.kind === 'text') continue;
    const known = part.kind === 'variable' ? sharedAxis(axes, part, zip) : undefined;
    const axis = known ?? newAxis(part, bindings, parts[i - 1]);
    if (known === undefined) axes.push(axis);
    else if (part.kind === 'variable') join(script, axis, part, bindings);
    axisOf.set(part, axis);
  }
  return {
    count: axes.reduce((product, axis) => product * axis.count, 1n),
    lines: axes.map((axis) => axis.line),
    pieces: () => piecesOf(parts, bindings, axisOf, stridesOf(axes)),
  };
}

function sharedAxis(axes: readonly Axis[], part: VariablePart, zip: boolean): Axis | undefined {
  return axes.find((axis) => axis.names.has(part.name) || (zip && axis.names.size > 0));
}

function newAxis(part: GlobPart, bindings: ReadonlyMap<string, Binding>, before: Part | undefined): Axis {
  if (part.kind === 'variable') {
    const { count, words } = bindings.get(part.name)!;
    return { count, names: new Set([part.name]), line: `{${part.name}}  ${words}` };
  }
  const { source } = part;
  // curl's meaning, and a trap beside [a-z]{4}: [0-9]{4} is a digit with a 4 behind it.
  const digits = before?.kind === 'numbers' ? /^\{(\d|1[0-5])\}$/.exec(source)?.[1] : undefined;
  const n = Number(digits ?? 0);
  const hint = n > 0 ? ` (all strings of ${n} digits are [${'0'.repeat(n)}-${'9'.repeat(n)}])` : '';
  return { count: sizeOf(part), names: new Set(), line: `${shortened(source)}  ${wordsFor(part)}${hint}` };
}

/** A source as it is told to people. */
export function shortened(source: string): string {
  return source.length > SOURCE_SHOWN_MAX ? `${source.slice(0, SOURCE_SHOWN_MAX)}…` : source;
}

/** A variable that moves with an axis that is there already. */
function join(script: Script, axis: Axis, part: VariablePart, bindings: ReadonlyMap<string, Binding>): void {
  if (axis.names.has(part.name)) return;
  const { count } = bindings.get(part.name)!;
  if (count !== axis.count) {
    const [first] = axis.names;
    const lengths = `{${first}} has ${grouped(axis.count)}, {${part.name}} has ${grouped(count)}`;
    fail(
      script,
      `variables side by side need equally many values: ${lengths}; or leave out --zip`,
      part.position,
    );
  }
  axis.names.add(part.name);
  axis.line = `${[...axis.names].map((name) => `{${name}}`).join(', ')}  side by side: ${grouped(count)}`;
}

function stridesOf(axes: readonly Axis[]): ReadonlyMap<Axis, number> {
  const strides = new Map<Axis, number>();
  let stride = 1;
  for (const axis of [...axes].reverse()) {
    strides.set(axis, stride);
    stride *= Number(axis.count);
  }
  return strides;
}

function piecesOf(
  parts: readonly Part[],
  bindings: ReadonlyMap<string, Binding>,
  axisOf: ReadonlyMap<Part, Axis>,
  strides: ReadonlyMap<Axis, number>,
): Piece[] {
  const pieces: Piece[] = [];
  const bound = new Map<string, Values>();
  for (const part of parts) {
    const piece =
      part.kind === 'text'
        ? part.text
        : { values: valuesIn(part, bindings, bound), stride: strides.get(axisOf.get(part)!)! };
    // What has one value only is text, so that a host given as a variable is known beforehand.
    const text =
      typeof piece === 'string' ? piece : piece.values.count === 1 ? piece.values.at(0) : undefined;
    const last = pieces.at(-1);
    if (text === undefined) pieces.push(piece);
    else if (typeof last === 'string') pieces[pieces.length - 1] = last + text;
    else pieces.push(text);
  }
  return pieces;
}

function valuesIn(
  part: GlobPart,
  bindings: ReadonlyMap<string, Binding>,
  bound: Map<string, Values>,
): Values {
  if (part.kind !== 'variable') return valuesOf(part);
  const values = bound.get(part.name) ?? bindings.get(part.name)!.values();
  bound.set(part.name, values);
  return part.uri ? new EncodedValues(values) : values;
}
