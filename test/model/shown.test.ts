// What of a URL may stand in a message: no password, whatever stands in it, one line, and not endless.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvalidRequest } from '../../src/model/invalid.ts';
import { parseUrl, shown } from '../../src/model/origin.ts';

describe('a URL that is shown', () => {
  it.each([
    ['http://user:secret@host/path', 'http://host/path'],
    ['http://host:8080/a@b', 'http://host:8080/a@b'],
    ['http://[::1]:80/x', 'http://[::1]:80/x'],
    ['http://user:se/cret@host/', 'http://…'],
    ['http://user:se?cret@host/', 'http://…'],
    ['http://user:se#cret@host/', 'http://…'],
    ['a\nb', 'a b'],
  ])('%j is %j', (url, expected) => {
    expect(shown(url)).toBe(expected);
  });

  it('tells nothing of a password that no URL can hold as it is written', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[a-zA-Z!$&]{3,12}$/),
        fc.constantFrom('/', '?', '#'),
        fc.stringMatching(/^[a-zA-Z!$&]{3,12}$/),
        (first, mark, last) => {
          const url = `http://user:${first}${mark}${last}@host/`;
          for (const text of [shown(url), messageOf(url)]) {
            // Whatever the password is: what is said has no room for it.
            expect(['http://…', 'no valid URL: http://…', '']).toContain(
              text.replace(/^no valid (?:port|host)[^:]*: http:\/\/…$/, 'no valid URL: http://…'),
            );
          }
        },
      ),
    );
  });
});

function messageOf(url: string): string {
  try {
    parseUrl(url);
  } catch (error) {
    if (error instanceof InvalidRequest) return error.message;
    throw error;
  }
  return '';
}
