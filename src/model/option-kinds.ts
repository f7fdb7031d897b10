// The kinds of option there are: how each is read from text, checked, and told to people. Knows no single option.

import { count } from './text.ts';

/** A value that does not fit its option, or an option that does not exist. The message says what to write instead. */
export class OptionError extends TypeError {
  override readonly name = 'OptionError';
  readonly option: string;

  constructor(option: string, message: string) {
    super(message);
    this.option = option;
  }
}

/** Where an option has an effect: in every run (library and command line), in the command line, or in code alone. */
export type Scope = 'run' | 'cli' | 'code';

interface Row<T> {
  readonly default: T;
  /** As help shows it: `-c, --concurrency <n>`. Undefined: settable from code and files only. */
  readonly flag: string | undefined;
  /** Flags without a value in place of `flag` with one, each with the value that it stands for: `--http2`. */
  readonly forms: Readonly<Record<string, string>>;
  readonly scope: Scope;
  /** The heading it stands under in `--help`. */
  readonly group: string;
  /** One sentence, without a full stop. */
  readonly doc: string;
  /** True where the value must never be printed. */
  readonly secret: boolean;
  readonly kind: string;
  /** What goes between `<` and `>` and what it may be, for messages and docs. */
  readonly expects: string;
  /** From a value of code or a config file (any type) or text of a flag or variable. Throws OptionError. */
  readonly read: (name: string, value: unknown) => T;
}

export interface OptionRow<T = unknown> extends Row<T> {}

interface Common<T> {
  default: T;
  flag?: string;
  forms?: Readonly<Record<string, string>>;
  scope?: Scope;
  group: string;
  doc: string;
  secret?: boolean;
}

function row<T>(
  kind: string,
  expects: string,
  c: Common<T>,
  read: (name: string, value: unknown) => T,
): OptionRow<T> {
  return {
    kind,
    expects,
    read,
    default: c.default,
    flag: c.flag,
    forms: c.forms ?? {},
    scope: c.scope ?? 'run',
    group: c.group,
    doc: c.doc,
    secret: c.secret ?? false,
  };
}

export function integer(c: Common<number> & { min: number; max: number }): OptionRow<number> {
  const expects = `a whole number from ${count(c.min)} to ${count(c.max)}`;
  return row('integer', expects, c, (name, value) =>
    bounded(name, wholeNumber(value), c.min, c.max, expects),
  );
}

/** `undefined` means no limit, or none given. */
export function integerOrNone(
  c: Common<number | undefined> & { min: number; max: number },
): OptionRow<number | undefined> {
  const expects = `a whole number from ${count(c.min)} to ${count(c.max)}`;
  return row('integer', expects, c, (name, value) =>
    value === undefined || value === null
      ? undefined
      : bounded(name, wholeNumber(value), c.min, c.max, expects),
  );
}

/** A whole number, or one word that stands for a number found out later. */
export function integerOrWord<const W extends string>(
  word: W,
  c: Common<NoInfer<number | W>> & { min: number; max: number },
): OptionRow<number | W> {
  const expects = `${word} or a whole number from ${count(c.min)} to ${count(c.max)}`;
  return row<number | W>('integer', expects, c, (name, value) =>
    value === word ? word : bounded(name, wholeNumber(value), c.min, c.max, expects),
  );
}

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds as a number; as text with a unit (`250ms`, `10s`, `2m`) or, as in curl, plain seconds. */
export function duration(c: Common<number> & { min: number; max: number }): OptionRow<number> {
  const expects = `a duration from ${showMs(c.min)} to ${showMs(c.max)}, such as 500ms, 10s or 2m`;
  return row('duration', expects, c, (name, value) =>
    bounded(name, withUnit(value, DURATION_UNITS, 1000), c.min, c.max, expects),
  );
}

export function durationOrNone(
  c: Common<number | undefined> & { min: number; max: number },
): OptionRow<number | undefined> {
  const expects = `a duration from ${showMs(c.min)} to ${showMs(c.max)}, such as 500ms, 10s or 2m`;
  return row('duration', expects, c, (name, value) =>
    value === undefined || value === null
      ? undefined
      : bounded(name, withUnit(value, DURATION_UNITS, 1000), c.min, c.max, expects),
  );
}

const BYTE_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};

