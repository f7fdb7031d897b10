// RFC 9113 sections 3.4 and 4: what comes first, the layout of frames, their sizes, and field blocks.

import { describe, expect, it } from 'vitest';
import { ACK, blockOf, Code, END_STREAM, FRAME_MAX, Id, Type, WINDOW } from '../../fake/frame-octets.ts';
import {
  exchange,
  expectConnectionError,
  expectGoingOn,
  Http2Network,
  STATUS_OK,
  uploading,
} from './fixture.ts';

describe('3.4 the preface', () => {
  it('is followed by SETTINGS that forbid pushed streams, and the requests of the turn, in one write', () => {
    const net = new Http2Network();
    for (const path of ['/1', '/2', '/3']) net.send(`http://host${path}`);
    net.wire.connect();
    net.turn();
    const { peer } = net;
    expect(peer.frames[0]).toMatchObject({ type: Type.SETTINGS, flags: 0 });
    expect(peer.rules.clientSettings.get(Id.ENABLE_PUSH)).toBe(0);
    expect(peer.requests.map(({ path }) => path)).toEqual(['/1', '/2', '/3']);
    expect(net.wire.writes).toBe(1);
  });

  it('of https comes once TLS is up, where ALPN chose h2', () => {
    const net = new Http2Network({ httpVersion: 'auto' });
    const asked = net.send('https://host/');
    net.wire.connect();
    net.turn();
    expect(net.wire.writes).toBe(0);
    net.wire.secure('h2');
    net.turn();
    net.peer.settings();
    expect(net.peer.request(1).field(':scheme')).toBe('https');
    net.peer.respond(1, 200, 'hi');
    expect([asked.short, asked.response.httpVersion]).toEqual(['200 hi', '2']);
  });

  it('is answered by SETTINGS, empty or not, each of which is acknowledged once', () => {
    const { net, peer, first } = exchange();
    peer.settings([[Id.MAX_CONCURRENT_STREAMS, 50]]);
    peer.settings([[Id.HEADER_TABLE_SIZE, 0]]);
    net.turn();
    const acks = peer.framesOf(Type.SETTINGS).filter(({ flags }) => flags === ACK);
    expect(acks.map(({ payload }) => payload.length)).toEqual([0, 0, 0]);
    peer.respond(1, 200, 'hi');
    expect([first.short, first.response.httpVersion]).toEqual(['200 hi', '2']);
  });

  it.each([
    ['DATA', Type.DATA, 0, 1, 'hi'],
    ['HEADERS', Type.HEADERS, 5, 1, '\x88'],
    ['PRIORITY', Type.PRIORITY, 0, 1, '\0\0\0\0\0'],
    ['RST_STREAM', Type.RST_STREAM, 0, 1, '\0\0\0\0'],
    ['an acknowledgement', Type.SETTINGS, ACK, 0, ''],
    ['PING', Type.PING, 0, 0, '12345678'],
    ['GOAWAY', Type.GOAWAY, 0, 0, '\0\0\0\0\0\0\0\0'],
    ['WINDOW_UPDATE', Type.WINDOW_UPDATE, 0, 0, '\0\0\0\x01'],
    ['CONTINUATION', Type.CONTINUATION, 4, 1, ''],
    ['an unknown frame', 0xfa, 0, 0, ''],
  ])('is not answered by %s: PROTOCOL_ERROR', (_, type, flags, streamId, payload) => {
    const net = new Http2Network();
    const first = net.send('http://host/');
    net.wire.connect();
    net.turn();
    const { peer } = net;
    peer.raw(type, flags, streamId, Buffer.from(payload, 'latin1'));
    expectConnectionError({ net, peer, asked: [first], first }, Code.PROTOCOL_ERROR);
    expect(first.short).toBe('headers/protocol');
  });

  it.each(['HTTP/1.1 400 Bad Request\r\n\r\n', 'HTTP/1.0 505 x\r\n\r\n'])(
    'is not answered by HTTP/1: %j',
    (octets) => {
      const net = new Http2Network();
      const first = net.send('http://host/');
      net.wire.connect();
      net.turn();
      net.peer.octets(octets);
      net.turn();
      expect(first.short).toBe('headers/protocol');
      expect(first.failure.message).toMatch(/HTTP\/1/);
      expect(net.peer.isOpen).toBe(false);
    },
  );
});

