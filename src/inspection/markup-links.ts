// References in markup: of an HTML page, of a sitemap (sitemaps.org). Read token by token, for a tree of elements that
// nothing closes takes time in the square of them. Resolves nothing.

import { type QuoteType, Tokenizer } from 'htmlparser2';

/** A reference as it was written, without the white space around it. */
export interface Reference {
  readonly text: string;
  readonly rel: readonly string[];
}

export interface References {
  /** The document's base URL, as it was written; undefined where none is given. */
  readonly base: string | undefined;
  readonly references: readonly Reference[];
}

export interface Wanted {
  /** Pictures, scripts, frames and styles too. */
  readonly all: boolean;
  readonly max: number;
  /** No reference that is longer. */
  readonly lengthMax: number;
}

/** Elements whose reference a page leads to, or is made of (`all`), and the attribute that it stands in. */
const LEADING: ReadonlyMap<string, string> = new Map([
  ['a', 'href'],
  ['area', 'href'],
]);
const EMBEDDED: ReadonlyMap<string, string> = new Map(
  ['img', 'script', 'iframe', 'frame', 'embed', 'audio', 'video', 'source', 'track', 'input'].map((tag) => [
    tag,
    'src',
  ]),
);
/** Relations to something that a page is made of (HTML, section 4.6.7), and words that only stand beside them. */
const MADE_OF =
  /^(?:stylesheet|icon|apple-touch-icon|mask-icon|manifest|modulepreload|preload|prefetch|preconnect|dns-prefetch|pingback)$/;
const BESIDE = /^(?:alternate|shortcut)$/;
const REFRESH =
  /^[ \t\n\f\r]*[\d.]+(?:[ \t\n\f\r]*[;,][ \t\n\f\r]*|[ \t\n\f\r]+)(?:url[ \t\n\f\r]*=[ \t\n\f\r]*)?(.*)$/is;
const OTHER_SCHEME = /^(?!https?:)[a-z][a-z0-9+.-]*:/i;
/** What URLs begin and end with in vain (URL standard, section 4.4). */
const AROUND = /^[\0- ]+/;
const ATTRIBUTES = new Set(['href', 'src', 'rel', 'content', 'http-equiv']);

/** True for a relation that leads to no other page. */
export function isResource(rel: readonly string[]): boolean {
  return rel.some((one) => MADE_OF.test(one)) && rel.every((one) => MADE_OF.test(one) || BESIDE.test(one));
}

/** Of a list of words between white space, each once. */
export function relations(text: string): string[] {
  return [...new Set(text.toLowerCase().match(/[^ \t\n\f\r]+/g))];
}

export function htmlReferences(html: string, wanted: Wanted): References {
  const page = new Page(html, wanted);
  page.read(false);
  return page;
}

export function sitemapReferences(xml: string, wanted: Wanted): References {
  const sitemap = new Sitemap(xml, wanted);
  sitemap.read(true);
  return sitemap;
}

/** What both have in common: a tokenizer over one text, which is told what nobody wants to hear. */
abstract class Markup implements References {
  base: string | undefined;
  readonly references: Reference[] = [];
  protected readonly text: string;
  protected readonly wanted: Wanted;
  #tokenizer: Tokenizer | undefined;

  constructor(text: string, wanted: Wanted) {
    this.text = text;
    this.wanted = wanted;
  }

  read(xmlMode: boolean): void {
    this.#tokenizer = new Tokenizer({ xmlMode, decodeEntities: true }, this);
    this.#tokenizer.write(this.text);
    this.#tokenizer.end();
  }

  protected add(written: string, rel: readonly string[]): void {
    if (written.length > this.wanted.lengthMax) return;
    const text = bare(written);
    if (OTHER_SCHEME.test(text)) return;
    if (this.references.length < this.wanted.max) this.references.push({ text, rel });
    if (this.references.length >= this.wanted.max) this.#tokenizer?.pause();
  }

  onopentagname(_start: number, _end: number): void {}
  onopentagend(_end: number): void {}
  onselfclosingtag(_end: number): void {}
  onclosetag(_start: number, _end: number): void {}
  onattribname(_start: number, _end: number): void {}
  onattribdata(_start: number, _end: number): void {}
  onattribentity(_codePoint: number): void {}
  onattribend(_quote: QuoteType, _end: number): void {}
  ontext(_start: number, _end: number): void {}
  ontextentity(_codePoint: number, _end: number): void {}
  oncdata(_start: number, _end: number, _endOffset: number): void {}
  oncomment(): void {}
  ondeclaration(): void {}
  onprocessinginstruction(): void {}
  onend(): void {}
}

