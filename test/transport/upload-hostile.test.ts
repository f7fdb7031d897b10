// Producers of bodies that do what they must not, peers that answer or leave in the middle, and ends of requests at odd
// moments: framing stays right, each request has one outcome, and nobody else waits for it.

import { describe, expect, it } from 'vitest';
import type { BodyReader, BodyStream } from '../../src/model/body-stream.ts';
import type { Request } from '../../src/model/request.ts';
import { FakeNetwork, makeRequest, OK } from './fixture.ts';

type Done = Parameters<BodyReader['read']>[0];
type Piece = Uint8Array | undefined;

const A = Buffer.from('a');
const MEGABYTE = 1024 * 1024;

/** A body of which the test says what a read does. */
class Body implements BodyStream {
  readonly length: number | undefined;
  readonly replayable = false;
  readonly contentType = undefined;
  reads = 0;
  closes = 0;
  onOpen: () => void = () => {};
  onClose: () => void = () => {};
  readonly #read: (done: Done, nth: number) => void;

  constructor(read: (done: Done, nth: number) => void, length?: number) {
    this.#read = read;
    this.length = length;
  }

  open(): BodyReader {
    this.onOpen();
    return {
      read: (done) => this.#read(done, this.reads++),
      close: () => {
        this.closes++;
        this.onClose();
      },
    };
  }
}

function post(stream: BodyStream, fields: Record<string, string> = {}): Request {
  const request = makeRequest({ url: 'http://host/up', method: 'POST', headers: fields });
  request.stream = stream;
  return request;
}

function sent(body: Body, changes = {}) {
  const network = new FakeNetwork(changes);
  const asked = network.sendRequest(post(body));
  network.wire.connect();
  const content = () => network.wire.written.slice(network.wire.written.indexOf('\r\n\r\n') + 4);
  return { network, asked, content, wire: network.wire };
}

