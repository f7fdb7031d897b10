// Requests sent ahead on one connection (RFC 9112 section 9.3.2): what may be, in what order the responses belong to
// them, and what becomes of those that were not answered.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Asked, FakeNetwork, OK } from './fixture.ts';

const body = (text: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

/** One connection that has served a response: from here on requests are pipelined. */
function pipelining(pipeline = 4, perOriginMax = pipeline): FakeNetwork {
  const net = new FakeNetwork({ pipeline, perOriginMax });
  net.idle();
  return net;
}

function sendAll(net: FakeNetwork, count: number): Asked[] {
  return Array.from({ length: count }, (_, i) => net.send(`http://host/${i}`));
}

function paths(written: string): string[] {
  return [...written.matchAll(/^[A-Z]+ (\S+) HTTP/gm)].map((match) => match[1]!);
}

describe('pipelining', () => {
  it('is off by default: one request at a time on a connection', () => {
    const net = new FakeNetwork();
    net.idle();
    sendAll(net, 3);
    expect(net.connector.wires.map((wire) => paths(wire.written).length)).toEqual([1, 0, 0]);
  });

  it('sends nothing ahead before a first response has shown that the peer keeps connections open', () => {
    const net = new FakeNetwork({ pipeline: 4, perOriginMax: 4 });
    const asked = sendAll(net, 4);
    const { wire } = net;
    wire.connect();
    expect(paths(wire.written)).toEqual(['/0']);
    wire.receive(body('0'));
    expect(paths(wire.written)).toEqual(['/0', '/1', '/2', '/3']);
    wire.receive(body('1') + body('2') + body('3'));
    expect(asked.map((one) => one.short)).toEqual(['200 0', '200 1', '200 2', '200 3']);
    expect(net.connector.wires).toHaveLength(1);
  });

  it('keeps to its depth and opens further connections up to perOriginMax ÷ pipeline', () => {
    const net = new FakeNetwork({ pipeline: 2, perOriginMax: 4 });
    sendAll(net, 9);
    expect(net.connector.wires).toHaveLength(2);
    for (const wire of net.connector.wires) wire.connect();
    for (const wire of net.connector.wires) wire.receive(OK);
    for (const wire of net.connector.wires) expect(paths(wire.written)).toHaveLength(3);
    net.connector.wires[0]!.receive(OK);
    expect(paths(net.connector.wires[0]!.written)).toHaveLength(4);
  });

  it('gives each response to the oldest request, however it is split', () => {
    const texts = Array.from({ length: 5 }, (_, i) => 'b'.repeat(i) + i);
    const stream = texts.map(body).join('');
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(stream.length), { maxLength: 20 }), (cuts) => {
        const net = pipelining(5);
        const asked = sendAll(net, 5);
        let at = 0;
        for (const cut of [...cuts, stream.length].sort((a, b) => a - b)) {
          net.wire.receive(stream.slice(at, cut));
          at = cut;
        }
        expect(asked.map((one) => one.short)).toEqual(texts.map((text) => `200 ${text}`));
      }),
      { numRuns: 40 },
    );
  });

  it('goes on behind a request that was held back for a poll', () => {
    const net = pipelining(4);
    net.clock.advance(10);
    const asked = sendAll(net, 4);
    expect(net.wire.written).toBe('');
    net.clock.poll();
    expect(paths(net.wire.written)).toEqual(['/0', '/1', '/2', '/3']);
    net.wire.receive(OK + OK + OK + OK);
    expect(asked.map((one) => one.short)).toEqual(Array(4).fill('200 hi'));
  });

  it('writes all that one read makes room for at once', () => {
    const net = pipelining(4);
    sendAll(net, 8);
    const before = net.wire.writes;
    net.wire.receive(OK + OK + OK);
    expect(paths(net.wire.written)).toHaveLength(7);
    expect(net.wire.writes).toBe(before + 1);
  });

  it('takes one octet at a time, and HEAD and GET side by side', () => {
    const net = pipelining(3);
    const head = net.send({ url: 'http://host/', method: 'HEAD' });
    const get = net.send('http://host/');
    const again = net.send({ url: 'http://host/', method: 'HEAD' });
    net.wire.drip(
      `HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n${body('content')}HTTP/1.1 204 No Content\r\n\r\n`,
    );
    expect([head, get, again].map((one) => one.short)).toEqual(['200 ', '200 content', '204 ']);
  });

  it('puts nothing behind a request that is not idempotent, nor one with a body', () => {
    for (const input of [
      { url: 'http://host/x', method: 'POST' },
      { url: 'http://host/x', method: 'PUT', body: 'b\n' },
    ]) {
      const net = pipelining(4);
      net.send(input);
      sendAll(net, 2);
      expect(paths(net.wire.written)).toEqual(['/x']);
      net.wire.receive(OK);
      expect(paths(net.wire.written)).toEqual(['/x', '/0', '/1']);
    }
  });

  it('does not put such a request behind others either', () => {
    const net = pipelining(4);
    sendAll(net, 2);
    const post = net.send({ url: 'http://host/x', method: 'POST', body: 'b\n' });
    expect(paths(net.wire.written)).toEqual(['/0', '/1']);
    net.wire.receive(OK + OK);
    expect(paths(net.wire.written)).toEqual(['/0', '/1', '/x']);
    net.wire.receive(OK);
    expect(post.short).toBe('200 hi');
  });

  it('puts nothing behind a request that says close, and answers those before it', () => {
    const net = pipelining(4);
    const before = sendAll(net, 2);
    const last = net.send({ url: 'http://host/last', headers: { Connection: 'close' } });
    const behind = net.send('http://host/behind');
    const first = net.connector.wires[0]!;
    expect(paths(first.written)).toEqual(['/0', '/1', '/last']);
    first.receive(body('0') + body('1'));
    expect(before.map((one) => one.short)).toEqual(['200 0', '200 1']);
    first.receive(body('last'));
    expect(last.short).toBe('200 last');
    expect(first.state).toBe('ended');
    expect(net.connector.wires).toHaveLength(2);
    expect(behind.done).toBe(false);
  });
});

