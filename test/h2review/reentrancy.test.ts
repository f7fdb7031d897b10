// Who hears of an outcome may stop others, at once: while requests are handed out that waited, and while they are failed.

import { describe, expect, it } from 'vitest';
import type { BodyStream } from '../../src/model/body-stream.ts';
import { Asked, FakeNetwork, makeRequest } from '../transport/fixture.ts';
import { shorts } from '../transport/alpn-network.ts';
import { Http2Network } from '../transport/http2/fixture.ts';
import { systemError } from '../fake/wire.ts';
import { Code, Id } from '../fake/frame-octets.ts';

const REFUSED = () => systemError('ECONNREFUSED');

/** Its producer gives nothing but an error, at once. */
function broken(): BodyStream {
  return {
    length: undefined,
    replayable: false,
    contentType: undefined,
    open() {
      throw new Error('it can be read only once');
    },
  } as unknown as BodyStream;
}

function sendThen(net: FakeNetwork, url: string, then: (asked: Asked) => void): Asked {
  const asked = new Asked(makeRequest(url));
  net.asked.push(asked);
  net.transport.send(asked.request, (_, outcome) => {
    asked.outcomes.push(outcome);
    then(asked);
  });
  return asked;
}

describe('an opening that fails for several requests', () => {
  for (const httpVersion of ['auto', '2'] as const) {
    it(`lets the first that hears of it abort everything (${httpVersion})`, () => {
      const net = new FakeNetwork({ httpVersion });
      const first = sendThen(net, 'https://host/1', () => net.transport.abort());
      const others = [net.send('https://host/2'), net.send('https://host/3')];
      net.wire.close(REFUSED());
      expect(shorts([first, ...others])).toEqual(['connect/refused', 'queue/aborted', 'queue/aborted']);
    });

    it(`lets the first that hears of it cancel another (${httpVersion})`, () => {
      const net = new FakeNetwork({ httpVersion });
      const others: Asked[] = [];
      const first = sendThen(net, 'https://host/1', () => others[0]!.request.cancel());
      others.push(net.send('https://host/2'), net.send('https://host/3'));
      net.wire.close(REFUSED());
      expect(shorts([first, ...others])).toEqual(['connect/refused', 'queue/aborted', 'connect/refused']);
    });
  }
});

describe('requests that waited for a stream', () => {
  it('a body that fails at once does not disturb the handing out of the others', () => {
    const net = new Http2Network();
    const first = net.send('http://host/1');
    const bad = net.send({ url: 'http://host/2', method: 'POST' }, (request) => {
      request.stream = broken();
    });
    const last = net.send('http://host/3');
    const peer = net.accept();
    expect(bad.failure.kind).toBe('invalid');
    for (const { streamId, reset } of peer.requests) if (reset === undefined) peer.respond(streamId, 200, 'ok');
    expect(shorts([first, last])).toEqual(['200 ok', '200 ok']);
  });

  it.skip('time out together, and the first aborts everything', () => {
    const net = new Http2Network({ firstByteTimeoutMs: 1000 });
    const first = net.send('http://host/0');
    net.accept([[Id.MAX_CONCURRENT_STREAMS, 1]]);
    void first;
    const two = sendThen(net, 'http://host/1', () => net.transport.abort());
    const three = net.send('http://host/2');
    net.clock.advance(5000);
    expect([two.done, three.done]).toEqual([true, true]);
  });
});

/** Something that its reader's close does at once, as the `finally` of a generator does. */
function closing(onClose: () => void): BodyStream {
  return {
    length: undefined,
    replayable: true,
    contentType: undefined,
    open: () => ({ read: () => {}, close: onClose }),
  } as unknown as BodyStream;
}

describe('a producer that hears that nobody wants its body', () => {
  it('may cancel another request while the connection breaks', () => {
    const net = new Http2Network();
    const asked: Asked[] = [];
    asked.push(net.send({ url: 'http://host/1', method: 'POST' }, (r) => {
      r.stream = closing(() => asked[1]!.request.cancel());
    }));
    asked.push(net.send({ url: 'http://host/2' }));
    asked.push(net.send({ url: 'http://host/3' }));
    net.accept();
    net.wire.reset();
    expect(asked.map((one) => one.outcomes.length)).toEqual([1, 1, 1]);
  });

  it('may abort everything while the connection breaks', () => {
    const net = new Http2Network();
    const asked: Asked[] = [];
    asked.push(net.send({ url: 'http://host/1', method: 'POST' }, (r) => {
      r.stream = closing(() => net.transport.abort());
    }));
    asked.push(net.send({ url: 'http://host/2' }));
    net.accept();
    net.wire.reset();
    expect(asked.map((one) => one.outcomes.length)).toEqual([1, 1]);
  });

  it('may send another request while the connection breaks', () => {
    const net = new Http2Network();
    const asked: Asked[] = [];
    asked.push(net.send({ url: 'http://host/1', method: 'POST' }, (r) => {
      r.stream = closing(() => asked.push(net.send('http://host/2')));
    }));
    net.accept();
    net.wire.reset();
    net.clock.advance(3_600_000);
    expect(asked.map((one) => one.outcomes.length)).toEqual([1, 1]);
  });

  it('may cancel another request while a GOAWAY ends both', () => {
    const net = new Http2Network();
    const asked: Asked[] = [];
    const post = (path: string, onClose: () => void) =>
      net.send({ url: `http://host${path}`, method: 'POST' }, (request) => {
        request.stream = { ...closing(onClose), replayable: false } as BodyStream;
      });
    asked.push(post('/1', () => asked[1]!.request.cancel()));
    asked.push(post('/2', () => {}));
    const peer = net.accept();
    peer.goaway(0, Code.NO_ERROR);
    net.turn();
    expect(asked.map((one) => one.outcomes.length)).toEqual([1, 1]);
  });
});
