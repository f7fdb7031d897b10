// A URL template compiled: a function from index to URL, with an exact count. Never lists what it stands for.

import { nearest } from '../../model/nearest.ts';
import { count as grouped } from '../../model/text.ts';
import { TemplateError } from './error.ts';
import { Expansion, type Piece } from './expansion.ts';
import { IDENTIFIER, parseTemplate } from './parser.ts';
import { fail, type Part, type Script } from './parts.ts';
import { type Binding, type Product, productOf } from './product.ts';
import { bindVariable, checkVars, type ReadWords } from './vars.ts';

/** A longer number says nothing to anybody, and writing it out takes its time. */
const SHOWN_EXACTLY_MAX = 10n ** 100n;

export interface TemplateOptions {
  /** Take the text as it is. */
  readonly globoff: boolean;
  /** Values of named variables, as --var takes them. */
  readonly vars: Readonly<Record<string, string>>;
  /** Walk the named variables side by side instead of as a product. */
  readonly zip: boolean;
  /** The lines of a file, for `@words.txt`. Throws where it cannot be read. */
  readonly readWords: ReadWords;
}

export interface Template {
  readonly text: string;
  readonly count: number;
  /** The URL of an index from 0 to below `count`; the rightmost glob changes fastest. */
  at(index: number): string;
  /** One line per dimension, for people. */
  describe(): string[];
  /** Set where every URL lies at one authority and needs no encoding, so that none has to be parsed. */
  readonly plain: PlainTargets | undefined;
}

export interface PlainTargets {
  /** Scheme and authority. */
  readonly authority: string;
  /** Path and query as they are sent. */
  at(index: number): string;
}

export function compileTemplate(text: string, options: TemplateOptions): Template {
  return compileTemplates([text], options)[0]!;
}

/** Several templates, one after another. They share the variables, each of which one of them has to use. */
export function compileTemplates(texts: readonly string[], options: TemplateOptions): Template[] {
  const vars = checkVars(options.vars);
  const names = new Set(vars.keys());
  const read = texts.map((text) => {
    const script: Script = { text, prefix: '', names, outermost: true };
    const parts: Part[] = options.globoff ? [{ kind: 'text', text }] : parseTemplate(script);
    return { script, parts };
  });
  const used = new Set(
    read.flatMap(({ parts }) => parts.flatMap((p) => (p.kind === 'variable' ? [p.name] : []))),
  );
  for (const [name, value] of vars) {
    if (!used.has(name)) refuseUnused(name, value, read, options.globoff);
  }
  const bindings = new Map<string, Binding>();
  for (const [name, value] of vars) bindings.set(name, bindVariable(name, value, names, options.readWords));
  return read.map(({ script, parts }) => {
    const product = productOf(script, parts, bindings, options.zip);
    if (product.count > Number.MAX_SAFE_INTEGER) fail(script, tooMany(product.count), firstGlob(parts));
    return new CompiledTemplate(script.text, product);
  });
}

/** All of them together. Throws where an index could no longer be exact. */
export function countAll(templates: readonly Template[]): number {
  const total = templates.reduce((sum, template) => sum + BigInt(template.count), 0n);
  const last = templates.at(-1);
  if (total > Number.MAX_SAFE_INTEGER) throw new TemplateError(tooMany(total), last!.text, 0);
  return Number(total);
}

class CompiledTemplate implements Template {
  readonly text: string;
  readonly count: number;
  readonly plain: PlainTargets | undefined;
  readonly #lines: readonly string[];
  readonly #urls: Expansion;

  constructor(text: string, product: Product) {
    this.text = text;
    this.#lines = product.lines;
    const pieces = product.pieces();
    this.count = Number(product.count);
    this.#urls = new Expansion(pieces, this.count);
    this.plain = plainTargets(pieces, this.count);
  }

  at(index: number): string {
    return this.#urls.at(index);
  }

  describe(): string[] {
    return [...this.#lines];
  }
}

function plainTargets(pieces: readonly Piece[], count: number): PlainTargets | undefined {
  const [head, ...rest] = pieces;
  if (typeof head !== 'string') return undefined;
  // The authority has to end within the constant text; parseUrl takes URLs apart at the same places.
  const scheme = head.indexOf('://');
  const length = scheme === -1 ? -1 : head.slice(scheme + 3).search(/[/?#]/);
  if (length === -1) return undefined;
  const authority = head.slice(0, scheme + 3 + length);
  const path = head.slice(authority.length);
  const targets = new Expansion([path.startsWith('/') ? path : `/${path}`, ...rest], count);
  if (!targets.shape.sendable || targets.shape.slashDot) return undefined;
  return { authority, at: (index) => targets.at(index) };
}

function firstGlob(parts: readonly Part[]): number {
  for (const part of parts) if (part.kind !== 'text') return part.position;
  return 0;
}

function tooMany(count: bigint): string {
  const most = grouped(BigInt(Number.MAX_SAFE_INTEGER));
  const all = count > SHOWN_EXACTLY_MAX ? 'more than 10^100' : grouped(count);
  return `this stands for ${all} requests, and at most ${most} can be numbered; use shorter ranges`;
}

interface ReadTemplate {
  readonly script: Script;
  readonly parts: readonly Part[];
}

/** A variable without effect is a slip: of its name, or of the braces' name. */
function refuseUnused(name: string, value: string, read: readonly ReadTemplate[], globoff: boolean): never {
  const problem = `variable ${name} is used nowhere`;
  if (globoff) throw new TemplateError(`${problem}: --globoff takes URLs as they are`, `${name}=${value}`, 0);
  for (const { script, parts } of read) {
    for (const part of parts) {
      const word = part.kind === 'set' && part.values.length === 1 ? part.values[0]! : '';
      if (part.kind !== 'set' || !IDENTIFIER.test(word) || nearest(word, [name]) === undefined) continue;
      fail(script, `${problem}; did you mean {${name}} here?`, part.position);
    }
  }
  throw new TemplateError(
    `${problem}; write {${name}} in the URL where its values go`,
    `${name}=${value}`,
    0,
  );
}