/** Bytes as a number, or as text with a unit of 1024: `64k`, `10M`, `1G` (curl's --limit-rate letters). */
export function bytes(c: Common<number> & { min: number; max: number }): OptionRow<number> {
  const expects = `a size from ${showBytes(c.min)} to ${showBytes(c.max)}, such as 64k, 10M or 1G`;
  return row('bytes', expects, c, (name, value) =>
    bounded(name, withUnit(value, BYTE_UNITS, 1), c.min, c.max, expects),
  );
}

export function bytesOrNone(
  c: Common<number | undefined> & { min: number; max: number },
): OptionRow<number | undefined> {
  const expects = `a size from ${showBytes(c.min)} to ${showBytes(c.max)}, such as 64k, 10M or 1G`;
  return row('bytes', expects, c, (name, value) =>
    value === undefined || value === null
      ? undefined
      : bounded(name, withUnit(value, BYTE_UNITS, 1), c.min, c.max, expects),
  );
}

export function flag(c: Common<boolean>): OptionRow<boolean> {
  return row('flag', 'true or false', c, (name, value) => {
    if (typeof value === 'boolean') return value;
    if (value === '1' || value === 'true') return true;
    if (value === '0' || value === 'false' || value === '') return false;
    throw wrong(name, value, 'true or false');
  });
}

export function text(c: Common<string | undefined>): OptionRow<string | undefined> {
  return row('text', 'text', c, (name, value) => {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') throw wrong(name, value, 'text');
    return value;
  });
}

/** Where a choice looks like a number, a file may have it as one. */
export function choice<const T extends string>(values: readonly T[], c: Common<NoInfer<T>>): OptionRow<T> {
  const expects = `one of ${values.join(', ')}`;
  return row<T>('choice', expects, c, (name, value) => {
    const chosen = typeof value === 'number' ? String(value) : value;
    if (values.includes(chosen as T)) return chosen as T;
    throw wrong(name, value, expects);
  });
}

/** Any number of texts; a flag that may be given several times. */
export function list(c: Common<readonly string[]>): OptionRow<readonly string[]> {
  return row('list', 'text, or a list of texts', c, (name, value) => {
    if (typeof value === 'string') return [value];
    if (Array.isArray(value) && value.every((v) => typeof v === 'string')) return [...value];
    throw wrong(name, value, 'text, or a list of texts');
  });
}

/** A value that code gives as it is, checked by the room that uses it. */
export function custom<T>(expects: string, c: Common<T>, accepts: (value: unknown) => boolean): OptionRow<T> {
  return row('custom', expects, c, (name, value) => {
    if (!accepts(value)) throw wrong(name, value, expects);
    return value as T;
  });
}

function wholeNumber(value: unknown): number {
  if (typeof value === 'number') return Number.isInteger(value) ? value : Number.NaN;
  // Also 1e6 and 2.5e6, as large numbers are written.
  if (typeof value === 'string' && /^\d+(?:(?:\.\d+)?e\d{1,2})?$/i.test(value)) {
    return Number.isInteger(Number(value)) ? Number(value) : Number.NaN;
  }
  return Number.NaN;
}

function withUnit(value: unknown, units: Readonly<Record<string, number>>, plain: number): number {
  if (typeof value === 'number') return value;
  const match = typeof value === 'string' ? /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(value.trim()) : null;
  if (match === null) return Number.NaN;
  const unit = match[2] === '' ? plain : (units[match[2]!.toLowerCase()] ?? Number.NaN);
  return Math.round(Number(match[1]) * unit);
}

function bounded(name: string, n: number, min: number, max: number, expects: string): number {
  if (Number.isFinite(n) && n >= min && n <= max) return n;
  throw wrong(name, Number.isFinite(n) ? n : undefined, expects);
}

function wrong(name: string, value: unknown, expects: string): OptionError {
  const got = value === undefined || typeof value === 'object' ? '' : `, not ${JSON.stringify(value)}`;
  return new OptionError(name, `${name} takes ${expects}${got}`);
}

export function showMs(ms: number): string {
  if (ms % 3_600_000 === 0 && ms > 0) return `${ms / 3_600_000}h`;
  if (ms % 60_000 === 0 && ms > 0) return `${ms / 60_000}m`;
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}

export function showBytes(n: number): string {
  for (const [unit, size] of [
    ['G', 1024 ** 3],
    ['M', 1024 ** 2],
    ['k', 1024],
  ] as const) {
    if (n >= size && n % size === 0) return `${n / size}${unit}`;
  }
  return String(n);
}
