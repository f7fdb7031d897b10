// The table of options holds together: names, flags, scopes, defaults, sentences.

import { flurry, OptionError } from 'flurry';
import { describe, expect, it } from 'vitest';
import { OPTION_NAMES, OPTIONS, type RunOptions, resolveOptions } from '../../src/model/options.ts';

describe('the table of options', () => {
  it('has defaults that its own rows accept', () => {
    for (const name of OPTION_NAMES)
      expect(OPTIONS[name].read(name, OPTIONS[name].default)).toEqual(OPTIONS[name].default);
  });

  it('gives no flag twice', () => {
    const words = OPTION_NAMES.flatMap((name) => [
      ...(OPTIONS[name].flag?.match(/(?<=^|, )--?[a-zA-Z0-9-]+/g) ?? []),
      ...Object.keys(OPTIONS[name].forms),
    ]);
    expect(words.filter((word, i) => words.indexOf(word) !== i)).toEqual([]);
  });

  it('has flags that stand for a value its row accepts', () => {
    for (const name of OPTION_NAMES) {
      for (const stands of Object.values(OPTIONS[name].forms))
        expect(OPTIONS[name].read(name, stands)).toBe(stands);
    }
  });

  it('reaches each option from somewhere, and says what it does in one sentence', () => {
    for (const name of OPTION_NAMES) {
      const row = OPTIONS[name];
      expect(row.flag !== undefined || row.scope !== 'cli', name).toBe(true);
      expect(row.doc, name).toMatch(/^[^A-Z].*[^.]$|^User|^IP/);
    }
  });

  it('keeps the command line’s own options out of the library', () => {
    for (const name of OPTION_NAMES.filter((n) => OPTIONS[n].scope === 'cli')) {
      expect(() => resolveOptions({ [name]: OPTIONS[name].default }), name).toThrow(OptionError);
    }
    // @ts-expect-error: an option of the command line alone.
    const wrong: RunOptions = { quiet: true };
    expect(wrong).toBeDefined();
  });

  it('takes durations and sizes as numbers or as text with a unit', () => {
    const settings = resolveOptions({
      timeoutMs: '2m',
      connectTimeoutMs: 250,
      bodyBytesMax: '10M',
      idleTimeoutMs: '1.5',
    });
    expect(settings.timeoutMs).toBe(120_000);
    expect(settings.connectTimeoutMs).toBe(250);
    expect(settings.bodyBytesMax).toBe(10 * 1024 * 1024);
    expect(settings.idleTimeoutMs).toBe(1_500);
  });

  it('refuses what is unknown or out of range, and says what would do', () => {
    expect(() => flurry('http://a/', { concurency: 3 } as object)).toThrow(
      'unknown option concurency; did you mean concurrency?',
    );
    expect(() => flurry('http://a/', { concurrency: 0 })).toThrow(
      'concurrency takes auto or a whole number from 1 to 65,535, not 0',
    );
    expect(() => flurry('http://a/', { concurrency: 1.5 })).toThrow(OptionError);
    expect(() => flurry('http://a/', { timeoutMs: '10 parsecs' })).toThrow(
      /timeoutMs takes a duration from 1ms to 168h/,
    );
    expect(() => flurry('http://a/', { insecure: 'perhaps' } as object)).toThrow(
      'insecure takes true or false',
    );
  });

  it('never changes the object it is given', () => {
    const given = Object.freeze({ concurrency: 3, headers: Object.freeze({ a: '1' }) });
    expect(resolveOptions(given).concurrency).toBe(3);
  });
});
