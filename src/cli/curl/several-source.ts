// Requests of several curl commands as one source, one command after another: each has its own method, header fields
// and body, and its URLs may be templates.

import { requestDefaults, type SourceDefinition } from '../../engine/source-of.ts';
import { ENDED, type Pulled, type SeekableSource } from '../../model/contracts.ts';
import { InvalidRequest } from '../../model/invalid.ts';
import type { Settings } from '../../model/options.ts';
import { shown } from '../../model/origin.ts';
import { Failure } from '../../model/outcome.ts';
import { type Request, RequestFactory } from '../../model/request.ts';
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

function openSection({ template, settings }: Section, start: number): SectionSource {
  const definition: SourceDefinition = {
    open: (factory) => new SectionSource(template, factory, start),
  };
  const requests = withTargets({ definition, templates: [template], inputName: undefined }, settings);
  // Whatever it changes about targets, it opens what the definition above says.
  return requests.definition.open(new RequestFactory(requestDefaults(settings)), settings) as SectionSource;
}

/** Numbers its items from `start`. */
class SectionSource implements SeekableSource {
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
    return this.#place >= this.count ? ENDED : this.at(this.#start + this.#place++);
  }

  at(index: number): Request | Failure {
    const url = this.#template.at(index - this.#start);
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

class JoinedSource implements SeekableSource {
  readonly count: number;
  /** Never called: a template keeps nobody waiting. */
  onReady: (() => void) | undefined;
  readonly #sources: readonly SectionSource[];
  #at = 0;

  constructor(sources: readonly SectionSource[], count: number) {
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

  at(index: number): Request | Failure {
    let start = 0;
    let i = 0;
    // A person pastes a handful of commands; the last one takes what is beyond all.
    for (; i < this.#sources.length - 1 && index >= start + this.#sources[i]!.count; i++) {
      start += this.#sources[i]!.count;
    }
    return this.#sources[i]!.at(index);
  }

  close(): void {
    this.#at = this.#sources.length;
  }

  toString(): string {
    return `commands ${this.#sources.length}, at ${this.#at}`;
  }
}
