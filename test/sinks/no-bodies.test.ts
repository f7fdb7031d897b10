import { describe, expect, it } from 'vitest';
import { NO_BODIES, withoutBodies } from '../../src/sinks/no-bodies.ts';

describe('NO_BODIES', () => {
  it('counts octets, always takes more, and is done at once', () => {
    const rooms: string[] = [];
    const writer = NO_BODIES.open(0, () => rooms.push('room'));
    expect(writer.append(Buffer.from('hello'), 1, 4)).toBe(true);
    expect(writer.append(Buffer.alloc(1_000_000), 0, 1_000_000)).toBe(true);
    expect(writer.bytes).toBe(1_000_003);
    const told: unknown[] = [];
    writer.finish('text/plain', (...args) => told.push(args));
    expect(told).toEqual([[undefined, { bytes: 1_000_003, file: '' }]]);
    expect(rooms).toEqual([]);
    NO_BODIES.discard({ bytes: 1_000_003, file: '' });
  });

  it('begins anew, ends without a body, and knows one from another', () => {
    const [one, other] = [NO_BODIES.open(0, () => {}), NO_BODIES.open(1, () => {})];
    one.append(Buffer.alloc(5), 0, 5);
    one.restart();
    one.append(Buffer.alloc(5), 0, 2);
    other.append(Buffer.alloc(5), 0, 5);
    expect([one.bytes, other.bytes]).toEqual([2, 5]);
    let removed = 0;
    one.remove(() => removed++);
    expect(removed).toBe(1);
  });
});

describe('withoutBodies', () => {
  it('is the same sink, with the store that keeps nothing', () => {
    const sink = { full: false } as Parameters<typeof withoutBodies>[0];
    expect(withoutBodies(sink)).toBe(sink);
    expect(sink.bodies).toBe(NO_BODIES);
  });
});
