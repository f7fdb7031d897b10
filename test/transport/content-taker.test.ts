// Content that is taken as it arrives: nothing of it is held, its taker sets the pace, and its end is still proven.

import { describe, expect, it } from 'vitest';
import type { ContentControl, ContentTaker } from '../../src/model/contracts.ts';
import type { Request } from '../../src/model/request.ts';
import { FakeNetwork, makeRequest, OK, settingsOf } from './fixture.ts';

class Taker implements ContentTaker {
  text = '';
  status = 0;
  takes = true;
  /** False after an octet: wants no more. */
  wants = true;
  control: ContentControl | undefined;
  onTaken: () => void = () => {};

  onHead(_: Request, head: { status: number }, control: ContentControl): boolean {
    this.status = head.status;
    this.control = control;
    return this.takes;
  }

  onContent(bytes: Buffer, start: number, end: number): boolean {
    this.text += bytes.toString('latin1', start, end);
    this.onTaken();
    return this.wants;
  }
}

function taken(network: FakeNetwork, taker: Taker, url = 'http://host/file') {
  const request = makeRequest(url);
  request.taker = taker;
  const asked = network.sendRequest(request);
  network.wire.connect();
  return asked;
}

describe('content that is taken', () => {
  it('comes piece by piece, and the response has none of its own', () => {
    const network = new FakeNetwork();
    const taker = new Taker();
    const asked = taken(network, taker);
    network.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    expect([taker.status, taker.text, asked.done]).toEqual([200, 'abc', false]);
    network.wire.receive('def');
    expect(taker.text).toBe('abcdef');
    expect(asked.response.body).toHaveLength(0);
    expect(network.send('http://host/2').done).toBe(false);
    network.wire.receive(OK);
    expect(network.connector.wires).toHaveLength(1);
  });

  it('may be larger than what may be held', () => {
    const small = new FakeNetwork({ limits: { ...settingsOf().limits, bodyBytesMax: 4 } });
    const taker = new Taker();
    const asked = taken(small, taker);
    small.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef');
    expect([taker.text, asked.response.status]).toEqual(['abcdef', 200]);
    const collected = new Taker();
    collected.takes = false;
    const refused = taken(small, collected, 'http://other/');
    small.wire.receive('HTTP/1.1 302 Found\r\nContent-Length: 6\r\n\r\nabcdef');
    expect(refused.short).toBe('body/too-large');
  });

  it('that the taker does not want is collected as usual', () => {
    const network = new FakeNetwork();
    const taker = new Taker();
    taker.takes = false;
    const asked = taken(network, taker);
    network.wire.receive(OK);
    expect([asked.short, taker.text]).toEqual(['200 hi', '']);
  });

  it('waits, without a deadline, while its taker wants no more', () => {
    const network = new FakeNetwork({ idleTimeoutMs: 1_000, timeoutMs: 10_000 });
    const taker = new Taker();
    taker.wants = false;
    const asked = taken(network, taker);
    network.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    expect(network.wire.paused).toBe(true);
    network.clock.advance(3_600_000);
    expect(asked.done).toBe(false);
    taker.wants = true;
    taker.control!.resume();
    expect(network.wire.paused).toBe(false);
    network.clock.advance(900);
    network.wire.receive('d');
    network.clock.advance(900);
    network.wire.receive('ef');
    expect(asked.response.status).toBe(200);
  });

  it('fails by silence once it is wanted again', () => {
    const network = new FakeNetwork({ idleTimeoutMs: 1_000 });
    const taker = new Taker();
    taker.wants = false;
    const asked = taken(network, taker);
    network.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    taker.control!.resume();
    network.clock.advance(1_100);
    expect(asked.short).toBe('body/timeout');
  });

  it('that is cut short is a failure', () => {
    const network = new FakeNetwork();
    const taker = new Taker();
    const asked = taken(network, taker);
    network.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    network.wire.finish();
    expect(asked.short).toBe('body/closed');
  });

  it.each(['on its head', 'in the middle', 'between reads'])('is let go of %s', (when) => {
    const network = new FakeNetwork();
    const taker = new Taker();
    if (when === 'on its head')
      taker.onHead = (_request, _head, control) => {
        control.cancel();
        return true;
      };
    if (when === 'in the middle') taker.onTaken = () => taker.control!.cancel();
    const asked = taken(network, taker);
    network.wire.receive(
      'HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef'.slice(
        0,
        when === 'between reads' ? -2 : undefined,
      ),
    );
    if (when === 'between reads') taker.control!.cancel();
    expect(asked.short).toBe('body/aborted');
    expect(network.wire.state).toBe('destroyed');
  });

  it.each(['head', 'content'])(
    'whose taker throws on its %s fails its request alone, and says why',
    (when) => {
      const network = new FakeNetwork();
      const taker = new Taker();
      const broken = () => {
        throw new Error('disk gone');
      };
      if (when === 'head') taker.onHead = broken;
      else taker.onTaken = broken;
      const asked = taken(network, taker);
      network.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabcdef');
      expect(asked.short).toBe('body/unknown');
      expect(asked.failure.cause).toMatchObject({ message: 'disk gone' });
      expect(network.wire.state).toBe('destroyed');
      const next = network.send('http://host/next');
      network.wire.connect();
      network.wire.receive(OK);
      expect(next.short).toBe('200 hi');
    },
  );

  it('is not given on to a taker that has cancelled, though it came in the same read', () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n3\r\ndef\r\n0\r\n\r\n';
    const network = new FakeNetwork();
    const taker = new Taker();
    taker.onTaken = () => taker.control!.cancel();
    const asked = taken(network, taker);
    network.wire.receive(chunked);
    expect([asked.short, taker.text]).toEqual(['body/aborted', 'abc']);
    const other = new Taker();
    other.onHead = (_request, _head, control) => {
      control.cancel();
      return true;
    };
    const refused = taken(network, other);
    network.wire.receive(chunked);
    expect([refused.short, other.text]).toEqual(['body/aborted', '']);
  });

  it('that ends in a read after its taker had enough does not leave a connection that reads nothing any more', () => {
    const network = new FakeNetwork();
    const taker = new Taker();
    taker.wants = false;
    const asked = taken(network, taker);
    network.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nabc');
    expect(network.wire.paused).toBe(true);
    // Node hands a read of TLS out record by record.
    network.wire.receive('def');
    expect([asked.response.status, network.wire.state, network.wire.paused]).toEqual([200, 'open', false]);
  });

  it('is its own message: control of a response that is over moves nothing', () => {
    const network = new FakeNetwork();
    const taker = new Taker();
    taken(network, taker);
    network.wire.receive('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc');
    const next = network.send('http://host/next');
    taker.control!.cancel();
    taker.control!.resume();
    network.wire.receive(OK);
    expect(next.short).toBe('200 hi');
  });
});
