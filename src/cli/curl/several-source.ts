// Requests of several curl commands as one source: each has its own method, header fields and body, and its URLs may
// be templates.

import { requestDefaults, type SourceDefinition } from '../../engine/source-of.ts';
import { ENDED, type Pulled, type Source } from '../../model/contracts.ts';
import { InvalidRequest } from '../../model/invalid.ts';
import type { Settings } from '../../model/options.ts';
import { shown } from '../../model/origin.ts';
import { Failure } from '../../model/outcome.ts';
import { RequestFactory } from '../../model/request.ts';
import { countAll, type Template } from '../../sources/template/template.ts';

export interface Section {
  readonly template: Template;
  /** Of the command that names this URL: its header fields and body in place. */
  readonly settings: Settings;
}

export function sectionsDefinition(sections: readonly Section[]): SourceDefinition {
  return { open: () => new SectionsSource(sections) };
}

class SectionsSource implements Source {
  readonly count: number;
  /** Never called: a template keeps nobody waiting. */
  onReady: (() => void) | undefined = undefined;
  readonly #sections: ReadonlyArray<{ readonly template: Template; readonly factory: RequestFactory }>;
  #index = 0;
  #section = 0;
  /** The place within the template of that section. */
  #place = 0;

  constructor(sections: readonly Section[]) {
    this.count = countAll(sections.map(({ template }) => template));
    this.#sections = sections.map(({ template, settings }) => {
      return { template, factory: new RequestFactory(requestDefaults(settings)) };
    });
  }

  pull(): Pulled {
    if (this.#index >= this.count) return ENDED;
    while (this.#place === this.#sections[this.#section]!.template.count) {
      this.#section++;
      this.#place = 0;
    }
    const { template, factory } = this.#sections[this.#section]!;
    const index = this.#index++;
    const url = template.at(this.#place++);
    try {
      return factory.from(index, url);
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      return Failure.ofInput(index, shown(url), error.message);
    }
  }

  close(): void {
    this.#index = this.count;
  }

  toString(): string {
    return `requests of ${this.#sections.length} URLs, next ${this.#index} of ${this.count}`;
  }
}
