// Bodies that leave in slices, and responses that come before they are out (RFC 9112 section 9.5).

import { describe, expect, it } from 'vitest';
import { type Asked, FakeNetwork, OK } from './fixture.ts';

const SLICE = 64 * 1024;
const TICK_MS = 20;
const HEAD = 'HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\n';

/** A POST of three slices, of which the kernel takes the first. */
function uploading(changes = {}): { net: FakeNetwork; asked: Asked } {
  const net = new FakeNetwork(changes);
  net.connector.onWire = (wire) => {
    wire.takes = false;
  };
  const asked = net.send({ url: 'http://host/', body: 'x'.repeat(3 * SLICE) });
  net.wire.connect();
  return { net, asked };
}

describe('an upload', () => {
  it('leaves slice by slice, the next when the kernel has taken the one before', () => {
    const { net, asked } = uploading();
    const { wire } = net;
    const head = wire.written.indexOf('\r\n\r\n') + 4;
    expect(wire.written.length - head).toBe(SLICE);
    expect(asked.request.sent).toBe('partial');
    wire.drain();
    wire.takes = false;
    expect(wire.written.length - head).toBe(3 * SLICE);
    expect(asked.request.sent).toBe('whole');
    wire.drain();
    expect(wire.written.length - head).toBe(3 * SLICE);
    wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  it('leaves at once where the kernel takes all', () => {
    const net = new FakeNetwork();
    const asked = net.send({ url: 'http://host/', body: 'x'.repeat(3 * SLICE + 1) });
    net.wire.connect();
    expect(asked.request.sent).toBe('whole');
    expect(net.wire.written).toMatch(/\r\n\r\nx{196609}$/);
    net.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
    expect(net.wire.state).toBe('open');
  });

  it('fails as send/timeout where the peer takes nothing for idleTimeoutMs', () => {
    const { net, asked } = uploading({ idleTimeoutMs: 500, firstByteTimeoutMs: 100 });
    net.clock.advance(499);
    expect(asked.done).toBe(false);
    net.clock.advance(1 + TICK_MS);
    expect(asked.short).toBe('send/timeout');
    expect(asked.failure.sent).toBe('partial');
    expect(net.wire.state).toBe('destroyed');
  });

  it('may take long as long as it moves, and then the response has its own time', () => {
    const net = new FakeNetwork({ idleTimeoutMs: 500, firstByteTimeoutMs: 700 });
    net.connector.onWire = (wire) => {
      wire.takes = false;
      wire.onWritten = () => {
        wire.takes = false;
      };
    };
    const asked = net.send({ url: 'http://host/', body: 'x'.repeat(5 * SLICE) });
    net.wire.connect();
    for (let slice = 0; slice < 4; slice++) {
      net.clock.advance(499);
      expect(asked.done).toBe(false);
      net.wire.drain();
    }
    expect(asked.request.sent).toBe('whole');
    net.clock.advance(699);
    expect(asked.done).toBe(false);
    net.clock.advance(1 + TICK_MS);
    expect(asked.short).toBe('headers/timeout');
  });

  it('stops at a final response, which counts, and the connection closes', () => {
    const { net, asked } = uploading();
    net.wire.receive(`${HEAD}no`);
    expect(asked.short).toBe('413 no');
    expect(net.wire.state).not.toBe('open');
    const { length } = net.wire.written;
    net.wire.drain();
    expect(net.wire.written).toHaveLength(length);
  });

  it('stops as soon as the head of a final response is there', () => {
    const { net, asked } = uploading();
    const { wire } = net;
    const { length } = wire.written;
    wire.receive(HEAD);
    wire.drain();
    expect(wire.written).toHaveLength(length);
    wire.receive('no');
    expect(asked.short).toBe('413 no');
    // What is missing of the body would be read as the next request.
    expect(wire.state).not.toBe('open');
    net.send('http://host/next');
    expect(net.connector.wires).toHaveLength(2);
  });

  it('does not wait for what the kernel never took: the descriptor is let go at once', () => {
    const { net, asked } = uploading();
    net.wire.receive(`${HEAD}no`);
    expect(asked.done).toBe(true);
    expect(net.wire.state).toBe('destroyed');
  });

  it('goes on after an interim response', () => {
    const { net, asked } = uploading();
    net.wire.receive('HTTP/1.1 100 Continue\r\n\r\n');
    net.wire.drain();
    expect(asked.request.sent).toBe('whole');
    net.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
    expect(net.wire.state).toBe('open');
  });

  it('that breaks says how far it got', () => {
    const { net, asked } = uploading();
    net.wire.reset();
    expect(asked.short).toBe('send/reset');
    expect(asked.failure.sent).toBe('partial');
    expect(net.wire.state).not.toBe('open');
  });

  it('that the peer ends is no success', () => {
    const { net, asked } = uploading();
    net.wire.finish();
    expect(asked.short).toBe('send/closed');
  });

  it('does not let a body share its connection until the last octet of a small one has left', () => {
    const net = new FakeNetwork();
    net.connector.onWire = (wire) => {
      wire.takes = false;
    };
    const asked = net.send({ url: 'http://host/', body: 'small' });
    net.wire.connect();
    net.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
    expect(net.wire.state).not.toBe('open');
  });

  it('nor one without a body whose head has not left', () => {
    const net = new FakeNetwork();
    net.connector.onWire = (wire) => {
      wire.takes = false;
    };
    const asked = net.send('http://host/');
    net.wire.connect();
    net.wire.receive('HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n\r\n');
    expect(asked.short).toBe('431 ');
    expect(net.wire.state).not.toBe('open');
  });
});