class Page extends Markup {
  #tag = '';
  /** Of the present tag, those that matter; of several with one name the first. */
  readonly #attributes = new Map<string, string>();
  #name = '';
  #value = '';

  override onopentagname(start: number, end: number): void {
    this.#tag = this.text.slice(start, end).toLowerCase();
    this.#attributes.clear();
  }

  override onattribname(start: number, end: number): void {
    this.#name = end - start > 'http-equiv'.length ? '' : this.text.slice(start, end).toLowerCase();
    this.#value = '';
  }

  override onattribdata(start: number, end: number): void {
    if (ATTRIBUTES.has(this.#name)) this.#value += this.text.slice(start, end);
  }

  override onattribentity(codePoint: number): void {
    if (ATTRIBUTES.has(this.#name)) this.#value += String.fromCodePoint(codePoint);
  }

  override onattribend(): void {
    if (ATTRIBUTES.has(this.#name) && !this.#attributes.has(this.#name))
      this.#attributes.set(this.#name, this.#value);
  }

  override onselfclosingtag(): void {
    this.onopentagend();
  }

  override onopentagend(): void {
    const tag = this.#tag;
    if (tag === 'base') this.base ??= this.#attributes.get('href');
    else if (tag === 'link') this.#link();
    else if (tag === 'meta') this.#meta();
    else {
      const where = LEADING.get(tag) ?? (this.wanted.all ? EMBEDDED.get(tag) : undefined);
      const written = where === undefined ? undefined : this.#attributes.get(where);
      if (written !== undefined) this.add(written, relations(this.#attributes.get('rel') ?? ''));
    }
  }

  /** Without a relation it is no link (HTML, section 4.2.4). */
  #link(): void {
    const written = this.#attributes.get('href');
    const rel = relations(this.#attributes.get('rel') ?? '');
    if (written === undefined || rel.length === 0) return;
    if (this.wanted.all || !isResource(rel)) this.add(written, rel);
  }

  #meta(): void {
    if (this.#attributes.get('http-equiv')?.toLowerCase() !== 'refresh') return;
    const content = this.#attributes.get('content') ?? '';
    const written = content.length > this.wanted.lengthMax ? undefined : REFRESH.exec(content)?.[1];
    if (written !== undefined && written !== '') this.add(unquoted(written), ['refresh']);
  }
}

/** `<loc>` under any prefix; `<image:loc>` is a picture on the page beside it. */
class Sitemap extends Markup {
  #inLoc = false;
  #name = '';
  #pieces = '';

  override onopentagname(start: number, end: number): void {
    this.#name = end - start > 64 ? '' : this.text.slice(start, end);
    this.#pieces = '';
  }

  override onopentagend(): void {
    const [prefix, local = prefix] = this.#name.split(':');
    this.#inLoc = local === 'loc' && (this.wanted.all || prefix !== 'image');
  }

  override ontext(start: number, end: number): void {
    if (this.#inLoc) this.#pieces += this.text.slice(start, end);
  }

  override oncdata(start: number, end: number, endOffset: number): void {
    this.ontext(start, end - endOffset);
  }

  override ontextentity(codePoint: number): void {
    if (this.#inLoc) this.#pieces += String.fromCodePoint(codePoint);
  }

  override onclosetag(): void {
    if (this.#inLoc && this.#pieces.trim() !== '') this.add(this.#pieces, []);
    this.#inLoc = false;
  }
}

/** From its quote to the next of the same kind (HTML, section 4.2.5.3); a lone one goes. */
function unquoted(written: string): string {
  const quote = written[0];
  if (quote !== '"' && quote !== "'") return written;
  const end = written.indexOf(quote, 1);
  return written.slice(1, end === -1 ? undefined : end);
}

function bare(written: string): string {
  let end = written.length;
  while (end > 0 && written.charCodeAt(end - 1) <= 32) end--;
  return written.slice(0, end).replace(AROUND, '');
}