describe('a producer that is quick', () => {
  it('of a million pieces given at once needs no stack, and everybody else has a turn meanwhile', () => {
    const network = new FakeNetwork();
    const body = new Body((done, nth) => done(undefined, nth < 1_000_000 ? A : undefined), 1_000_000);
    const asked = network.sendRequest(post(body));
    let octets = 0;
    const { wire } = network;
    wire.write = (_, bytes) => {
      octets += bytes?.length ?? 0;
      return true;
    };
    wire.connect();
    expect(octets).toBeLessThan(10_000);
    network.clock.advance(0);
    expect([octets, asked.request.sent]).toEqual([1_000_000, 'whole']);
    wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  it('and never ends is stopped by an early response, by its deadline and by a cancel', () => {
    const endless = () => new Body((done) => done(undefined, A));
    const early = sent(endless());
    early.network.clock.poll();
    early.wire.receive('HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n');
    expect(early.asked.response.status).toBe(413);
    const late = sent(endless(), { timeoutMs: 500 });
    while (!late.asked.done) step(late.network, 20);
    expect(late.asked.short).toBe('send/timeout');
    const cancelled = sent(endless());
    cancelled.asked.request.cancel();
    expect(cancelled.asked.short).toBe('send/aborted');
    for (const { network, wire } of [early, late, cancelled]) {
      const { length } = wire.written;
      network.clock.advance(10_000);
      expect([wire.written.length, wire.state === 'open', network.clock.pending]).toEqual([length, false, 0]);
    }
  });

  it('is the wire to a peer that takes all at once: a large body leaves in turns as well', () => {
    const network = new FakeNetwork();
    const asked = network.send({ url: 'http://host/', body: 'x'.repeat(16 * MEGABYTE + 1) });
    const { wire, clock } = network;
    let octets = 0;
    wire.write = (_, bytes) => {
      octets += bytes?.length ?? 0;
      return true;
    };
    wire.connect();
    for (let turns = 1; turns <= 4; turns++, clock.poll()) expect(octets).toBe(4 * turns * MEGABYTE);
    expect([octets, asked.request.sent]).toEqual([16 * MEGABYTE + 1, 'whole']);
    wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  it('but gives nothing, again and again, lets others have their turn', () => {
    const { asked, network, content } = sent(
      new Body((done, nth) => done(undefined, nth < 10_000 ? Buffer.alloc(0) : undefined)),
    );
    expect(asked.request.sent).toBe('partial');
    network.clock.advance(0);
    expect([asked.request.sent, content()]).toEqual(['whole', '0\r\n\r\n']);
  });
});

/** Time passes, and there is one poll: of what asks for another each time, all polls would never be over. */
function step({ clock }: FakeNetwork, ms: number): void {
  const { afterPoll } = clock;
  const polls: (() => void)[] = [];
  clock.poll();
  clock.afterPoll = (call) => void polls.push(call);
  clock.advance(ms);
  clock.afterPoll = afterPoll;
  for (const call of polls) clock.afterPoll(call);
}

describe('a producer that breaks its promises', () => {
  it('with a piece of no octets does not end the body: what follows would be read as a request', () => {
    const pieces: Piece[] = [A, Buffer.alloc(0), A, undefined];
    const { content, asked } = sent(new Body((done) => done(undefined, pieces.shift())));
    expect(content()).toBe('1\r\na\r\n1\r\na\r\n0\r\n\r\n');
    expect(asked.request.sent).toBe('whole');
  });

  it('and calls back twice is heard once', () => {
    const body = new Body((done, nth) => {
      if (nth > 1) return done(undefined, undefined);
      done(undefined, A);
      done(undefined, Buffer.from('never'));
      done(new Error('never'), undefined);
    });
    const { content, asked, wire } = sent(body);
    expect(content()).toBe('1\r\na\r\n1\r\na\r\n0\r\n\r\n');
    wire.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  it('and calls back while it is closed, or later, writes nothing more', () => {
    let kept: Done | undefined;
    const body = new Body((done, nth) => {
      kept = done;
      if (nth === 0) done(undefined, A);
    });
    body.onClose = () => kept!(undefined, Buffer.from('late'));
    const { wire, asked } = sent(body);
    const before = wire.written;
    wire.receive('HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n');
    kept!(undefined, Buffer.from('late'));
    kept!(new Error('late'), undefined);
    expect([asked.response.status, wire.written, body.reads]).toEqual([400, before, 2]);
  });

  it.each([
    ['opened', 'cannot open'],
    ['read', 'cannot read'],
    ['closed', undefined],
  ])('by throwing when it is %s harms nobody but its own request', (when, message) => {
    const body = new Body((done) => {
      if (when === 'read') throw new Error('cannot read');
      done(undefined, undefined);
    });
    if (when === 'opened') {
      body.onOpen = () => {
        throw new Error('cannot open');
      };
    }
    if (when === 'closed') {
      body.onClose = () => {
        throw new Error('cannot close');
      };
    }
    const { asked, network, wire } = sent(body);
    if (message === undefined) {
      wire.receive(OK);
      expect(asked.short).toBe('200 hi');
      return;
    }
    expect(asked.short).toBe('send/invalid');
    expect(asked.failure.message).toContain(message);
    expect([wire.state, network.connector.held.length]).toEqual(['destroyed', 0]);
  });

  it('and gives no octets at all is a failure that says so', () => {
    const { asked } = sent(new Body((done) => done(undefined, 'text' as unknown as Uint8Array)));
    expect(asked.short).toBe('send/invalid');
    expect(asked.failure.message).toContain('something else than octets');
  });

  it('and cancels its own request, while it is opened or read, is let go of', () => {
    for (const when of ['open', 'read']) {
      let cancel = () => {};
      const body = new Body((done) => {
        if (when === 'read') cancel();
        done(undefined, A);
      });
      if (when === 'open') body.onOpen = () => cancel();
      const network = new FakeNetwork();
      const request = post(body);
      cancel = () => request.cancel();
      const asked = network.sendRequest(request);
      network.wire.connect();
      expect(asked.short).toBe('send/aborted');
      expect([body.closes, network.wire.written.includes('a\r\n1')]).toEqual([1, false]);
    }
  });
});

describe('an upload', () => {
  it('whose peer resets it in the middle fails once, and its producer is let go of', () => {
    const waiting: Done[] = [];
    const body = new Body((done, nth) => {
      if (nth === 0) done(undefined, A);
      else waiting.push(done);
    });
    const { asked, wire, network } = sent(body);
    wire.reset();
    for (const done of waiting) done(undefined, A);
    expect([asked.short, asked.failure.sent, body.closes]).toEqual(['send/reset', 'partial', 1]);
    expect(network.connector.held).toHaveLength(0);
  });

  it('held back for a 100 Continue is cancelled without being opened', () => {
    const body = new Body((done) => done(undefined, undefined));
    let opened = 0;
    body.onOpen = () => opened++;
    const network = new FakeNetwork();
    const request = post(body, { Expect: '100-continue' });
    const asked = network.sendRequest(request);
    network.wire.connect();
    request.cancel();
    network.clock.advance(5_000);
    expect([asked.short, opened, network.wire.state]).toEqual(['send/aborted', 0, 'destroyed']);
  });

  it('that expects a 100 Continue never shares a pipelined connection, before or behind', () => {
    const network = new FakeNetwork({ pipeline: 4, perOriginMax: 8 });
    const wire = network.idle();
    const get = network.send('http://host/get');
    const body = new Body((done, nth) => done(undefined, nth === 0 ? A : undefined));
    const asked = network.sendRequest(post(body, { Expect: '100-continue' }));
    const behind = network.send('http://host/behind');
    expect(network.connector.wires).toHaveLength(2);
    const second = network.wire;
    second.connect();
    wire.receive(OK + OK);
    expect([get.short, behind.short]).toEqual(['200 hi', '200 hi']);
    expect(second.written).toMatch(/^POST .*\r\n\r\n$/s);
    second.receive('HTTP/1.1 100 Continue\r\n\r\n');
    expect(second.written).toMatch(/\r\n\r\n1\r\na\r\n0\r\n\r\n$/);
    second.receive(OK);
    expect(asked.short).toBe('200 hi');
  });

  it('is not begun by a 100 Continue that comes after a final response', () => {
    const body = new Body((done) => done(undefined, A));
    const network = new FakeNetwork();
    const asked = network.sendRequest(post(body, { Expect: '100-continue' }));
    network.wire.connect();
    network.wire.receive(
      'HTTP/1.1 401 Unauthorized\r\nContent-Length: 4\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n',
    );
    expect([asked.response.status, body.reads, network.wire.state === 'open']).toEqual([401, 0, false]);
  });
});
