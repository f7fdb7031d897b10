// The scripted server of HTTP/2: what it understands, what it sends, and each rule that it holds a client to. Tests of
// the client are worth no more than this.

import { describe, expect, it } from 'vitest';
import { parseUrl } from '../../src/model/origin.ts';
import {
  ACK,
  blockOf,
  Code,
  END_HEADERS,
  END_STREAM,
  frameOf,
  Id,
  type Pair,
  PREFACE,
  settingsOf,
  Type,
  uint32,
} from './frame-octets.ts';
import { FramePeer } from './frame-peer.ts';
import { FakeConnector } from './wire.ts';

const GET: readonly Pair[] = [
  [':method', 'GET'],
  [':scheme', 'http'],
  [':authority', 'host'],
  [':path', '/'],
];
const OPENING = frameOf(Type.SETTINGS, 0, 0, settingsOf([[Id.ENABLE_PUSH, 0]]));
const SETTINGS_ACK = frameOf(Type.SETTINGS, ACK, 0, Buffer.alloc(0));

/** A wire whose client is this test: it says octets, and keeps what it is told. */
function connected(open = true) {
  const reads: string[] = [];
  const connector = new FakeConnector();
  const nothing = () => {};
  connector.connect(parseUrl('http://host/').origin, [], {
    onConnect: nothing,
    onSecure: nothing,
    onBytes: (bytes, length) => reads.push(bytes.toString('hex', 0, length)),
    onDrain: nothing,
    onEnd: nothing,
    onClose: nothing,
  });
  const wire = connector.last;
  wire.connect();
  const peer = new FramePeer(wire);
  const say = (...octets: readonly Uint8Array[]) => wire.write('', Buffer.concat(octets));
  if (open) {
    say(Buffer.from(PREFACE), OPENING);
    peer.settings();
    say(SETTINGS_ACK);
    reads.length = 0;
  }
  return { peer, say, reads };
}

function headers(streamId: number, fields = GET, flags = END_STREAM | END_HEADERS): Buffer {
  return frameOf(Type.HEADERS, flags, streamId, blockOf(fields));
}

function data(streamId: number, octets: number, flags = 0): Buffer {
  return frameOf(Type.DATA, flags, streamId, Buffer.alloc(octets, 'x'));
}

function reset(streamId: number): Buffer {
  return frameOf(Type.RST_STREAM, 0, streamId, uint32(Code.CANCEL));
}

function update(streamId: number, increment: number): Buffer {
  return frameOf(Type.WINDOW_UPDATE, 0, streamId, uint32(increment));
}

