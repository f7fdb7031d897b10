// How many built fields are kept, and that forgetting them changes nothing.

import { expect, it } from 'vitest';
import { CookieHeaders } from '../../src/session/cookie-headers.ts';
import { BrowserJar } from '../../src/session/cookie-jar.ts';
import { readSetCookie } from '../../src/session/cookie-line.ts';
import { CookieShelf } from '../../src/session/cookie-shelf.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { LIMITS, originOf } from './cookie-fixture.ts';

const HERE = originOf('https', 'example.com');

function opened() {
  const clock = new VirtualClock();
  const shelf = new CookieShelf(LIMITS, clock);
  const jar = new BrowserJar(shelf, clock, LIMITS.cookieBytesMax);
  const set = (line: string): void => {
    const draft = readSetCookie(line, clock.wall());
    expect(typeof draft === 'string' ? draft : jar.set(HERE, '/', draft)).toBe(undefined);
  };
  return { headers: new CookieHeaders(shelf, jar, clock), set };
}

it('a field is built once for all that get it', () => {
  const { headers, set } = opened();
  set('a=1; Path=/');
  set('b=2; Path=/x');
  for (let i = 0; i < 100; i++) expect(headers.get(HERE, `/${i}`)).toBe('a=1');
  expect(String(headers)).toBe('fields of 1 origins, 3 octets');
  for (let i = 0; i < 100; i++) expect(headers.get(HERE, `/x/${i}?q`)).toBe('b=2; a=1');
  expect(String(headers)).toBe('fields of 1 origins, 11 octets');
  set('a=1; Path=/');
  expect(headers.get(HERE, '/')).toBe('a=1');
  expect(String(headers)).toBe('fields of 1 origins, 11 octets');
  set('a=22; Path=/');
  expect(headers.get(HERE, '/')).toBe('a=22');
  expect(String(headers)).toBe('fields of 1 origins, 4 octets');
});

it('16,384 origins are kept at most', () => {
  const { headers, set } = opened();
  set('a=1; Domain=example.com');
  for (let i = 0; i < 16_384; i++) headers.get(originOf('https', `h${i}.example.org`), '/');
  expect(String(headers)).toBe('fields of 16384 origins, 0 octets');
  expect(headers.get(HERE, '/')).toBe('a=1');
  expect(String(headers)).toBe('fields of 1 origins, 3 octets');
});

it('8 MiB of fields are kept at most', () => {
  const { headers, set } = opened();
  for (const name of ['a', 'b', 'c']) set(`${name}=${name.repeat(4000)}; Domain=example.com`);
  const length = 3 * 4002 + 4;
  const kept = Math.floor((8 * 1024 * 1024) / length);
  for (let i = 0; i < kept; i++) {
    expect(headers.get(originOf('https', `h${i}.example.com`), '/')).toHaveLength(length);
  }
  expect(String(headers)).toBe(`fields of ${kept} origins, ${kept * length} octets`);
  expect(headers.get(HERE, '/')).toHaveLength(length);
  expect(String(headers)).toBe('fields of 0 origins, 0 octets');
  expect(headers.get(HERE, '/')).toHaveLength(length);
});
