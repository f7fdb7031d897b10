import { describe, expect, it } from 'vitest';
import { HostMap } from '../../../src/scheduler/health/host-map.ts';

class Host {
  readonly key: string;
  resting = false;

  constructor(key: string) {
    this.key = key;
  }

  isAtRest(): boolean {
    return this.resting;
  }
}

const map = (max: number) => new HostMap(max, (key) => new Host(key));

describe('HostMap', () => {
  it('makes each host once', () => {
    const hosts = map(3);
    const a = hosts.of('a', 0);
    hosts.of('b', 0);
    expect(hosts.of('a', 0)).toBe(a);
    expect(hosts.size).toBe(2);
  });

  it('forgets one that is at rest before others', () => {
    const hosts = map(3);
    const a = hosts.of('a', 0);
    hosts.of('b', 0).resting = true;
    const c = hosts.of('c', 0);
    const d = hosts.of('d', 0);
    expect(hosts.size).toBe(3);
    expect([hosts.of('a', 0), hosts.of('c', 0), hosts.of('d', 0)]).toEqual([a, c, d]);
    expect([hosts.of('a', 0) === a, hosts.of('c', 0) === c, hosts.of('d', 0) === d]).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('never remembers more than its number, also where none is at rest', () => {
    const hosts = map(100);
    for (let i = 0; i < 10_000; i++) {
      hosts.of(`host-${i}`, 0);
      expect(hosts.size).toBeLessThanOrEqual(100);
    }
    expect(hosts.size).toBeGreaterThan(90);
  });

  it('makes room of what is at rest, more than one at a time', () => {
    const hosts = map(8);
    const all = Array.from({ length: 8 }, (_, i) => hosts.of(`host-${i}`, 0));
    for (const host of all) host.resting = true;
    hosts.of('another', 0);
    expect(hosts.size).toBe(5);
  });
});
