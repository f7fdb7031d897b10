// Public HPACK stories: blocks that other implementations wrote, decoded in their order.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { decode, makeDecoder } from './octets.ts';

interface Story {
  readonly cases: ReadonlyArray<{
    readonly wire: string;
    readonly headers: ReadonlyArray<Readonly<Record<string, string>>>;
    readonly header_table_size?: number;
  }>;
}

const folder = fileURLToPath(new URL('../../../../shared/conformance/hpack/', import.meta.url));
/** A clone without the shared data has nothing to decode. */
const absent = !existsSync(folder);
const files = absent ? [] : readdirSync(folder).filter((name) => name.endsWith('.json'));
const storyOf = (file: string): Story => JSON.parse(readFileSync(folder + file, 'utf8'));

describe.skipIf(absent)('stories of http2jp/hpack-test-case', () => {
  it('are there', () => expect(files.length).toBeGreaterThanOrEqual(20));

  it.each(files)('%s', (file) => {
    const decoder = makeDecoder();
    for (const { wire, headers } of storyOf(file).cases) {
      const expected = headers.map((one) => Object.entries(one)[0]);
      expect(decode(decoder, wire)).toEqual(expected);
      expect(decoder.fault).toBeUndefined();
    }
  });

  it.each(files)('%s, cut short anywhere, is never more than what is there', (file) => {
    const [first] = storyOf(file).cases;
    const octets = Buffer.from(first!.wire, 'hex');
    const whole = decode(makeDecoder(), octets)!;
    for (let length = 0; length < octets.length; length++) {
      const decoder = makeDecoder();
      const fields = decode(decoder, octets.subarray(0, length));
      if (fields === undefined) expect(decoder.fault!.message).toContain('ends inside of');
      else expect(fields).toEqual(whole.slice(0, fields.length));
      expect(fields?.length).not.toBe(whole.length);
    }
  });
});