describe('a pipelined connection that fails', () => {
  it.each([
    ['is reset', (net: FakeNetwork) => net.wire.reset(), 'headers/reset'],
    ['is closed', (net: FakeNetwork) => net.wire.finish(), 'headers/closed'],
  ])('lets all that is unanswered be sent again, once and alone, when it %s', (_, fail, short) => {
    const net = pipelining(4);
    const asked = sendAll(net, 4);
    net.wire.receive(body('0'));
    fail(net);
    expect(asked.map((one) => one.short)).toEqual([
      '200 0',
      `${short} resend`,
      `${short} resend`,
      `${short} resend`,
    ]);
    const again = asked.slice(1).map((one) => net.resend(one));
    const wires = net.connector.wires.slice(1);
    expect(wires).toHaveLength(3);
    for (const wire of wires) wire.connect();
    sendAll(net, 2);
    for (const wire of wires) expect(paths(wire.written)).toHaveLength(1);
    for (const wire of wires) wire.reset();
    expect(again.map((one) => one.short)).toEqual(Array(3).fill('headers/reset'));
  });

  it('fails the one whose response had begun, and lets those behind it be sent again', () => {
    const net = pipelining(4);
    const asked = sendAll(net, 3);
    net.wire.receive(body('0').slice(0, -1));
    net.wire.reset();
    expect(asked.map((one) => one.short)).toEqual([
      'body/reset',
      'headers/reset resend',
      'headers/reset resend',
    ]);
  });

  it('fails the one that timed out, and lets those behind it be sent again', () => {
    const net = new FakeNetwork({ pipeline: 4, perOriginMax: 4, firstByteTimeoutMs: 100 });
    net.idle();
    const asked = sendAll(net, 3);
    net.clock.advance(120);
    expect(asked.map((one) => one.short)).toEqual([
      'headers/timeout',
      'headers/timeout resend',
      'headers/timeout resend',
    ]);
  });

  it('fails the one whose response is malformed, and reads nothing of what follows', () => {
    const net = pipelining(4);
    const asked = sendAll(net, 3);
    net.wire.receive(`${body('0')}HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n${body('2')}`);
    expect(asked.map((one) => one.short)).toEqual(['200 0', 'headers/protocol', 'headers/protocol resend']);
  });

  it('counts what is behind a Connection: close as not processed, even where octets follow', () => {
    const net = pipelining(4);
    const asked = sendAll(net, 3);
    const last = 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n0';
    net.wire.receive(last + body('1'));
    expect(asked.map((one) => one.short)).toEqual([
      '200 0',
      'headers/closed resend',
      'headers/closed resend',
    ]);
    expect(net.connector.wires[0]!.state).toBe('ended');
  });

  it('counts what is behind a body that ends with the connection as not processed', () => {
    const net = pipelining(4);
    const asked = sendAll(net, 3);
    net.wire.receive('HTTP/1.1 200 OK\r\n\r\nto the end');
    net.wire.finish();
    expect(asked.map((one) => one.short)).toEqual([
      '200 to the end',
      'headers/closed resend',
      'headers/closed resend',
    ]);
  });

  it('closes when more comes than was asked for', () => {
    const net = pipelining(4);
    const asked = sendAll(net, 2);
    net.wire.receive(body('0') + body('1') + body('2'));
    expect(asked.map((one) => one.short)).toEqual(['200 0', '200 1']);
    expect(net.connector.wires[0]!.state).toBe('ended');
  });

  it('is aborted with all it has, and nothing that waits opens another', () => {
    const net = pipelining(2);
    const asked = sendAll(net, 6);
    net.transport.abort();
    expect(asked.map((one) => one.failure.kind)).toEqual(Array(6).fill('aborted'));
    expect(asked.map((one) => one.failure.resend)).toEqual(Array(6).fill(false));
    expect(net.connector.held).toEqual([]);
    expect(net.connector.wires).toHaveLength(1);
  });
});
