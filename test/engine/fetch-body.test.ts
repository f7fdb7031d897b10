// The stream that a response's body becomes, without a connection: its bounds, and the order of what happens to it.

import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { IncomingBody } from '../../src/engine/fetch/incoming-body.ts';
import { type Codings, SYNC_BYTES_MAX } from '../../src/session/decoding.ts';

const LIMITS = {
  codingsMax: 5,
  decodedBytesMax: Number.MAX_SAFE_INTEGER,
  decodedRatioMax: 200,
  syncBytesMax: SYNC_BYTES_MAX,
};
const KIB = 1024;

class Stage {
  readonly told: string[] = [];
  readonly body: IncomingBody;
  /** What stands in the shared read buffer, and is gone after each call. */
  readonly #shared = Buffer.alloc(64 * KIB);

  constructor(codings: Codings = []) {
    this.body = new IncomingBody(codings, LIMITS, {
      onRoom: () => this.told.push('room'),
      onUnwanted: () => this.told.push('unwanted'),
      onOver: () => this.told.push('over'),
    });
  }

  take(bytes: Uint8Array): boolean {
    this.#shared.set(bytes, 7);
    const room = this.body.take(this.#shared, 7, 7 + bytes.length);
    this.#shared.fill(0);
    return room;
  }
}

const gzipElsewhere = promisify(gzip);
const turn = () => new Promise((resolve) => setImmediate(resolve));

async function textOf(stream: ReadableStream<Uint8Array>): Promise<string> {
  return new Response(stream).text();
}

describe('what waits for a reader', () => {
  it('says stop beyond 256 KiB, and goes on when half of that is read', async () => {
    const { body, told } = new Stage();
    const piece = Buffer.alloc(32 * KIB);
    const rooms = Array.from({ length: 9 }, () => body.take(piece, 0, piece.length));
    expect(rooms).toEqual([...Array(8).fill(true), false]);
    const reader = body.stream.getReader();
    for (let i = 0; i < 4; i++) await reader.read();
    expect(told).toEqual([]);
    await reader.read();
    expect(told).toEqual(['room']);
    body.end();
    for (let i = 0; i < 4; i++) await reader.read();
    expect(await reader.read()).toMatchObject({ done: true });
    expect(told).toEqual(['room', 'over']);
  });

  it('is bounded when it is decoded too', async () => {
    const zipped = gzipSync(randomBytes(8 * KIB * KIB).toString('hex'), { level: 1 });
    const stage = new Stage(['gzip']);
    let taken = 0;
    let room = true;
    for (let rounds = 0; rounds < 40; rounds++) {
      while (room && taken < zipped.length) {
        const piece = zipped.subarray(taken, taken + 16 * KIB);
        room = stage.take(piece);
        taken += piece.length;
      }
      // As long as decoding what it took would take, and more: the same threads do both.
      await gzipElsewhere(zipped.subarray(0, 256 * KIB));
      if (stage.told.splice(0).includes('room')) room = true;
    }
    expect(taken).toBeLessThan(2 * KIB * KIB);
    const reader = stage.body.stream.getReader();
    let decoded = 0;
    for (;;) {
      while (taken < zipped.length && (room || stage.told.splice(0).includes('room'))) {
        const piece = zipped.subarray(taken, taken + 16 * KIB);
        room = stage.take(piece);
        taken += piece.length;
        if (taken === zipped.length) stage.body.end();
      }
      const { done, value } = await reader.read();
      if (done) break;
      decoded += value.length;
    }
    expect(decoded).toBe(16 * KIB * KIB);
  });
});

describe('its end', () => {
  it('comes after all that waits', async () => {
    const stage = new Stage();
    stage.take(Buffer.from('ab'));
    stage.take(Buffer.from('cd'));
    stage.body.end();
    expect(stage.told).toEqual([]);
    expect(await textOf(stage.body.stream)).toBe('abcd');
    expect(stage.told).toEqual(['over']);
  });

  it.each(['before', 'after'])('of no octets, %s somebody asks', async (when) => {
    const stage = new Stage();
    if (when === 'before') stage.body.end();
    const text = textOf(stage.body.stream);
    await turn();
    stage.body.end();
    expect(await text).toBe('');
    expect(stage.told).toEqual(['over']);
  });

  it('gives the buffer back to a reader that brought it', async () => {
    const stage = new Stage();
    const reader = stage.body.stream.getReader({ mode: 'byob' });
    const read = reader.read(new Uint8Array(4));
    await turn();
    stage.body.end();
    expect(await read).toMatchObject({ done: true, value: new Uint8Array(0) });
  });

  it('is a failure once, and nothing after', async () => {
    const stage = new Stage();
    stage.take(Buffer.from('ab'));
    const reason = new Error('cut');
    stage.body.fail(reason);
    stage.body.fail(new Error('another'));
    stage.body.end();
    expect(stage.take(Buffer.from('cd'))).toBe(true);
    await expect(textOf(stage.body.stream)).rejects.toBe(reason);
    expect(stage.told).toEqual(['over']);
  });

  it.each([
    ['while it comes', false, ['unwanted', 'over']],
    ['when it has come', true, ['over']],
  ])('is its reader’s wish %s', async (_, whole, expected) => {
    const stage = new Stage();
    stage.take(Buffer.from('ab'));
    if (whole) stage.body.end();
    await stage.body.stream.cancel();
    stage.take(Buffer.from('ab'));
    stage.body.fail(new Error('late'));
    expect(stage.told).toEqual(expected);
  });

  it('is a fault of its coding', async () => {
    const stage = new Stage(['gzip']);
    stage.take(gzipSync('abc').subarray(0, 12));
    stage.body.end();
    await expect(textOf(stage.body.stream)).rejects.toMatchObject({
      message: 'terminated',
      cause: { message: expect.stringContaining('ends early') },
    });
    expect(stage.told).toEqual(['unwanted', 'over']);
  });
});

it('gives the octets that came, whatever their pieces and whenever they are read', async () => {
  const steps = fc.array(
    fc.oneof(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.constant('read' as const)),
    {
      maxLength: 30,
    },
  );
  await fc.assert(
    fc.asyncProperty(steps, fc.constantFrom<Codings>([], ['gzip']), async (plan, codings) => {
      const stage = new Stage(codings);
      const content = Buffer.concat(plan.filter((step) => step !== 'read'));
      const encoded = codings.length === 0 ? content : gzipSync(content);
      const reader = stage.body.stream.getReader();
      const reads: Promise<{ done: boolean; value?: Uint8Array | undefined }>[] = [];
      let at = 0;
      for (const step of plan) {
        if (step === 'read') reads.push(reader.read());
        else if (at < encoded.length) {
          stage.take(encoded.subarray(at, at + step.length));
          at += step.length;
        }
      }
      if (at < encoded.length) stage.take(encoded.subarray(at));
      stage.body.end();
      for (;;) {
        const last = reader.read();
        reads.push(last);
        if ((await last).done) break;
      }
      const got = (await Promise.all(reads)).flatMap(({ value }) => (value === undefined ? [] : [value]));
      expect(Buffer.concat(got).equals(content)).toBe(true);
      expect(stage.told).toEqual(['over']);
    }),
    { numRuns: 150 },
  );
});