describe('the peer', () => {
  it('keeps requests with their fields, bodies and ends', () => {
    const { peer, say } = connected();
    const block = blockOf(GET);
    say(
      frameOf(Type.HEADERS, 0, 1, block.subarray(0, 9)),
      frameOf(Type.CONTINUATION, END_HEADERS, 1, block.subarray(9)),
      data(1, 3),
      headers(3),
    );
    say(data(1, 2).subarray(0, 5));
    say(data(1, 2).subarray(5), headers(1, [['checksum', '1']]), reset(3));
    const [first, second] = peer.requests;
    expect([first!.path, first!.body.toString(), first!.ended]).toEqual(['/', 'xxxxx', true]);
    expect(first!.trailers).toEqual([['checksum', '1']]);
    expect([second!.ended, second!.reset]).toEqual([true, Code.CANCEL]);
    expect(peer.framesOf(Type.DATA, 1)).toHaveLength(2);
    expect(peer.faults).toEqual([]);
  });

  it('acknowledges SETTINGS behind its own, once', () => {
    const { peer, say, reads } = connected(false);
    say(Buffer.from(PREFACE), OPENING);
    peer.settings([[Id.MAX_CONCURRENT_STREAMS, 7]]);
    peer.ping();
    expect(reads).toEqual([
      '000006040000000000000300000007',
      '000000040100000000',
      '0000080600000000000000000000000000',
    ]);
  });

  it('sends frames as the RFC has them', () => {
    const { peer, reads } = connected();
    peer.headers(1, [['a', 'b']], { endStream: true, padding: 1, priority: true });
    peer.data(1, 'hi', { padding: 2 });
    peer.rst(1, 8);
    peer.goaway(1, 2, '!');
    peer.windowUpdate(0, 5);
    peer.continuation(1, Buffer.from([0x88]));
    expect(reads).toEqual([
      '00000c012d00000001' + '01' + '000000000f' + '0001610162' + '00',
      '000005000800000001' + '02' + '6869' + '0000',
      '000004030000000001' + '00000008',
      '000009070000000000' + '00000001' + '00000002' + '21',
      '000004080000000000' + '00000005',
      '000001090400000001' + '88',
    ]);
  });

  it('cuts what it sends as it is told', () => {
    const { peer, reads } = connected();
    peer.arrives = 'octets';
    peer.windowUpdate(0, 5);
    expect(reads).toHaveLength(13);
    reads.length = 0;
    peer.arrives = 4;
    peer.windowUpdate(0, 5);
    expect(reads).toEqual(['00000408', '000000000000000005']);
    reads.length = 0;
    peer.together(() => {
      peer.windowUpdate(0, 5);
      peer.windowUpdate(0, 6);
    });
    expect(reads).toHaveLength(1);
  });

  it('knows what it may send', () => {
    const { peer, say } = connected();
    say(headers(1), frameOf(Type.SETTINGS, 0, 0, settingsOf([[Id.INITIAL_WINDOW_SIZE, 100]])));
    expect(peer.room(1)).toBe(100);
    peer.data(1, 'x'.repeat(60), { padding: 1 });
    say(update(1, 10));
    expect(peer.room(1)).toBe(48);
  });
});

type Act = (say: (...octets: readonly Uint8Array[]) => void, peer: FramePeer) => void;

