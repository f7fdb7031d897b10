import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BodyBuffer } from '../../../src/transport/body-buffer.ts';
import { LIMITS, latin1 } from './observe.ts';

function limited(bodyBytesMax: number): BodyBuffer {
  return new BodyBuffer({ ...LIMITS, bodyBytesMax });
}

describe('BodyBuffer', () => {
  it('hands out what it took, once, whatever becomes of the read buffer', () => {
    const body = limited(100);
    const read = latin1('..hello..');
    expect(body.take(read, 2, 7, true)).toBeUndefined();
    read.fill(0);
    expect(body.length).toBe(5);
    expect(body.release().toString()).toBe('hello');
    expect([body.length, body.release().length]).toEqual([0, 0]);
  });

  it('is every piece in order, for any pieces and any number of bodies', () => {
    const bodies = fc.array(fc.array(fc.uint8Array({ minLength: 1, maxLength: 5000 }), { maxLength: 6 }), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(bodies, (all) => {
        const body = new BodyBuffer(LIMITS);
        const released = all.map((pieces) => {
          for (const piece of pieces) {
            const read = Buffer.from(piece);
            body.take(read, 0, read.length, pieces.length === 1);
            read.fill(0);
          }
          return body.release();
        });
        expect(released.map((one) => one.toString('hex'))).toEqual(
          all.map((pieces) => Buffer.concat(pieces).toString('hex')),
        );
      }),
    );
  });

  it.each([true, false])(
    'refuses the octet above the limit (whole: %s), and takes the last below it',
    (whole) => {
      const read = Buffer.alloc(8);
      expect(limited(5).take(read, 0, 4, whole)).toBeUndefined();
      expect(limited(5).take(read, 0, 5, whole)).toBeUndefined();
      expect(limited(5).take(read, 0, 6, whole)).toEqual({
        kind: 'too-large',
        message: 'a body beyond the limit of 5 (bodyBytesMax)',
      });
      const body = limited(5);
      expect(body.take(read, 0, 3, false)).toBeUndefined();
      expect(body.take(read, 0, 3, false)?.kind).toBe('too-large');
      expect(body.length).toBe(3);
      expect(body.take(read, 0, 2, false)).toBeUndefined();
      expect(limited(0).take(read, 0, 1, false)?.kind).toBe('too-large');
    },
  );

  it('holds no more memory than twice what came', () => {
    for (const size of [1, 66, 2047, 2048, 3000, 4096, 4097, 100_000, 1_000_000]) {
      const read = Buffer.alloc(1000);
      const { result, asked } = allocations(() => {
        const body = new BodyBuffer(LIMITS);
        for (let sent = 0; sent < size; sent += 1000) body.take(read, 0, Math.min(1000, size - sent), false);
        return body.release();
      });
      expect(result.length).toBe(size);
      // A small one lies in a slab that many share (how large that is differs from Node to Node).
      expect(asked.at(-1)).toBeLessThanOrEqual(Math.max(2 * size, 4096));
    }
  });

  it('grows within the pool while it is small, once, and costs no buffer of its own', () => {
    const read = Buffer.alloc(10);
    const { result, asked } = allocations(() => {
      const body = new BodyBuffer(LIMITS);
      for (let sent = 0; sent < 500; sent += 10) body.take(read, 0, 10, false);
      return body.release();
    });
    expect([result.length, asked]).toEqual([500, [10, 512]]);
  });

  it('never grows beyond the limit while it doubles', () => {
    const read = Buffer.alloc(100);
    const { asked } = allocations(() => {
      const body = limited(10_000);
      for (let sent = 0; sent < 9_000; sent += 100) body.take(read, 0, 100, false);
      return body.release();
    });
    expect(asked.at(-1)).toBe(10_000);
  });
});

/** The sizes that were asked of Buffer.allocUnsafe meanwhile. */
function allocations<T>(act: () => T): { result: T; asked: number[] } {
  const asked: number[] = [];
  const { allocUnsafe } = Buffer;
  Buffer.allocUnsafe = (size) => {
    asked.push(size);
    return allocUnsafe(size);
  };
  try {
    return { result: act(), asked };
  } finally {
    Buffer.allocUnsafe = allocUnsafe;
  }
}
