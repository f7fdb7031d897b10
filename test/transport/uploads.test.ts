// Bodies that are produced while they are sent: framing, order, the peer's pace and the producer's, and their ends.

import { describe, expect, it } from 'vitest';
import type { BodyReader, BodyStream } from '../../src/model/body-stream.ts';
import type { Request } from '../../src/model/request.ts';
import { FakeNetwork, makeRequest, OK } from './fixture.ts';

/** Gives what the test says, when it says so. */
class Producer implements BodyStream {
  readonly length: number | undefined;
  readonly replayable: boolean;
  readonly contentType = undefined;
  opened = 0;
  closed = 0;
  /** The read that waits. */
  waiting: ((error: Error | undefined, bytes: Uint8Array | undefined) => void) | undefined;
  readonly #ready: (string | Error | undefined)[];

  constructor(
    ready: (string | Error | undefined)[],
    options: { length?: number; replayable?: boolean } = {},
  ) {
    this.#ready = ready;
    this.length = options.length;
    this.replayable = options.replayable ?? false;
  }

  open(): BodyReader {
    this.opened++;
    const pieces = [...this.#ready];
    return {
      read: (done) => {
        if (pieces.length === 0) this.waiting = done;
        else tell(done, pieces.shift());
      },
      close: () => {
        this.closed++;
        this.waiting = undefined;
      },
    };
  }

  give(piece: string | Error | undefined): void {
    const { waiting } = this;
    this.waiting = undefined;
    tell(waiting!, piece);
  }
}

function tell(done: (error: Error | undefined, bytes: Uint8Array | undefined) => void, piece: unknown): void {
  if (piece instanceof Error) done(piece, undefined);
  else done(undefined, typeof piece === 'string' ? Buffer.from(piece) : undefined);
}

function post(stream: BodyStream, fields: Record<string, string> = {}, method = 'POST'): Request {
  const request = makeRequest({ url: 'http://host/up', method, headers: fields });
  request.stream = stream;
  return request;
}

describe('a streamed body', () => {
  it('goes out chunked where nobody knows its length', () => {
    const network = new FakeNetwork();
    const asked = network.sendRequest(post(new Producer(['hello', 'world!!', undefined])));
    network.wire.connect();
    expect(network.wire.written).toBe(
      'POST /up HTTP/1.1\r\nHost: host\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n7\r\nworld!!\r\n0\r\n\r\n',
    );
    expect(asked.request.sent).toBe('whole');
    network.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  it('goes out under its length where that is known', () => {
    const network = new FakeNetwork();
    network.sendRequest(post(new Producer(['ab', 'c', undefined], { length: 3 })));
    network.wire.connect();
    expect(network.wire.written).toBe('POST /up HTTP/1.1\r\nHost: host\r\nContent-Length: 3\r\n\r\nabc');
  });

  it('is asked for no faster than the wire takes it', () => {
    const network = new FakeNetwork();
    const producer = new Producer(['one', 'two', undefined], { length: 6 });
    const asked = network.sendRequest(post(producer));
    network.wire.takes = false;
    network.wire.connect();
    expect(network.wire.written).not.toContain('one');
    network.wire.drain();
    expect(network.wire.written).toMatch(/onetwo$/);
    expect(asked.request.sent).toBe('whole');
  });

  it('may be late: only the whole time of the attempt counts then', () => {
    const network = new FakeNetwork({ idleTimeoutMs: 1_000, timeoutMs: 60_000 });
    const producer = new Producer(['one']);
    const asked = network.sendRequest(post(producer));
    network.wire.connect();
    network.clock.advance(30_000);
    expect(asked.done).toBe(false);
    producer.give('two');
    producer.give(undefined);
    network.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  it('that a peer does not read fails as silence does', () => {
    const network = new FakeNetwork({ idleTimeoutMs: 1_000 });
    const asked = network.sendRequest(post(new Producer(['one', 'two'])));
    network.wire.takes = false;
    network.wire.connect();
    network.clock.advance(1_100);
    expect(asked.short).toBe('send/timeout');
  });

  it('whose producer fails ends the request and its connection, and says why', () => {
    const network = new FakeNetwork();
    const producer = new Producer(['one', new Error('disk gone')]);
    const asked = network.sendRequest(post(producer));
    network.wire.connect();
    expect(asked.short).toBe('send/invalid');
    expect(asked.failure.message).toBe('the body of the request cannot be sent: disk gone');
    expect(network.wire.state).toBe('destroyed');
  });

  it.each([
    ['longer', ['abcd'], 'it is longer than the 3 bytes that were promised'],
    ['shorter', ['ab', undefined], 'it ended 1 bytes before the 3 that were promised'],
  ])('that turns out %s than promised never reaches its end', (_, pieces, why) => {
    const network = new FakeNetwork();
    const asked = network.sendRequest(post(new Producer(pieces, { length: 3 })));
    network.wire.connect();
    expect(asked.short).toBe('send/invalid');
    expect(asked.failure.message).toContain(why);
    expect(network.wire.written).not.toMatch(/abcd$/);
  });

  it('stops where the response comes early, closes its producer, and the connection is not used again', () => {
    const network = new FakeNetwork();
    const producer = new Producer(['one']);
    const asked = network.sendRequest(post(producer));
    network.wire.connect();
    const before = network.wire.written;
    network.wire.receive('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    expect(asked.response.status).toBe(413);
    expect(producer.closed).toBeGreaterThan(0);
    expect(network.wire.written).toBe(before);
    expect(network.connector.held).toHaveLength(0);
  });

  it('is closed when its request is aborted', () => {
    const network = new FakeNetwork();
    const producer = new Producer(['one']);
    network.sendRequest(post(producer));
    network.wire.connect();
    network.transport.abort();
    expect(producer.closed).toBeGreaterThan(0);
  });

  it('is never sent twice unless it can be produced twice', () => {
    for (const replayable of [true, false]) {
      const network = new FakeNetwork();
      const wire = network.idle();
      const request = post(new Producer(['one', undefined], { replayable }), {}, 'PUT');
      const asked = network.sendRequest(request);
      network.clock.poll();
      wire.reset();
      expect(asked.short).toBe(replayable ? 'headers/reset resend' : 'headers/reset');
    }
  });
});

describe('Expect: 100-continue', () => {
  const expecting = { Expect: '100-continue' };

  it('holds the body back until the peer wants it', () => {
    const network = new FakeNetwork();
    const asked = network.sendRequest(post(new Producer(['one', undefined], { length: 3 }), expecting));
    network.wire.connect();
    expect(network.wire.written).toBe(
      'POST /up HTTP/1.1\r\nHost: host\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n',
    );
    network.wire.receive('HTTP/1.1 100 Continue\r\n\r\n');
    expect(network.wire.written).toMatch(/\r\n\r\none$/);
    network.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
    expect(network.wire.state).toBe('open');
  });

  it('is not waited for longer than a second', () => {
    const network = new FakeNetwork();
    const asked = network.sendRequest(makeRequest({ url: 'http://host/', body: 'data', headers: expecting }));
    network.wire.connect();
    network.clock.advance(900);
    expect(network.wire.written).not.toContain('data');
    network.clock.advance(200);
    expect(network.wire.written).toMatch(/data$/);
    network.wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  // Go CVE-2024-24791: a final status in place of 100 left the connection out of step.
  it('answered by a final status leaves the body unsent and the connection unused', () => {
    const network = new FakeNetwork();
    const asked = network.sendRequest(makeRequest({ url: 'http://host/', body: 'data', headers: expecting }));
    const { wire } = network;
    wire.connect();
    wire.receive('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    expect(asked.response.status).toBe(401);
    expect(wire.written).not.toContain('data');
    expect(wire.state).not.toBe('open');
    network.send('http://host/next');
    expect(network.connector.wires).toHaveLength(2);
  });

  it('refused with 417 is left away, once', () => {
    const network = new FakeNetwork();
    const asked = network.sendRequest(makeRequest({ url: 'http://host/', body: 'data', headers: expecting }));
    network.wire.connect();
    network.wire.receive('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n');
    expect(asked.short).toBe('headers/unexpected resend');
    const again = network.resend(asked);
    network.wire.connect();
    expect(network.wire.written).toBe('POST / HTTP/1.1\r\nHost: host\r\nContent-Length: 4\r\n\r\ndata');
    network.wire.receive('HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n');
    expect(again.response.status).toBe(417);
  });

  it('is asked for where a body is as large as the option says, and never without a body', () => {
    const network = new FakeNetwork({ expectContinueBytes: 4 });
    network.sendRequest(makeRequest({ url: 'http://a/', body: 'data' }));
    network.wire.connect();
    expect(network.wire.written).toContain('Expect: 100-continue');
    network.sendRequest(makeRequest({ url: 'http://b/', body: 'dat' }));
    network.wire.connect();
    expect(network.wire.written).not.toContain('Expect');
    network.sendRequest(makeRequest({ url: 'http://c/', headers: expecting }));
    network.wire.connect();
    expect(network.wire.written).not.toContain('Expect');
  });
});