const breaches: readonly [name: string, fault: RegExp, act: Act][] = [
  ['an even stream', /on stream 2/, (say) => say(headers(2))],
  ['a stream below the last', /behind stream 3/, (say) => say(headers(3), headers(1))],
  ['a frame that is too long', /16385 octets/, (say) => say(headers(1, GET, END_HEADERS), data(1, 16_385))],
  ['DATA on an idle stream', /idle stream 1/, (say) => say(data(1, 1))],
  ['DATA behind its end', /behind END_STREAM/, (say) => say(headers(1), data(1, 1))],
  [
    'DATA behind its reset',
    /behind RST_STREAM/,
    (say) => say(headers(1, GET, END_HEADERS), reset(1), data(1, 1)),
  ],
  ['a second reset', /second RST_STREAM/, (say) => say(headers(1), reset(1), reset(1))],
  [
    'trailers without an end',
    /without END_STREAM/,
    (say) => say(headers(1, GET, 4), headers(1, [['a', 'b']], 4)),
  ],
  ['a WINDOW_UPDATE of 0', /of 0/, (say) => say(update(0, 0))],
  ['a connection that overflows', /overflows the conn/, (say) => say(update(0, 2 ** 31 - 1))],
  ['a stream that overflows', /overflows stream 1/, (say) => say(headers(1), update(1, 2 ** 31 - 1))],
  ['another frame in a block', /inside of a field block/, (say) => say(headers(1, GET, 1), update(0, 1))],
  ['CONTINUATION alone', /without HEADERS/, (say) => say(frameOf(Type.CONTINUATION, 4, 1, Buffer.alloc(0)))],
  ['too many acknowledgements', /were not sent/, (say) => say(SETTINGS_ACK)],
  [
    'a wrong length',
    /and 3 octets/,
    (say) => say(headers(1), frameOf(Type.RST_STREAM, 0, 1, Buffer.alloc(3))),
  ],
  ['SETTINGS on a stream', /on stream 1/, (say) => say(frameOf(Type.SETTINGS, 0, 1, Buffer.alloc(0)))],
  ['a PRIORITY', /type 2/, (say) => say(headers(1), frameOf(Type.PRIORITY, 0, 1, Buffer.alloc(5)))],
  ['upper case', /field name "A"/, (say) => say(headers(1, [...GET, ['A', 'b']]))],
  ['a field of the connection', /of a connection/, (say) => say(headers(1, [...GET, ['upgrade', 'b']]))],
  ['no path', /pseudo-header/, (say) => say(headers(1, GET.slice(0, 3)))],
  ['a late pseudo-header field', /behind another/, (say) => say(headers(1, [['a', 'b'], ...GET]))],
  ['a value that ends in blanks', /value/, (say) => say(headers(1, [...GET, ['a', 'b ']]))],
  ['what is no block', /that is none/, (say) => say(frameOf(Type.HEADERS, 5, 1, Buffer.from([0xff])))],
  [
    'DATA above the window of a stream',
    /1 octets above the window of stream 1/,
    (say, peer) => {
      peer.settings([[Id.INITIAL_WINDOW_SIZE, 9]]);
      say(headers(1, GET, END_HEADERS), SETTINGS_ACK, data(1, 10));
    },
  ],
  [
    'DATA above the window of the connection',
    /1 octets above the connection/,
    (say) => {
      for (let id = 1; id <= 9; id += 2) say(headers(id, GET, END_HEADERS), data(id, 13_107));
      say(data(1, 1));
    },
  ],
  [
    'more streams than may be',
    /beside 2, where 1/,
    (say, peer) => {
      peer.settings([[Id.MAX_CONCURRENT_STREAMS, 1]]);
      say(headers(1), headers(3));
      expect(peer.faults).toEqual([]);
      say(SETTINGS_ACK, headers(5));
    },
  ],
  [
    'a wrong answer to a PING',
    /answers a PING/,
    (say, peer) => {
      peer.ping();
      say(frameOf(Type.PING, ACK, 0, Buffer.alloc(8, 1)));
    },
  ],
  [
    'a stream behind GOAWAY',
    /after a GOAWAY/,
    (say, peer) => {
      peer.goaway(0, 0);
      say(headers(1));
      expect(peer.faults).toEqual([]);
      say(headers(3));
    },
  ],
  [
    'DATA on a stream that was reset',
    /which the server has reset/,
    (say, peer) => {
      say(headers(1, GET, END_HEADERS));
      peer.rst(1, Code.CANCEL);
      say(data(1, 1));
      expect(peer.faults).toEqual([]);
      say(data(1, 1));
    },
  ],
  [
    'a WINDOW_UPDATE on a closed stream',
    /on closed stream 1/,
    (say, peer) => {
      say(headers(1));
      peer.respond(1, 200);
      say(update(1, 1));
      expect(peer.faults).toEqual([]);
      say(update(1, 1));
    },
  ],
];

describe('the peer notes down', () => {
  it.each(breaches)('%s', (_, fault, act) => {
    const { peer, say } = connected();
    act(say, peer);
    expect(peer.faults).toHaveLength(1);
    expect(peer.faults[0]).toMatch(fault);
  });

  it.each([
    ['another preface', [Buffer.from('PRI * HTTP/1.1\r\n\r\nSM\r\n\r\n'), OPENING], /preface/],
    ['another first frame', [Buffer.from(PREFACE), update(0, 1), OPENING], /before SETTINGS/],
    ['pushed streams', [Buffer.from(PREFACE), frameOf(Type.SETTINGS, 0, 0, Buffer.alloc(0))], /pushed/],
  ])('%s', (_, octets, fault) => {
    const { peer, say } = connected(false);
    say(...octets);
    expect(peer.faults).toHaveLength(1);
    expect(peer.faults[0]).toMatch(fault);
  });

  it('nothing of what fills the windows and goes on with updates', () => {
    const { peer, say } = connected();
    say(headers(1, GET, END_HEADERS), data(1, 16_384), data(1, 16_384), data(1, 16_384), data(1, 16_383));
    peer.windowUpdate(0, 10);
    peer.windowUpdate(1, 10);
    say(data(1, 10, END_STREAM));
    expect([peer.faults, peer.request(1).body.length]).toEqual([[], 65_545]);
  });
});
