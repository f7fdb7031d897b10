// Observable Plot without a browser: its marks, and a document for them to make elements in. The only file that knows it.

export type Mark = { readonly [mark]: true };
declare const mark: unique symbol;

type Options = Readonly<Record<string, unknown>>;
type MarkOf = (data: readonly unknown[], options: Options) => Mark;

/** What is used of it. Its own declarations are written against those of browsers. */
interface Plot {
  readonly plot: (options: Options) => { readonly outerHTML: string; remove(): void };
  readonly gridX: MarkOf;
  readonly gridY: MarkOf;
  readonly axisX: MarkOf;
  readonly axisY: MarkOf;
  readonly ruleX: MarkOf;
  readonly ruleY: MarkOf;
  readonly line: MarkOf;
  readonly dot: MarkOf;
  readonly text: MarkOf;
}

interface Dom {
  readonly parseHTML: (html: string) => { readonly document: unknown };
}

// By names that the compiler does not look up.
const PLOT: string = '@observablehq/plot';
const LINKEDOM: string = 'linkedom';

export const plot = (await import(PLOT)) as Plot;
const dom = (await import(LINKEDOM)) as Dom;

export const document = dom.parseHTML('<!doctype html><html><body></body></html>').document;

/** As the text of an svg element, without the style sheet that only pages need. */
export function plotted(options: Options): string {
  return plot.plot(options).outerHTML.replace(/<style>[\s\S]*?<\/style>/g, '');
}
