// Fewer at once where the machine has run out, and more again as it gets better.

import { describe, expect, it } from 'vitest';
import { Governor } from '../../src/engine/governor.ts';
import { Failure } from '../../src/model/outcome.ts';
import { Slots } from '../../src/scheduler/slots.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { systemError } from '../fake/wire.ts';
import { failure, response } from '../sinks/outcomes.ts';
import { ArraySink, echoAfter, Network, upTo, urls } from './fixture.ts';

function noPort(): Failure {
  return new Failure({ ...failure(1), phase: 'connect', kind: 'resources', sent: 'none' });
}

describe('the governor', () => {
  it('lets fewer go, never less than one, and grows back to what was asked for', () => {
    const clock = new VirtualClock();
    const slots = new Slots(100);
    const governor = new Governor(slots, slots.max, clock);
    slots.used = 40;
    expect(governor.waitMs(noPort())).toBeGreaterThan(0);
    expect(slots.max).toBe(39);
    for (let used = 39; used > 1; used--) {
      slots.used = used;
      governor.waitMs(noPort());
    }
    expect(slots.max).toBe(1);
    clock.advance(120_000);
    expect(slots.max).toBe(100);
    expect(clock.pending).toBe(0);
  });

  it('has nothing to do with other outcomes, nor where nobody else holds anything', () => {
    const slots = new Slots(10);
    const governor = new Governor(slots, slots.max, new VirtualClock());
    slots.used = 5;
    expect(governor.waitMs(response())).toBeUndefined();
    expect(governor.waitMs(failure(1))).toBeUndefined();
    slots.used = 1;
    expect(governor.waitMs(noPort())).toBeUndefined();
    expect(slots.max).toBe(10);
  });

  it('costs requests nothing: each has its answer, at the first attempt that was sent', async () => {
    const network = new Network(echoAfter(10));
    let open = 0;
    network.onConnect = (peer) => {
      if (open >= 5) return peer.fail(systemError('EADDRNOTAVAIL'));
      open++;
      const { onReleased } = peer.wire;
      peer.wire.onReleased = () => {
        open--;
        onReleased?.();
      };
      peer.after(1, () => peer.wire.connect());
    };
    const { core, sink } = network.run(urls(200), { concurrency: 20, retry: 0 }, new ArraySink());
    await network.end(core);
    expect(sink.indices).toEqual(upTo(200));
    expect(sink.outcomes.filter((one) => one.type === 'failure').map(String)).toEqual([]);
  });
});