describe('4.1 a frame', () => {
  it.each([0x0a, 0x0b, 0x0c, 0x10, 0x42, 0xff])('of the unknown type %i is ignored on any stream', (type) => {
    const { net, peer, first } = exchange();
    for (const streamId of [0, 1, 2, 99]) {
      peer.raw(type, 0xff, streamId, Buffer.alloc(100, 0xff));
      peer.raw(type, 0, streamId);
    }
    peer.respond(1, 200, 'hi');
    expect(first.short).toBe('200 hi');
    expectGoingOn({ net, peer });
  });

  it('has a reserved bit and flags without a meaning, which are ignored', () => {
    const { net, peer, first } = exchange();
    peer.raw(Type.SETTINGS, 0xfe, 0x8000_0000);
    peer.rules.sentSettings([]);
    peer.raw(Type.WINDOW_UPDATE, 0xff, 0x8000_0001, Buffer.from([0x80, 0, 0, 1]));
    peer.raw(Type.HEADERS, 0xd6, 0x8000_0001, blockOf(STATUS_OK));
    peer.raw(Type.DATA, 0xf7, 0x8000_0001, Buffer.from('hi'));
    expect(first.short).toBe('200 hi');
    expectGoingOn({ net, peer });
  });
});

describe('4.2 the size of a frame', () => {
  it.each([
    ['DATA', Type.DATA, 0, 1],
    ['HEADERS', Type.HEADERS, 4, 1],
    ['PRIORITY', Type.PRIORITY, 0, 1],
    ['RST_STREAM', Type.RST_STREAM, 0, 1],
    ['SETTINGS', Type.SETTINGS, 0, 0],
    ['PUSH_PROMISE', Type.PUSH_PROMISE, 4, 1],
    ['PING', Type.PING, 0, 0],
    ['GOAWAY', Type.GOAWAY, 0, 0],
    ['WINDOW_UPDATE', Type.WINDOW_UPDATE, 0, 0],
    ['of an unknown type', 0xbb, 0, 1],
  ])('is at most what the client allows: %s', (_, type, flags, streamId) => {
    const all = exchange(2);
    const max = all.peer.rules.clientSettings.get(Id.MAX_FRAME_SIZE) ?? FRAME_MAX;
    all.peer.raw(type, flags, streamId, Buffer.alloc(max + 1));
    expectConnectionError(all, Code.FRAME_SIZE_ERROR);
  });

  it('is told by its head: nothing of what is too long is waited for', () => {
    const all = exchange();
    all.peer.octets(Buffer.from([0xff, 0xff, 0xff, Type.DATA, 0, 0, 0, 0, 1]));
    expectConnectionError(all, Code.FRAME_SIZE_ERROR);
  });

  it('may be just what the client allows', () => {
    const { peer, first } = exchange();
    const body = 'x'.repeat(peer.rules.clientSettings.get(Id.MAX_FRAME_SIZE) ?? FRAME_MAX);
    peer.headers(1, STATUS_OK);
    peer.data(1, body, { endStream: true });
    expect(first.short).toBe(`200 ${body}`);
  });

  it.each([
    ['DATA whose padding has no length', Type.DATA, 0x8, 1, 0],
    ['HEADERS whose padding has no length', Type.HEADERS, 0xc, 1, 0],
    ['HEADERS with half a priority', Type.HEADERS, 0x24, 1, 4],
    ['RST_STREAM of 3', Type.RST_STREAM, 0, 1, 3],
    ['RST_STREAM of 5', Type.RST_STREAM, 0, 1, 5],
    ['SETTINGS of 5', Type.SETTINGS, 0, 0, 5],
    ['SETTINGS of 7', Type.SETTINGS, 0, 0, 7],
    ['an acknowledgement of 6', Type.SETTINGS, ACK, 0, 6],
    ['PING of 7', Type.PING, 0, 0, 7],
    ['PING of 9', Type.PING, 0, 0, 9],
    ['GOAWAY of 7', Type.GOAWAY, 0, 0, 7],
    ['WINDOW_UPDATE of 3 on the connection', Type.WINDOW_UPDATE, 0, 0, 3],
    ['WINDOW_UPDATE of 5 on a stream', Type.WINDOW_UPDATE, 0, 1, 5],
  ])('is that of its type: not so for %s octets', (_, type, flags, streamId, length) => {
    const all = exchange(2);
    all.peer.raw(type, flags, streamId, Buffer.alloc(length));
    expectConnectionError(all, Code.FRAME_SIZE_ERROR);
  });

  it('of what the client sends is at most 16,384 until the peer says more: a body in several DATA frames', () => {
    const { net, peer } = uploading(WINDOW);
    expect(peer.request(1).body.length).toBe(WINDOW);
    const sizes = peer.framesOf(Type.DATA).map(({ payload }) => payload.length);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(FRAME_MAX);
    // No more frames than are needed, and one for the end at most.
    expect(sizes.length).toBeLessThanOrEqual(5);
    peer.respond(1, 200);
    net.turn();
  });

  it('of what the client sends is that for a field block too, which goes on in CONTINUATION', () => {
    const { net, peer } = exchange();
    const long = 'x'.repeat(40_000);
    net.ask({ url: 'http://host/long', headers: { a: long } });
    expect(peer.requests.at(-1)!.field('a')).toBe(long);
    expect(peer.framesOf(Type.CONTINUATION, 3).length).toBeGreaterThanOrEqual(1);
  });

  it('may shrink again to what the peer says', () => {
    const { net, peer } = exchange(1, {}, [[Id.MAX_FRAME_SIZE, 60_000]]);
    const body = 'x'.repeat(30_000);
    net.ask({ url: 'http://host/a', method: 'POST', body });
    expect(peer.request(3).body.length).toBe(30_000);
    peer.settings([[Id.MAX_FRAME_SIZE, FRAME_MAX]]);
    net.turn();
    net.ask({ url: 'http://host/b', method: 'POST', body });
    expect(peer.request(5).body.length).toBe(30_000);
  });
});

