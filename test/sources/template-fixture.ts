// Short ways to compile a template in tests, and to see what one stands for or what is wrong with it.

import { TemplateError } from '../../src/sources/template/error.ts';
import { compileTemplate, type Template, type TemplateOptions } from '../../src/sources/template/template.ts';

export const OPTIONS: TemplateOptions = {
  globoff: false,
  vars: {},
  zip: false,
  readWords: (path) => {
    throw Object.assign(new Error(`ENOENT: no such file, open '${path}'`), { code: 'ENOENT' });
  },
};

export function compile(text: string, options: Partial<TemplateOptions> = {}): Template {
  return compileTemplate(text, { ...OPTIONS, ...options });
}

export function all(template: Template): string[] {
  return Array.from({ length: template.count }, (_, i) => template.at(i));
}

export function expand(text: string, options: Partial<TemplateOptions> = {}): string[] {
  return all(compile(text, options));
}

/** The error that `run` throws; the test fails where there is none, or one of another kind. */
export function templateError(run: () => unknown): TemplateError {
  try {
    run();
  } catch (error) {
    if (error instanceof TemplateError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** The message's first line, and the two lines below it without their indentation. */
export function drawing(error: TemplateError): { problem: string; text: string; caret: string } {
  const [problem = '', text = '', caret = ''] = error.message.split('\n');
  return { problem, text: text.slice(2), caret: caret.slice(2) };
}
