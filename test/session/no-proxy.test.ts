// Who is reached without a proxy. The rows are curl's behaviour and what other programs add to it.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OptionError } from '../../src/model/option-kinds.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { NoProxy, readableEntries } from '../../src/session/no-proxy.ts';

function covers(list: string, url: string): boolean {
  return new NoProxy(list).covers(parseUrl(url).origin);
}

const COVERED: readonly (readonly [list: string, url: string])[] = [
  ['*', 'http://example.com/'],
  ['a.test, *', 'https://[::1]:8443/'],
  ['example.com', 'http://example.com/'],
  ['example.com', 'http://EXAMPLE.com:8080/'],
  ['EXAMPLE.COM', 'http://www.example.com/'],
  ['example.com', 'http://a.b.example.com/'],
  ['.example.com', 'http://example.com/'],
  ['.example.com', 'http://www.example.com/'],
  ['*.example.com', 'http://www.example.com/'],
  ['example.com.', 'http://example.com/'],
  ['example.com', 'http://example.com./'],
  ['bücher.example', 'http://xn--bcher-kva.example/'],
  ['localhost', 'http://localhost:3000/'],
  ['a.test,example.com', 'http://example.com/'],
  ['a.test example.com', 'http://example.com/'],
  ['a.test\t,\n example.com ,', 'http://example.com/'],
  ['example.com:8080', 'http://example.com:8080/'],
  ['example.com:443', 'https://www.example.com/'],
  ['*:8080', 'http://anything.test:8080/'],
  ['127.0.0.1', 'http://127.0.0.1:8080/'],
  ['127.0.0.1', 'http://2130706433/'],
  ['127.0.0.1:8080', 'http://127.0.0.1:8080/'],
  ['10.0.0.0/8', 'http://10.255.255.255/'],
  ['10.1.2.3/8', 'http://10.9.9.9/'],
  ['192.168.0.0/16:8080', 'http://192.168.7.7:8080/'],
  ['0.0.0.0/0', 'http://8.8.8.8/'],
  ['::1', 'http://[::1]/'],
  ['[::1]', 'http://[::1]:8080/'],
  ['[::1]:8080', 'http://[::1]:8080/'],
  ['0:0:0:0:0:0:0:1', 'http://[::1]/'],
  ['fd00::/8', 'http://[fd12:3456::1]/'],
  ['[fd00::]/8', 'http://[fd12:3456::1]/'],
  ['10.0.0.0/8', 'http://[::ffff:10.1.2.3]/'],
];

const NOT_COVERED: readonly (readonly [list: string, url: string])[] = [
  ['', 'http://localhost/'],
  ['', 'http://127.0.0.1/'],
  ['example.com', 'http://notexample.com/'],
  ['example.com', 'http://example.com.evil.test/'],
  ['www.example.com', 'http://example.com/'],
  ['*.example.com', 'http://example.com/'],
  ['example.com:8080', 'http://example.com/'],
  ['example.com:80', 'https://example.com/'],
  ['127.0.0.1', 'http://localhost/'],
  ['localhost', 'http://127.0.0.1/'],
  ['10.0.0.0/8', 'http://11.0.0.0/'],
  ['10.0.0.0/8', 'http://10.example.com/'],
  ['192.168.0.0/16:8080', 'http://192.168.7.7/'],
  ['fd00::/8', 'http://[fe80::1]/'],
  ['::/0', 'http://example.com/'],
];

describe('the list of hosts without a proxy', () => {
  it.each(COVERED)('%j covers %s', (list, url) => {
    expect(covers(list, url)).toBe(true);
  });

  it.each(NOT_COVERED)('%j does not cover %s', (list, url) => {
    expect(covers(list, url)).toBe(false);
  });

  const UNREADABLE = [
    ...['10.0.0.0/33', 'fd00::/129', 'example.com/8', '*/8', 'http://a.test', 'a.test:0', 'a.test:70000'],
    ...['10.*', '<local>', 'a:b:c', '[a.test]', '10', 'fe80::1%eth0', '.', '*.', 'a@b'],
  ];

  it.each(UNREADABLE)('refuses %s, which could only be a slip', (word) => {
    expect(() => new NoProxy(`a.test,${word}`)).toThrow(OptionError);
    expect(() => new NoProxy(`a.test,${word}`)).toThrow(/without a proxy: \S/);
  });

  it('takes what it can read of a list that was written for other programs', () => {
    expect(readableEntries(' localhost,10.*  <local>, .corp.test:80,')).toBe('localhost,.corp.test:80');
  });

  it('covers a block of addresses exactly', () => {
    const octets = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(octets, octets, fc.nat(32), (base, host, length) => {
        const bits = (address: number[]) =>
          address.map((octet) => octet.toString(2).padStart(8, '0')).join('');
        const expected = bits(base).slice(0, length) === bits(host).slice(0, length);
        expect(covers(`${base.join('.')}/${length}`, `http://${host.join('.')}/`)).toBe(expected);
      }),
    );
  });

  it('never throws for a list of the environment', () => {
    const unit = fc.constantFrom(...'aA.*:/[]109f,@%<# é\u0000'.split(''));
    const { origin } = parseUrl('http://example.com/');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 20 }), (text) => {
        new NoProxy(readableEntries(text)).covers(origin);
      }),
      { numRuns: 500 },
    );
  });

  it('prints as its entries', () => {
    expect(`${new NoProxy(' a.test, 10.0.0.0/8 ')}`).toBe('no proxy for: a.test, 10.0.0.0/8');
    expect(`${new NoProxy('')}`).toBe('no proxy for: none');
  });
});
