import { describe, expect, it } from 'vitest';
import { ACCEPT_ENCODING, contentCodings } from '../../src/session/decoding.ts';
import { CODED, decoded, LIMITS, STREAMED, zstdCompress } from './decoding-fixture.ts';

describe('the list of codings', () => {
  it.each([
    ['', []],
    ['identity', []],
    ['Identity, IDENTITY', []],
    [' , ,, ', []],
    ['gzip', ['gzip']],
    ['GZip', ['gzip']],
    ['x-gzip', ['gzip']],
    ['X-Compress', ['compress']],
    ['br', ['br']],
    ['gzip, br', ['gzip', 'br']],
    ['gzip,br,', ['gzip', 'br']],
    ['\tdeflate ,identity,\t zstd', ['deflate', 'zstd']],
    ['gzip gzip', ['gzip gzip']],
    ['gzip;q=1', ['gzip;q=1']],
    ['utf-8', ['utf-8']],
  ])('of %j is %j', (value, codings) => {
    expect(contentCodings(value)).toEqual(codings);
  });

  it('keeps every one of a thousand', () => {
    expect(contentCodings(Array(1000).fill('gzip').join(','))).toHaveLength(1000);
  });
});

describe('Accept-Encoding', () => {
  it('says what this Node can decode, and that only', () => {
    expect(ACCEPT_ENCODING).toBe(
      zstdCompress === undefined ? 'gzip, deflate, br' : 'gzip, deflate, br, zstd',
    );
    for (const { coding } of CODED) expect(ACCEPT_ENCODING.split(', ')).toContain(coding);
  });
});

describe('a body in codings that are not undone', () => {
  const body = Buffer.from('anything');

  it('is a fault that names the coding', async () => {
    for (const limits of [LIMITS, STREAMED]) {
      expect((await decoded(body, contentCodings('gzip, UTF-8'), limits)).fault).toEqual({
        kind: 'protocol',
        message: `content in the coding "utf-8", which is not one of ${ACCEPT_ENCODING}`,
      });
    }
  });

  it('shows no more than 60 characters of a name, and no control characters', async () => {
    const { fault } = await decoded(body, contentCodings(`\u0001${'x'.repeat(500)}`));
    expect(fault?.message).toContain(`"\\u0001${'x'.repeat(59)}"`);
    expect(fault?.message.length).toBeLessThan(160);
  });

  it('takes no name of a property of objects for a coding', async () => {
    for (const name of ['constructor', '__proto__', 'zlib', 'raw', 'compress']) {
      expect((await decoded(body, contentCodings(name))).fault?.message).toContain(`"${name}"`);
    }
  });

  it('needs a Node with zstd for zstd', async ({ skip }) => {
    if (zstdCompress !== undefined) skip('this Node has zstd');
    expect((await decoded(body, ['zstd'])).fault).toEqual({
      kind: 'protocol',
      message: `content in zstd, which Node ${process.versions.node} cannot decode; use Node 22.15 or 23.8 or later`,
    });
  });

  it('may be as many as codingsMax, and not one more', async () => {
    const limits = { ...LIMITS, codingsMax: 3 };
    const gzip = CODED[0]!.encode;
    const thrice = gzip(gzip(gzip(Buffer.from('content'))));
    expect(String((await decoded(thrice, ['gzip', 'gzip', 'gzip'], limits)).decoded)).toBe('content');
    expect((await decoded(gzip(thrice), contentCodings('gzip,gzip,gzip,gzip'), limits)).fault).toEqual({
      kind: 'too-large',
      message: '4 content codings, beyond the limit of 3 (codingsMax)',
    });
  });

  it('is refused unread when a header names a thousand codings', async () => {
    const codings = contentCodings(Array(1000).fill('gzip').join(', '));
    expect((await decoded(CODED[0]!.encode(body), codings)).fault).toEqual({
      kind: 'too-large',
      message: '1000 content codings, beyond the limit of 5 (codingsMax)',
    });
  });
});
