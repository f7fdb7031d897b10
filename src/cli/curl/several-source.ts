// Requests of several curl commands as one source, one command after another: each has its own method, header fields
// and body, and its URLs may be templates.

import { requestDefaults, type SourceDefinition } from '../../engine/source-of.ts';
import { ENDED, type Pulled, type Source } from '../../model/contracts.ts';
import { InvalidRequest } from '../../model/invalid.ts';
import type { Settings } from '../../model/options.ts';
import { shown } from '../../model/origin.ts';
import { Failure } from '../../model/outcome.ts';
import { RequestFactory } from '../../model/request.ts';
import { countAll, type Template } from '../../sources/template/template.ts';
import { withTargets } from '../request-options.ts';

export interface Section {
  readonly template: Template;
  /** Of the command that names this URL, its header fields and body in place. */
  readonly settings: Settings;
}

export function sectionsDefinition(sections: readonly Section[]): SourceDefinition {
  return {
    open() {
      const count = countAll(sections.map(({ template }) => template));
      let start = 0;
      const sources = sections.map((section) => {
        const source = openSection(section, start);
        start += section.template.count;
        return source;
      });
      return new JoinedSource(sources, count);
    },
  };
}

function openSection({ template, settings }: Section, start: number): Source {
  const definition: SourceDefinition = {
    open: (factory) => new SectionSource(template, factory, start),
  };
  const requests = withTargets({ definition, templates: [template], inputName: undefined }, settings);
  return requests.definition.open(new RequestFactory(requestDefaults(settings)), settings);
}

/** Numbers its items from `start`. */
class SectionSource implements Source {
  readonly count: number;
  onReady: (() => void) | undefined;
  readonly #template: Template;
  readonly #factory: RequestFactory;
  readonly #start: number;
  #place = 0;

  constructor(template: Template, factory: RequestFactory, start: number) {
    this.count = template.count;
    this.#template = template;
    this.#factory = factory;
    this.#start = start;
  }

  pull(): Pulled {
    if (this.#place >= this.count) return ENDED;
    const url = this.#template.at(this.#place);
    const index = this.#start + this.#place++;
    try {
      return this.#factory.from(index, url);
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      return Failure.ofInput(index, shown(url), error.message);
    }
  }

  close(): void {
    this.#place = this.count;
  }

  toString(): string {
    return `requests of a command, next ${this.#start + this.#place}`;
  }
}

class JoinedSource implements Source {
  readonly count: number;
  /** Never called: a template keeps nobody waiting. */
  onReady: (() => void) | undefined;
  readonly #sources: readonly Source[];
  #at = 0;

  constructor(sources: readonly Source[], count: number) {
    this.#sources = sources;
    this.count = count;
  }

  pull(): Pulled {
    for (; this.#at < this.#sources.length; this.#at++) {
      const pulled = this.#sources[this.#at]!.pull();
      if (pulled.type !== 'ended') return pulled;
    }
    return ENDED;
  }

  close(): void {
    this.#at = this.#sources.length;
  }

  toString(): string {
    return `commands ${this.#sources.length}, at ${this.#at}`;
  }
}
