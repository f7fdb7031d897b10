// What a template consists of once it is read, and the text it is read from. Pure data.

import { TemplateError } from './error.ts';

/** A text that is being read. */
export interface Script {
  readonly text: string;
  /** What stands before `text` where it is shown: `name=` for a variable. */
  readonly prefix: string;
  /** Names that braces may refer to. */
  readonly names: ReadonlySet<string>;
  /** False in the value of a variable: variables hold no variables, and --globoff does not reach them. */
  readonly outermost: boolean;
}

interface Glob {
  /** As it was written, brackets or braces and repetition included. */
  readonly source: string;
  readonly position: number;
}

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
}

/** `{a,b}` */
export interface SetPart extends Glob {
  readonly kind: 'set';
  readonly values: readonly string[];
}

/** `[001-100:3]`; counts down where `from` is the greater. */
export interface NumbersPart extends Glob {
  readonly kind: 'numbers';
  readonly from: bigint;
  readonly to: bigint;
  readonly step: bigint;
  /** Digits to pad to with zeros; 0 for none. */
  readonly width: number;
}

/** `[a-z]`, `[a-z0-9_]`, each with a repetition or without: all strings of `min` to `max` characters. */
export interface StringsPart extends Glob {
  readonly kind: 'strings';
  readonly characters: readonly string[];
  readonly min: number;
  readonly max: number;
  /** True where curl reads the brackets the same way, so that `{1,4}` behind them is a set of two. */
  readonly curls: boolean;
}

/** `{name}` or `{name|uri}` with a name that is bound. */
export interface VariablePart extends Glob {
  readonly kind: 'variable';
  readonly name: string;
  readonly uri: boolean;
}

export type GlobPart = SetPart | NumbersPart | StringsPart | VariablePart;
export type Part = TextPart | GlobPart;

/** The first position behind a glob. */
export function endOf(part: GlobPart): number {
  return part.position + part.source.length;
}

export function fail(script: Script, problem: string, position: number): never {
  throw new TemplateError(problem, script.prefix + script.text, script.prefix.length + position);
}

/** How to have one of `{ } [ ]` as it is. */
export function literally(script: Script, character: string): string {
  const whole = script.outermost ? `, or --globoff to take the whole URL as it is` : '';
  return `type \\${character} for the character itself${whole}`;
}