const NO_BLOCKS: readonly (readonly [name: string, octets: readonly number[]])[] = [
  ['the index 0', [0x80]],
  ['an index behind the table', [0xbe]],
  ['an index that never ends', [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]],
  ['a name whose index is behind the table', [0x7f, 0x00, 0x01, 0x61]],
  ['a field that is cut inside of its name', [0x00, 0x05, 0x61]],
  ['a field that is cut before its value', [0x00, 0x01, 0x61]],
  ['an integer that is cut', [0x7f]],
  ['a table that is larger than SETTINGS allow', [0x3f, 0xe1, 0xff, 0xff, 0x03]],
  ['a table size behind a field', [0x88, 0x20]],
  ['a Huffman code that ends wrong', [0x00, 0x81, 0x00, 0x01, 0x61]],
  ['a Huffman code with EOS', [0x00, 0x01, 0x61, 0x84, 0xff, 0xff, 0xff, 0xff]],
];

describe('4.3 a field block', () => {
  it.each(NO_BLOCKS)('with %s: COMPRESSION_ERROR, for the whole connection', (_, octets) => {
    const all = exchange(2);
    all.peer.headers(1, Buffer.from(octets));
    expectConnectionError(all, Code.COMPRESSION_ERROR);
    expect(all.asked.map(({ short }) => short)).toEqual(['headers/protocol', 'headers/protocol']);
  });

  it.each(NO_BLOCKS)('of trailers with %s: COMPRESSION_ERROR', (_, octets) => {
    const all = exchange(2);
    all.peer.headers(1, STATUS_OK);
    all.peer.headers(1, Buffer.from(octets), { endStream: true });
    expectConnectionError(all, Code.COMPRESSION_ERROR);
    expect(all.asked.map(({ short }) => short)).toEqual(['body/protocol', 'headers/protocol']);
  });

  it('may come in any number of pieces within the limit, also empty ones', () => {
    const { peer, first } = exchange();
    const block = blockOf([...STATUS_OK, ['a', 'b']]);
    peer.headers(1, block.subarray(0, 3), { endStream: true, endHeaders: false });
    peer.continuation(1, Buffer.alloc(0), false);
    peer.continuation(1, block.subarray(3, 10), false);
    peer.continuation(1, block.subarray(10), false);
    peer.continuation(1, Buffer.alloc(0));
    expect(first.response.header('a')).toBe('b');
  });

  it('changes the table for all that follow, on whatever stream', () => {
    const { peer, asked } = exchange(2);
    peer.headers(3, [...STATUS_OK, ['a', 'b']], { endStream: true, indexed: true });
    // The newest entry has the index 62.
    peer.headers(1, Buffer.from([0xbf, 0xbe]), { endStream: true });
    expect(asked.map(({ response }) => [response.status, response.header('a')])).toEqual([
      [200, 'b'],
      [200, 'b'],
    ]);
  });

  it('may empty the table, and fill it again', () => {
    const { peer, asked } = exchange(2);
    peer.headers(3, [...STATUS_OK, ['a', 'b']], { endStream: true, indexed: true });
    const emptied = Buffer.concat([Buffer.from([0x20, 0x3f, 0xe1, 0x1f]), blockOf(STATUS_OK, true)]);
    peer.headers(1, emptied, { endStream: true });
    expect(asked.map(({ short }) => short)).toEqual(['200 ', '200 ']);
  });

  it('of the client uses no table, and says so, where the peer has none (6.5.2 HEADER_TABLE_SIZE)', () => {
    const { net, peer } = exchange(1, {}, [[Id.HEADER_TABLE_SIZE, 0]]);
    for (let i = 0; i < 3; i++) net.ask({ url: 'http://host/again', headers: { a: 'b' } });
    const blocks = peer.framesOf(Type.HEADERS).slice(1);
    expect(blocks[0]!.payload[0]).toBe(0x20);
    // From there on an index above the static table would be none.
    expect(peer.requests.map((one) => one.field('a'))).toEqual([undefined, 'b', 'b', 'b']);
    expect(peer.request(7).ended).toBe(true);
    expect(blocks.every(({ flags }) => (flags & END_STREAM) !== 0)).toBe(true);
  });
});
