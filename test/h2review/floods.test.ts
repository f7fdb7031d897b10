import { describe, expect, it } from 'vitest';
import { Id, settingsOf, frameOf, Type } from '../fake/frame-octets.ts';
import { Http2Network } from '../transport/http2/fixture.ts';

describe('SETTINGS that flip INITIAL_WINDOW_SIZE', () => {
  it('cost no more with many streams', () => {
    const costs: number[] = [];
    for (const count of [10, 2000]) {
      const net = new Http2Network({ perOriginMax: 100_000 });
      net.send('http://host/0');
      const peer = net.accept([[Id.MAX_CONCURRENT_STREAMS, 100_000]]);
      for (let i = 1; i < count; i++) net.send(`http://host/${i}`);
      net.turn();
      const pairs = Array.from({ length: 2730 }, (_, i) => [Id.INITIAL_WINDOW_SIZE, i % 2 === 0 ? 1 : 65535] as const);
      const frame = frameOf(Type.SETTINGS, 0, 0, settingsOf(pairs as never));
      const t0 = process.hrtime.bigint();
      for (let i = 0; i < 4; i++) peer.octets(frame);
      const ms = Number(process.hrtime.bigint() - t0) / 1e6;
      console.log(count, 'streams:', (ms / 4).toFixed(2), 'ms per frame of', frame.length, 'octets');
      costs.push(ms);
    }
    expect(costs[1]! / costs[0]!).toBeLessThan(5);
  }, 60000);
});
