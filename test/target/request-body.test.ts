import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type BodyResult, readBody } from '../../src/target/request-body.ts';

const read = (chunks: readonly string[], keep: boolean, bytesMax: number) => {
  const request = Object.assign(new PassThrough(), { headers: {} });
  const results: BodyResult[] = [];
  readBody(request, keep, (result) => results.push(result), bytesMax);
  for (const chunk of chunks) request.write(chunk);
  request.end();
  return new Promise<BodyResult[]>((resolve) => request.on('end', () => resolve(results)));
};

describe('readBody', () => {
  it('keeps what it is told to keep', async () => {
    expect(await read(['one ', 'two'], true, 7)).toEqual([Buffer.from('one two')]);
    expect(await read(['one ', 'two'], false, 7)).toEqual([Buffer.alloc(0)]);
  });

  it('says once that a body without a length has no end', async () => {
    for (const keep of [true, false]) {
      expect(await read(['one ', 'two ', 'three ', 'four'], keep, 7)).toEqual(['endless']);
    }
  });
});
