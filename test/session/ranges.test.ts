// Which versions can be continued, and which parts continue them (RFC 9110 sections 8.8, 13.1.5, 14.4, 15.3.7).

import { describe, expect, it } from 'vitest';
import { ResponseHead } from '../../src/model/response-head.ts';
import { continuation, rangeFields, type Version, versionOf } from '../../src/session/ranges.ts';

function head(status: number, fields: string[], contentLength?: number): ResponseHead {
  const transferEncoding = contentLength === undefined ? 'chunked' : 'none';
  const framing = { contentLength, transferEncoding, keepAlive: true, keepAliveMs: undefined } as const;
  return new ResponseHead(status, '1.1', '', fields.map((field) => `${field}\r\n`).join(''), framing);
}

const MODIFIED = 'Last-Modified: Sat, 22 Nov 2025 18:00:00 GMT';

describe('the version of a body', () => {
  it.each<[string, string | undefined, string[]]>([
    ['a strong tag', '"a"', ['ETag: "a"']],
    ['a tag before a date', '"a"', ['ETag: "a"', MODIFIED, 'Date: Sat, 22 Nov 2025 19:00:00 GMT']],
    ['an empty tag', '""', ['ETag: ""']],
    ['obs-text in a tag', '"\xe9"', ['ETag: "\xe9"']],
    ['a weak tag', undefined, ['ETag: W/"a"']],
    ['a tag without quotes', undefined, ['ETag: a']],
    ['a tag with a quote in it', undefined, ['ETag: "a"b"']],
    ['a tag with a blank in it', undefined, ['ETag: "a b"']],
    ['two tags', undefined, ['ETag: "a"', 'ETag: "a"']],
    ['a tag without end', undefined, [`ETag: "${'a'.repeat(1025)}"`]],
    ['nothing', undefined, []],
    ['a settled date', 'Sat, 22 Nov 2025 18:00:00 GMT', [MODIFIED, 'Date: Sat, 22 Nov 2025 18:00:01 GMT']],
    ['a date of the same second', undefined, [MODIFIED, 'Date: Sat, 22 Nov 2025 18:00:00 GMT']],
    ['a date in the future', undefined, [MODIFIED, 'Date: Sat, 22 Nov 2025 17:00:00 GMT']],
    ['a date beside none', undefined, [MODIFIED]],
    [
      'a date in another form',
      undefined,
      ['Last-Modified: 2025-11-22', 'Date: Sat, 22 Nov 2025 18:00:01 GMT'],
    ],
    ['a date that is none', undefined, [MODIFIED, 'Date: Sat, 99 Xyz 2025 18:00:01 GMT']],
    ['a date and a weak tag', undefined, ['ETag: W/"a"', MODIFIED, 'Date: Sat, 22 Nov 2025 18:00:01 GMT']],
    ['no ranges', undefined, ['ETag: "a"', 'Accept-Ranges: None']],
    ['several parts', undefined, ['ETag: "a"', 'Content-Type: multipart/byteranges; boundary=x']],
  ])('is known by %s: %s', (_, validator, fields) => {
    expect(versionOf(head(200, fields, 100))?.validator).toBe(validator);
  });

  it('is that of a 200 alone', () => {
    for (const status of [206, 203, 404]) expect(versionOf(head(status, ['ETag: "a"'], 100))).toBeUndefined();
  });

  it('has the length that its framing proves', () => {
    expect(versionOf(head(200, ['ETag: "a"'], 100))?.total).toBe(100);
    expect(versionOf(head(200, ['ETag: "a"', 'Content-Length: 100']))?.total).toBeUndefined();
  });

  it('is asked for by its validator', () => {
    const version = versionOf(head(200, ['ETag: "a"'], 100))!;
    expect(rangeFields(version, 70)).toBe('Range: bytes=70-\r\nIf-Range: "a"\r\n');
  });
});

