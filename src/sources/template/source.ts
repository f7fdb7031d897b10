// A source made of templates: the n-th request is computed from n. Keeps no list and reads nothing.

import { ENDED, type Pulled, type SeekableSource } from '../../model/contracts.ts';
import { InvalidRequest } from '../../model/invalid.ts';
import { type Origin, parseUrl, shown } from '../../model/origin.ts';
import { Failure } from '../../model/outcome.ts';
import type { Request, RequestFactory } from '../../model/request.ts';
import { countAll, type Template } from './template.ts';

/** The indices that one template stands for. */
interface Section {
  readonly template: Template;
  readonly start: number;
  readonly end: number;
  /** Where all its requests go, where that is known beforehand. */
  readonly origin: Origin | undefined;
}

/** The requests of templates, one template after another. */
export class TemplateSource implements SeekableSource {
  readonly count: number;
  readonly oneOrigin: boolean;
  /** Never called: a template keeps nobody waiting. */
  onReady: (() => void) | undefined = undefined;
  readonly #factory: RequestFactory;
  readonly #sections: readonly Section[];
  #next = 0;
  #nextSection = 0;

  /** Throws TemplateError where the templates together stand for more requests than can be numbered. */
  constructor(templates: readonly Template[], factory: RequestFactory) {
    this.count = countAll(templates);
    this.#factory = factory;
    let start = 0;
    this.#sections = templates.map((template) => {
      const section = { template, start, end: start + template.count, origin: originOf(template) };
      start = section.end;
      return section;
    });
    const one = this.#sections[0]?.origin;
    this.oneOrigin = one !== undefined && this.#sections.every(({ origin }) => origin === one);
  }

  pull(): Pulled {
    const index = this.#next;
    if (index >= this.count) return ENDED;
    this.#next++;
    while (index >= this.#sections[this.#nextSection]!.end) this.#nextSection++;
    return this.#make(this.#sections[this.#nextSection]!, index);
  }

  skip(count: number): void {
    this.#next = Math.min(this.count, this.#next + count);
  }

  at(index: number): Request | Failure {
    if (!Number.isInteger(index) || index < 0 || index >= this.count) {
      throw new RangeError(`no request has the index ${index}: there are ${this.count}`);
    }
    let low = 0;
    let high = this.#sections.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (index < this.#sections[middle]!.end) high = middle;
      else low = middle + 1;
    }
    return this.#make(this.#sections[low]!, index);
  }

  close(): void {
    this.#next = this.count;
  }

  toString(): string {
    return `templates ${this.#sections.length}, next ${this.#next} of ${this.count}`;
  }

  #make({ template, start, origin }: Section, index: number): Request | Failure {
    // The plain way costs a third: nothing is taken apart or looked up (see originOf; bench/micro/template).
    if (origin !== undefined) return this.#factory.plain(index, origin, template.plain!.at(index - start));
    const url = template.at(index - start);
    try {
      return this.#factory.from(index, url);
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      return Failure.ofInput(index, shown(url), error.message);
    }
  }
}

/** Undefined where URLs have to be taken apart one by one: no origin, a bad one, or one with credentials. */
function originOf(template: Template): Origin | undefined {
  if (template.plain === undefined) return undefined;
  try {
    const { origin, userinfo } = parseUrl(template.plain.authority);
    return userinfo === undefined ? origin : undefined;
  } catch (error) {
    if (!(error instanceof InvalidRequest)) throw error;
    return undefined;
  }
}
