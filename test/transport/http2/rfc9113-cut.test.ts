// RFC 9113 section 4.1: frames are cut anywhere on their way. One conversation in which everything occurs comes to the
// same outcomes, and to the same frames of the client, wherever the octets of the server are cut.

import { describe, expect, it } from 'vitest';
import { blockOf, Code, Id } from '../../fake/frame-octets.ts';
import type { FramePeer } from '../../fake/frame-peer.ts';
import type { Asked } from '../fixture.ts';
import { Http2Network, STATUS_OK } from './fixture.ts';

const LONGEST_FRAME = 1_100;

/** What a server says to eight requests: `turn` is called where the client may write. */
function script(peer: FramePeer, turn: () => void): void {
  peer.settings([
    [Id.MAX_CONCURRENT_STREAMS, 100],
    [Id.INITIAL_WINDOW_SIZE, 100],
    [0x99, 1],
  ]);
  turn();
  peer.ping(Buffer.from('\0\x01\x02\x03abcd', 'latin1'));
  peer.raw(0xbe, 0xff, 1, Buffer.alloc(21, 0xff));
  peer.headers(1, [
    [':status', '103'],
    ['link', '</a>'],
  ]);
  peer.headers(1, [...STATUS_OK, ['a', 'b'], ['content-length', '11']], {
    padding: 7,
    priority: true,
    indexed: true,
  });
  peer.data(1, 'hello ', { padding: 3 });
  const block = blockOf([...STATUS_OK, ['long', 'y'.repeat(50)]]);
  peer.headers(3, block.subarray(0, 20), { endHeaders: false });
  peer.continuation(3, block.subarray(20, 20), false);
  peer.continuation(3, block.subarray(20));
  peer.data(1, 'world');
  peer.headers(1, [['checksum', '1']], { endStream: true });
  peer.data(3, '', { padding: 200 });
  peer.data(3, 'z'.repeat(LONGEST_FRAME - 9), { endStream: true });
  turn();
  peer.rst(5, Code.INTERNAL_ERROR);
  peer.data(7, 'no head before it');
  peer.headers(9, Buffer.from([0xc0, 0xbf, 0x0f, 0x0d, 0x01, 0x33]), { endStream: false });
  peer.data(9, 'abc', { endStream: true });
  peer.windowUpdate(0, 1_000);
  peer.windowUpdate(11, 200);
  turn();
  peer.headers(11, [...STATUS_OK, ['Bad', 'x']], { endStream: true });
  peer.respond(13, 204);
  turn();
  peer.goaway(15, Code.NO_ERROR, 'bye');
  peer.respond(15, 404, 'none');
  turn();
}

/** `cut` says how the octets arrive that are sent between two turns. */
function converse(cut: (peer: FramePeer, turn: () => void) => () => void) {
  const net = new Http2Network();
  const asked = Array.from({ length: 8 }, (_, i) =>
    net.send(i === 5 ? { url: 'http://host/up', method: 'POST', body: 'u'.repeat(400) } : `http://host/${i}`),
  );
  net.wire.connect();
  net.turn();
  const { peer } = net;
  script(
    peer,
    cut(peer, () => net.turn()),
  );
  return {
    outcomes: asked.map(shown),
    frames: peer.frames.map(
      ({ type, flags, streamId, payload }) => `${type} ${flags} ${streamId} ${payload.toString('hex')}`,
    ),
  };
}

/** Each frame by itself. */
function inFrames(arrives: FramePeer['arrives']) {
  return converse((peer, turn) => {
    peer.arrives = arrives;
    return turn;
  });
}

/** In reads of so many octets, whatever frames they are of. */
function inReads(bytes: number) {
  return converse((peer, turn) => {
    const pieces: Buffer[] = [];
    peer.octets = (octets) => void pieces.push(Buffer.from(octets as Uint8Array));
    return () => {
      const all = Buffer.concat(pieces.splice(0));
      for (let at = 0; at < all.length; at += bytes) peer.wire.receive(all.subarray(at, at + bytes));
      turn();
    };
  });
}

function shown({ outcome, short }: Asked): string {
  if (outcome.type === 'failure') return `${short} ${outcome.sent} ${outcome.message}`;
  return `${short} ${JSON.stringify([outcome.headers, outcome.trailers])}`;
}

describe('a conversation', () => {
  const whole = inFrames('whole');

  it('comes to what it should', () => {
    expect(whole.outcomes.map((text) => text.slice(0, 40).split(' [')[0])).toEqual([
      '200 hello world',
      expect.stringMatching(/^200 z+$/),
      expect.stringMatching(/^headers\/reset whole/),
      expect.stringMatching(/^headers\/protocol response/),
      '200 abc',
      expect.stringMatching(/^headers\/protocol response/),
      '204 ',
      '404 none',
    ]);
    expect(whole.outcomes[0]).toContain('[["checksum","1"]]');
    expect(whole.outcomes[4]).toContain('["content-length","3"]');
  });

  it('is the same octet by octet', () => {
    expect(inFrames('octets')).toEqual(whole);
  });

  it('is the same wherever its frames are cut', () => {
    const cuts = [...Array(110).keys(), ...Array.from({ length: 58 }, (_, i) => 110 + 17 * i)];
    for (const at of cuts.filter((cut) => cut > 0)) expect(inFrames(at), `cut at ${at}`).toEqual(whole);
  });

  it('is the same in reads of any size', () => {
    for (let bytes = 2; bytes < 300; bytes += bytes < 40 ? 1 : 17)
      expect(inReads(bytes), `${bytes} octets`).toEqual(whole);
  });
});
