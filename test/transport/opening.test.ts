// The way to an open wire: who hears of it, what it costs, what it leaves behind. In virtual time.

import { describe, expect, it } from 'vitest';
import type { Protocol } from '../../src/model/contracts.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { Opening, type OpeningOwner, type OpeningTools } from '../../src/transport/opening.ts';
import { TimerWheel } from '../../src/transport/timer-wheel.ts';
import { FakeResolver } from '../fake/resolver.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { FakeConnector } from '../fake/wire.ts';

const IN_TIME = { dnsTimeoutMs: 1000, connectTimeoutMs: 2000, tlsTimeoutMs: 3000, timeoutMs: 60_000 };

class Owner implements OpeningOwner {
  readonly told: string[] = [];

  onOpened(opening: Opening): void {
    this.told.push(`open ${opening.protocol}`);
    opening.events = {
      onBytes: (bytes, length) => this.told.push(bytes.toString('latin1', 0, length)),
      onDrain: () => this.told.push('drain'),
      onEnd: () => this.told.push('end'),
      onClose: () => this.told.push('close'),
    };
  }

  onOpenFailed(opening: Opening, phase: string, kind: string, error: unknown): void {
    this.told.push(
      `${phase}/${kind} ${opening.state}${error === undefined ? '' : ` ${(error as Error).message}`}`,
    );
  }
}

function world(url: string, protocols?: readonly Protocol[], settings = IN_TIME) {
  const clock = new VirtualClock(5000);
  const connector = new FakeConnector();
  const resolver = new FakeResolver();
  const wheel = new TimerWheel(clock);
  const tools: OpeningTools = { settings, clock, wheel, connector, resolver, routes: undefined };
  const { origin } = parseUrl(url);
  const parties = { origin, proxy: undefined, isSecure: true, peer: origin.authority };
  const owner = new Owner();
  const opening = new Opening(tools, parties, protocols, owner);
  return { clock, connector, resolver, wheel, owner, opening };
}

describe('an opening', () => {
  it('tells its owner what was agreed on, and what it took from the start of its attempt', () => {
    const { clock, connector, owner, opening, wheel } = world('https://host/', ['h2', 'http/1.1']);
    opening.start(clock.now() - 7);
    expect([opening.state, opening.phase]).toEqual(['connecting', 'connect']);
    clock.advance(20);
    connector.last.connect();
    expect([opening.state, opening.phase]).toEqual(['securing', 'tls']);
    clock.advance(30);
    connector.last.secure('h2');
    expect(owner.told).toEqual(['open h2']);
    expect(connector.last.protocols).toEqual(['h2', 'http/1.1']);
    expect(opening.timings).toEqual({ dnsMs: 7, connectMs: 20, tlsMs: 30 });
    expect([opening.state, opening.remoteAddress, wheel.size]).toEqual(['open', '192.0.2.1:80', 0]);
  });

  it('hands on all that comes once it is open', () => {
    const { clock, connector, owner, opening } = world('http://host/');
    opening.start(clock.now());
    const wire = connector.last;
    wire.connect();
    wire.receive('octets');
    wire.drain();
    wire.finish();
    wire.close();
    expect(owner.told).toEqual(['open undefined', 'octets', 'drain', 'end', 'close']);
  });

  it('may be taken over while it is under way: who has it last hears of it', () => {
    for (const fails of [false, true]) {
      const { clock, connector, owner, opening } = world('https://host/');
      opening.start(clock.now());
      const heir = new Owner();
      opening.owner = heir;
      connector.last.connect();
      if (fails) connector.last.reset();
      else connector.last.secure('http/1.1');
      expect([owner.told, heir.told]).toEqual([
        [],
        [fails ? 'tls/reset closed read ECONNRESET' : 'open http/1.1'],
      ]);
    }
  });

  it('has no more time than its attempt has left', () => {
    const { clock, connector, owner, opening, wheel } = world('https://host/', undefined, {
      ...IN_TIME,
      timeoutMs: 2500,
    });
    opening.start(clock.now());
    connector.last.connect();
    clock.advance(2480);
    expect(owner.told).toEqual([]);
    clock.advance(40);
    expect(owner.told).toEqual(['tls/timeout closed']);
    expect([connector.last.state, wheel.size]).toEqual(['destroyed', 0]);
  });

  it.each<[string, boolean]>([
    ['while it connects', false],
    ['when it is open', true],
  ])('that is given up %s is over: nobody hears of it again', (_, open) => {
    const { clock, connector, resolver, owner, opening, wheel } = world('http://host/');
    opening.start(clock.now());
    const wire = connector.last;
    if (open) wire.connect();
    owner.told.length = 0;
    opening.close();
    opening.close();
    wire.connect();
    wire.receive('octets');
    wire.close();
    clock.advance(100_000);
    expect(owner.told).toEqual([]);
    expect([opening.state, wire.state, wheel.size]).toEqual(['closed', 'destroyed', 0]);
    expect(resolver.forgotten).toEqual(open ? [] : ['host']);
  });
});
