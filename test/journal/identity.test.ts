import { describe, expect, it } from 'vitest';
import { differences, differenceText, identityOf } from '../../src/journal/identity.ts';

const SALT = 'salt';
const of = (options: Record<string, unknown>, secrets = {}) =>
  identityOf({ input: {}, options, secrets }, SALT);

describe('the identity of a run', () => {
  it('is the same for equal values, however they are written down', () => {
    const before = of({ headers: { a: '1', b: ['2', '3'] }, delay: 5, gone: undefined });
    const now = of({ delay: 5, headers: { b: ['2', '3'], a: '1' } });
    expect(differences(JSON.parse(JSON.stringify(before)), now)).toEqual([]);
  });

  it('names each difference in words', () => {
    const before = identityOf(
      { input: { template: 'http://a/[1-9]' }, options: { delay: 5, old: true } },
      SALT,
    );
    const now = identityOf({ input: { template: 'http://a/[1-8]' }, options: { delay: 6, first: 3 } }, SALT);
    expect(differences(before, now).map(differenceText)).toEqual([
      'template was http://a/[1-9], now it is http://a/[1-8]',
      'delay was 5, now it is 6',
      'first was not set, now it is 3',
      'old was true, now it is not set',
    ]);
  });

  it('tells two long values apart that look alike when shortened', () => {
    const long = 'x'.repeat(100);
    const [difference] = differences(of({ body: `${long}1${long}` }), of({ body: `${long}2${long}` }));
    expect(difference?.before).toHaveLength(59);
    expect(difference?.now).toBe(`${difference?.before} with a difference in what is left out here`);
  });

  it('knows values that JSON does not', () => {
    const now = of({ a: /x/g, b: 10n, c: new Set([1]), d: () => 1, e: new Uint8Array([1]), f: [{ g: 2n }] });
    expect(
      differences(
        of({ a: /x/, b: 11n, c: new Set([2]), d: () => 2, e: new Uint8Array([2]), f: [{ g: 3n }] }),
        now,
      ).map(({ name }) => name),
    ).toEqual(['a', 'b', 'c', 'e', 'f']);
    expect(of({ d: () => 1 }).parts['d']?.shown).toBe('a function');
  });

  it('never shows a secret, and keeps too little of its hash to guess it by', () => {
    const before = of({}, { bearer: 'tiger', user: 'a:b' });
    expect(JSON.stringify(before)).not.toMatch(/tiger|a:b/);
    expect(before.parts['bearer']?.hash).toMatch(/^[0-9a-f]{4}$/);
    expect(
      identityOf({ input: {}, options: {}, secrets: { bearer: 'tiger' } }, 'other').parts['bearer']?.hash,
    ).not.toBe(before.parts['bearer']?.hash);
    expect(differences(before, of({}, { bearer: 'lion' })).map(differenceText)).toEqual([
      'bearer was a secret, now it is another secret',
      'user was a secret, now it is not set',
    ]);
  });

  it('leaves logins in URLs out', () => {
    const before = identityOf({ input: { urls: 'http://me:one@host/ http://x/' }, options: {} }, SALT);
    expect(before.parts['urls']?.shown).toBe('http://***@host/ http://x/');
    const now = identityOf({ input: { urls: 'http://me:two@host/ http://x/' }, options: {} }, SALT);
    expect(differences(before, now)).toEqual([]);
  });

  it('refuses what the caller must not do', () => {
    expect(() => identityOf({ input: { a: '' }, options: { a: 1 } })).toThrow('named twice');
    expect(() => differences(identityOf({ input: {}, options: {} }), of({}))).toThrow('salts');
  });

  it('takes names that objects have by themselves as names', () => {
    const before = of(JSON.parse('{"__proto__": 1, "constructor": 2}'));
    expect(differences(before, of({})).map(({ name, before: was, now }) => [name, was, now])).toEqual([
      ['__proto__', '1', 'not set'],
      ['constructor', '2', 'not set'],
    ]);
  });
});
