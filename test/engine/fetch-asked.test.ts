// What a call of fetch asks for, read by hand, is what the platform's Request class makes of the same arguments.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type Asked, askedOf } from '../../src/engine/fetch/asked.ts';
import { shown } from './fetch-fixture.ts';

function plain(asked: () => Asked): unknown {
  try {
    const { url, method, headers, body, duplex, signal, redirect, credentials, integrity } = asked();
    const fields = [...(headers ?? [])];
    return { url, method, fields, body, duplex, signal, redirect, credentials, integrity };
  } catch (error) {
    return shown(error);
  }
}

const signal = new AbortController().signal;

function key<T>(...values: T[]): fc.Arbitrary<T | undefined> {
  return fc.option(fc.constantFrom(...values), { nil: undefined, freq: 2 });
}

const inits = fc.record(
  {
    method: key<unknown>(
      'GET',
      'get',
      'POST',
      'pOst',
      'PATCH',
      'DELETE',
      'HEAD',
      'PURGE',
      'trace',
      'a b',
      '',
      null,
      5,
    ),
    headers: key<unknown>(
      { a: '1' },
      [
        ['a', '1'],
        ['A', '2'],
      ],
      new Headers({ b: '2' }),
      { 'a b': '1' },
      { a: '☃' },
      'x',
      null,
      [],
    ),
    body: key<unknown>('text', '', null, new Uint8Array(2), new URLSearchParams('a=1'), 7),
    signal: key<unknown>(signal, null, {}),
    redirect: key<unknown>('follow', 'manual', 'error', 'other', null),
    credentials: key<unknown>('omit', 'include', 'same-origin', 'other'),
    integrity: key<unknown>('sha256-x', '', null, 5),
    duplex: key<unknown>('half', 'full'),
    other: key<unknown>('anything'),
  },
  { requiredKeys: [] },
);
const urls = fc.constantFrom<unknown>(
  'http://host',
  'HTTP://HOST:80/a/../b c?q=\'"#f',
  new URL('https://host/x'),
  { toString: () => 'http://host/text' },
  'http://user@host/',
  '/relative',
  '',
);

it('is the same for any arguments', () => {
  fc.assert(
    fc.property(urls, inits, (url, init) => {
      const usual = plain(() => askedOf(url, init as RequestInit));
      // Whatever names a referrer goes to the class; an empty one has no effect.
      const ofClass = plain(() => askedOf(url, { ...(init as RequestInit), referrer: '' }));
      expect(usual).toEqual(ofClass);
    }),
    { numRuns: 2_000 },
  );
});

it('needs no init', () => {
  for (const init of [undefined, null, {}]) {
    const asked = plain(() => askedOf('http://host/#f', init as RequestInit));
    expect(asked).toEqual(plain(() => askedOf('http://host/#f', { referrer: '' })));
  }
});

it('is read from an init whose values are inherited', () => {
  class Init {
    readonly #method = 'POST';
    get method(): string {
      return this.#method;
    }
    get body(): string {
      return 'x';
    }
  }
  expect(plain(() => askedOf('http://host/', new Init()))).toMatchObject({ method: 'POST', body: 'x' });
});