describe('a part continues a version', () => {
  const tagged = versionOf(head(200, ['ETag: "a"', MODIFIED], 100))!;
  const unmeasured = versionOf(head(200, ['ETag: "a"']))!;
  const dated = versionOf(head(200, [MODIFIED, 'Date: Sat, 22 Nov 2025 18:00:01 GMT'], 100))!;
  const coded = versionOf(head(200, ['ETag: "a"', 'Content-Encoding: gzip'], 100))!;
  const range = 'Content-Range: bytes 70-99/100';
  const tag = 'ETag: "a"';
  const rest = { end: 100, total: 100 };

  it.each<[string, Version, string[], number | undefined, unknown]>([
    ['to its end', tagged, [range, tag], 30, rest],
    ['in chunks', tagged, [range, tag], undefined, rest],
    ['whatever the case', tagged, ['Content-Range: Bytes 70-99/100', tag], 30, rest],
    ['to less than its end', tagged, ['Content-Range: bytes 70-79/100', tag], 10, { end: 80, total: 100 }],
    ['of a known length', tagged, ['Content-Range: bytes 70-99/*', tag], 30, rest],
    ['with a length that it brings', unmeasured, [range, tag], 30, rest],
    ['with the date too', tagged, [range, tag, MODIFIED], 30, rest],
    ['by its date', dated, [range, MODIFIED], 30, rest],
    ['in its coding', coded, [range, tag, 'Content-Encoding: GZIP'], 30, rest],
    ['with its coding left out', coded, [range, tag], 30, rest],
    ['not without a length', unmeasured, ['Content-Range: bytes 70-99/*', tag], 30, undefined],
    ['not from before', tagged, ['Content-Range: bytes 69-99/100', tag], undefined, undefined],
    ['not from behind', tagged, ['Content-Range: bytes 71-99/100', tag], undefined, undefined],
    ['not without a range', tagged, [tag], 30, undefined],
    ['not with two ranges', tagged, [range, range, tag], 30, undefined],
    ['not with no octet', tagged, ['Content-Range: bytes 70-69/100', tag], 0, undefined],
    ['not beyond the whole', tagged, ['Content-Range: bytes 70-100/100', tag], 31, undefined],
    ['not of another length', tagged, ['Content-Range: bytes 70-99/101', tag], 30, undefined],
    ['not in another unit', tagged, ['Content-Range: octets 70-99/100', tag], 30, undefined],
    [
      'not with numbers without end',
      tagged,
      [`Content-Range: bytes 70-99/${'9'.repeat(16)}`, tag],
      30,
      undefined,
    ],
    ['not with more octets', tagged, [range, tag], 31, undefined],
    ['not with fewer octets', tagged, [range, tag], 29, undefined],
    ['not with another tag', tagged, [range, 'ETag: "b"'], 30, undefined],
    ['not with its tag made weak', tagged, [range, 'ETag: W/"a"'], 30, undefined],
    ['not without its tag', tagged, [range, MODIFIED], 30, undefined],
    ['not with two tags', tagged, [range, tag, 'ETag: "b"'], 30, undefined],
    [
      'not with another date',
      tagged,
      [range, tag, 'Last-Modified: Sun, 23 Nov 2025 18:00:00 GMT'],
      30,
      undefined,
    ],
    ['not with a tag in place of its date', dated, [range, MODIFIED, tag], 30, undefined],
    ['not without its date', dated, [range], 30, undefined],
    ['not in another coding', coded, [range, tag, 'Content-Encoding: br'], 30, undefined],
    ['not in a coding of its own', tagged, [range, tag, 'Content-Encoding: gzip'], 30, undefined],
    [
      'not in several parts',
      tagged,
      [range, tag, 'Content-Type: multipart/byteranges; boundary=x'],
      30,
      undefined,
    ],
  ])('%s', (_, version, fields, length, part) => {
    expect(continuation(head(206, fields, length), version, 70)).toEqual(part);
  });

  it('as a 206 alone', () => {
    expect(continuation(head(200, [range, tag], 30), tagged, 70)).toBeUndefined();
  });
});
