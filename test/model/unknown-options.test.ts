// Words of the command line that are given to code: what code calls them.

import { describe, expect, it } from 'vitest';
import { OPTION_NAMES, OPTIONS, resolveOptions } from '../../src/model/options.ts';

const told = (name: string, scope?: 'cli'): string => {
  try {
    resolveOptions({ [name]: 'x' }, scope);
    return 'taken';
  } catch (error) {
    return (error as Error).message;
  }
};

describe('an option that code does not have', () => {
  it.each([
    ['cookieJar', 'session.saveCookies()'],
    ['cookie', 'session.loadCookies(text), or headers: { Cookie: … }'],
    ['location', 'followRedirects'],
    ['maxTime', 'timeoutMs'],
    ['maxFilesize', 'bodyBytesMax'],
    ['http2', "httpVersion: '2'"],
    ['output', 'run.to(await jsonLines(path))'],
    ['netrcFile', 'netrc, the text of the file'],
    ['dryRun', 'there is none'],
  ])('but the command line has names what to write: %s', (name, inCode) => {
    expect(told(name)).toBe(`${name} is an option of the command line; in code: ${inCode}`);
  });

  it('is a slip where the command line has none either', () => {
    expect(told('concurency')).toBe('unknown option concurency; did you mean concurrency?');
    expect(told('location', 'cli')).not.toContain('in code');
    expect(told('constructor')).toMatch(/^unknown option constructor/);
  });

  it('takes a choice that looks like a number as one, too', () => {
    expect(resolveOptions({ httpVersion: 2 }).httpVersion).toBe('2');
    expect(resolveOptions({ httpVersion: 1.1 }).httpVersion).toBe('1.1');
    expect(() => resolveOptions({ httpVersion: 3 })).toThrow('httpVersion takes one of auto, 1.1, 2, not 3');
  });

  it('has a counterpart, or none by intention, whichever it is', () => {
    const cli = OPTION_NAMES.filter((name) => OPTIONS[name].scope === 'cli');
    expect(cli.length).toBeGreaterThan(30);
    for (const name of cli) expect(told(name)).toMatch(/in code: /);
  });
});
