// RFC 9113 sections 8.2 and 8.3: names and values of fields, and the pseudo-header fields of a response.

import { describe, expect, it } from 'vitest';
import { Code, type Pair } from '../../fake/frame-octets.ts';
import { exchange, expectGoingOn, expectStreamError, Http2Network, STATUS_OK } from './fixture.ts';

const FIELDS: readonly (readonly [name: string, field: Pair])[] = [
  ['a name in capitals', ['Server', 'x']],
  ['a name with one capital', ['x-fooBar', 'x']],
  ['an empty name', ['', 'x']],
  ['a name with a blank', ['a b', 'x']],
  ['a name with a blank in front', [' a', 'x']],
  ['a name with a colon inside', ['a:b', 'x']],
  ['a name with NUL', ['a\0', 'x']],
  ['a name with CR', ['a\r', 'x']],
  ['a name with LF', ['a\nb', 'x']],
  ['a name with DEL', ['a\x7f', 'x']],
  ['a name with an octet above ASCII', ['a\xe9', 'x']],
  ['a value with NUL', ['a', 'x\0y']],
  ['a value with CR', ['a', 'x\ry']],
  ['a value with LF', ['a', 'x\ny']],
  ['a value with CR LF, and a field behind it', ['a', 'x\r\nset-cookie: y=z']],
  ['a value with a blank in front', ['a', ' x']],
  ['a value with a blank behind', ['a', 'x ']],
  ['a value with a tab in front', ['a', '\tx']],
  ['a value with a tab behind', ['a', 'x\t']],
  ['a value that is a blank', ['a', ' ']],
  ['connection', ['connection', 'close']],
  ['proxy-connection', ['proxy-connection', 'keep-alive']],
  ['keep-alive', ['keep-alive', 'timeout=5']],
  ['transfer-encoding', ['transfer-encoding', 'chunked']],
  ['upgrade', ['upgrade', 'h2c']],
];

describe('8.2 fields: a response is malformed with', () => {
  it.each(FIELDS)('%s', (_, field) => {
    const all = exchange(2);
    all.peer.headers(1, [...STATUS_OK, ['b', 'c'], field]);
    expectStreamError(all, 1, Code.PROTOCOL_ERROR);
    expect(all.first.short).toBe('headers/protocol');
  });

  it.each(FIELDS)('%s in its trailers', (_, field) => {
    const all = exchange(2);
    all.peer.headers(1, STATUS_OK);
    all.peer.headers(1, [['b', 'c'], field], { endStream: true });
    expectStreamError(all, 1, Code.PROTOCOL_ERROR);
    expect(all.first.short).toBe('body/protocol');
  });

  it.each(FIELDS)('%s in an interim response', (_, field) => {
    const all = exchange(2);
    all.peer.headers(1, [[':status', '103'], field]);
    expectStreamError(all, 1, Code.PROTOCOL_ERROR);
  });

  it.each(FIELDS)('%s out of the table, each time it is named', (_, field) => {
    const all = exchange(3);
    all.peer.headers(3, [...STATUS_OK, field], { indexed: true });
    all.net.turn();
    all.peer.headers(1, Buffer.from([0xbf, 0xbe]), { endStream: true });
    all.net.turn();
    expect(all.asked.map((one) => one.done && one.short)).toEqual([
      'headers/protocol',
      'headers/protocol',
      false,
    ]);
    expectGoingOn(all);
  });
});

describe('8.2 fields', () => {
  it('have any name and value that may be', () => {
    const { peer, first } = exchange();
    const fields: readonly Pair[] = [
      ["!#$%&'*+-.^_`|~09az", 'x'],
      ['a', ''],
      ['a', 'b \t c'],
      ['b', '\x01\x7f\x80\xff'],
      ['te', 'trailers'],
      ['set-cookie', 'a=b'],
      ['set-cookie', 'c=d'],
    ];
    peer.respond(1, 200, 'hi', fields);
    expect(first.response.headers).toEqual(fields);
  });

  it('of the connection are not sent by the client, whatever the caller says (8.2.2)', () => {
    const net = new Http2Network();
    const headers = {
      Connection: 'close, X-Gone',
      'Keep-Alive': '1',
      'Proxy-Connection': '1',
      Upgrade: 'h2c',
      TE: 'trailers, deflate',
      'X-Gone': '1',
      'X-Stays': '1',
    };
    net.send({ url: 'http://host/', headers });
    net.send({ url: 'http://host/', headers: { TE: 'trailers' } });
    const peer = net.accept();
    const names = peer.request(1).fields.map(([name]) => name);
    expect(names.filter((name) => !name.startsWith(':'))).toEqual(['x-stays']);
    expect(peer.request(3).field('te')).toBe('trailers');
  });
});

const PSEUDO: readonly (readonly [name: string, fields: readonly Pair[]])[] = [
  ['nothing at all', []],
  ['no :status', [['a', 'b']]],
  ['two of :status', [...STATUS_OK, ...STATUS_OK]],
  ['a :status behind a field', [['a', 'b'], ...STATUS_OK]],
  ['a second :status behind a field', [...STATUS_OK, ['a', 'b'], ...STATUS_OK]],
  ['an unknown pseudo-header field', [...STATUS_OK, [':reason', 'OK']]],
  ['an unknown one in front', [[':reason', 'OK'], ...STATUS_OK]],
  ['one of a request', [...STATUS_OK, [':path', '/']]],
  ['one that is nothing but a colon', [...STATUS_OK, [':', 'x']]],
  ['a :STATUS', [[':STATUS', '200']]],
  ...[
    '',
    '20',
    '2000',
    '2 0',
    'abc',
    '+20',
    '-20',
    '2e2',
    '0x1',
    ' 200',
    '200 ',
    '200 OK',
    '２００',
    '000',
    '099',
  ].map((status): readonly [string, readonly Pair[]] => [
    `a :status of ${JSON.stringify(status)}`,
    [[':status', status]],
  ]),
];

describe('8.3 pseudo-header fields: a response is malformed with', () => {
  it.each(PSEUDO)('%s', (_, fields) => {
    const all = exchange(2);
    all.peer.headers(1, fields);
    expectStreamError(all, 1, Code.PROTOCOL_ERROR);
    expect(all.first.short).toBe('headers/protocol');
  });

  it.each(PSEUDO)('%s, which ends the stream', (_, fields) => {
    const all = exchange(2);
    all.peer.headers(1, fields, { endStream: true });
    all.net.turn();
    expect(all.first.short).toBe('headers/protocol');
    expectGoingOn(all);
  });

  it.each([':status', ':path', ':x'])('%s in its trailers', (name) => {
    const all = exchange(2);
    all.peer.headers(1, STATUS_OK);
    all.peer.headers(
      1,
      [
        ['a', 'b'],
        [name, '200'],
      ],
      { endStream: true },
    );
    expectStreamError(all, 1, Code.PROTOCOL_ERROR);
    expect(all.first.short).toBe('body/protocol');
  });
});
