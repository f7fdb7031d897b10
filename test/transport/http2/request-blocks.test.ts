// The field block of a request: what stands in it, in which order, and that a cached one says the same.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EMPTY_HEADERS, type HeadersInput } from '../../../src/model/header-block.ts';
import { type Request, RequestFactory, type RequestObject } from '../../../src/model/request.ts';
import { HpackEncoder } from '../../../src/transport/http2/hpack-encoder.ts';
import { OutgoingOctets } from '../../../src/transport/http2/outgoing-octets.ts';
import { RequestBlocks } from '../../../src/transport/http2/request-blocks.ts';
import { decode, makeDecoder, type Pair, written } from './octets.ts';

const FACTORY = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

/** How many fields are encoded by what is done. */
function encodedBy(action: () => void): number {
  const { field } = HpackEncoder.prototype;
  let encoded = 0;
  HpackEncoder.prototype.field = function (...args) {
    encoded++;
    field.apply(this, args);
  };
  try {
    action();
  } finally {
    HpackEncoder.prototype.field = field;
  }
  return encoded;
}

function requestOf(input: Omit<RequestObject, 'url'>): Request {
  return FACTORY.from(0, { ...input, url: 'https://example.com/todos/1' });
}

class Peer {
  readonly blocks = new RequestBlocks(['x-api-key']);
  readonly #decoder = makeDecoder();
  readonly #out = new OutgoingOctets();
  octets = '';

  /** The fields as the peer reads them. */
  send(request: Request, expecting = false): Pair[] {
    this.blocks.write(this.#out, request, expecting);
    const b = written(this.#out);
    this.octets = b.toString('hex');
    const fields = decode(this.#decoder, b);
    if (fields === undefined) throw new Error(this.#decoder.fault!.message);
    return fields;
  }
}

const PSEUDO: readonly Pair[] = [
  [':method', 'GET'],
  [':path', '/todos/1'],
  [':scheme', 'https'],
  [':authority', 'example.com'],
];

describe('the field block of a request (RFC 9113 section 8.3.1)', () => {
  it('has its pseudo-header fields in front, and names in lower case (section 8.2)', () => {
    const headers = { 'User-Agent': 'flurry/0.1.0', ACCEPT: '*/*' };
    expect(new Peer().send(requestOf({ headers }))).toEqual([
      ...PSEUDO,
      ['user-agent', 'flurry/0.1.0'],
      ['accept', '*/*'],
    ]);
  });

  it('has several fields of one name apart, in their order, and values as they are', () => {
    const headers = { A: ['1', '2: x', ''], B: 'caf\xe9' };
    expect(new Peer().send(requestOf({ headers }))).toEqual([
      ...PSEUDO,
      ['a', '1'],
      ['a', '2: x'],
      ['a', ''],
      ['b', 'caf\xe9'],
    ]);
  });

  it('has the caller’s Host as its authority, and no Host', () => {
    const fields = new Peer().send(requestOf({ headers: { Host: 'other.example' } }));
    expect(fields.slice(3)).toEqual([[':authority', 'other.example']]);
  });

  it.each([
    ['/', /^8284/],
    ['/index.html', /^8204/],
  ])('has the path %s', (path, octets) => {
    const peer = new Peer();
    for (let i = 0; i < 4; i++) {
      const fields = peer.send(FACTORY.from(0, { url: `https://example.com${path}` }));
      expect(fields[1]).toEqual([':path', path]);
      expect(peer.octets).toMatch(octets);
    }
  });

  it('has nothing of a connection of HTTP/1.1 (section 8.2.2)', () => {
    const headers = {
      Connection: 'close, X-Hop',
      'Keep-Alive': 'timeout=5',
      'Proxy-Connection': 'keep-alive',
      Upgrade: 'h2c',
      TE: 'gzip',
      'X-Hop': '1',
      'X-Kept': '1',
    };
    expect(new Peer().send(requestOf({ headers })).slice(4)).toEqual([['x-kept', '1']]);
    expect(new Peer().send(requestOf({ headers: { TE: 'Trailers' } })).slice(4)).toEqual([
      ['te', 'Trailers'],
    ]);
  });

  it.each<[string, Omit<RequestObject, 'url'>, Pair[]]>([
    ['a body in memory', { body: 'hello' }, [['content-length', '5']]],
    ['an empty body', { method: 'PUT', body: '' }, [['content-length', '0']]],
    ['no body where one is expected', { method: 'POST' }, [['content-length', '0']]],
    ['no body where none is', { method: 'DELETE' }, []],
  ])('says the length of %s', (_name, input, expected) => {
    expect(new Peer().send(requestOf(input)).slice(4)).toEqual(expected);
  });

  it('says the length of a stream where it is known', () => {
    const request = requestOf({ method: 'POST' });
    const stream = { length: 12 as number | undefined, replayable: false };
    request.stream = stream as never;
    expect(new Peer().send(request).slice(4)).toEqual([['content-length', '12']]);
    stream.length = undefined;
    expect(new Peer().send(request).slice(4)).toEqual([]);
  });

  it('says that a body is held back', () => {
    const fields = new Peer().send(requestOf({ body: 'x' }), true);
    expect(fields.at(-1)).toEqual(['expect', '100-continue']);
  });

  it('has what the session adds, at its end', () => {
    const peer = new Peer();
    const request = requestOf({ headers: { A: 'b' } });
    for (const id of ['1', '1', '2', '1']) {
      request.sessionFields = `Cookie: id=${id}\r\nIf-None-Match: "x"\r\n`;
      expect(peer.send(request).slice(4)).toEqual([
        ['a', 'b'],
        ['cookie', `id=${id}`],
        ['if-none-match', '"x"'],
      ]);
    }
  });
});

describe('what repeats', () => {
  it('comes to rest after three requests: then each is its path and a few octets', () => {
    const peer = new Peer();
    const headers = EMPTY_HEADERS.with({ 'User-Agent': 'flurry/0.1.0', Accept: '*/*', 'X-Tenant': 'c1d5' });
    const send = (id: number) => {
      const { origin } = requestOf({});
      const request = FACTORY.from(0, { url: `https://example.com/todos/${id}` });
      expect(request.origin).toBe(origin);
      Object.assign(request, { headers });
      expect(peer.send(request)).toEqual([
        [':method', 'GET'],
        [':path', `/todos/${id}`],
        [':scheme', 'https'],
        [':authority', 'example.com'],
        ['user-agent', 'flurry/0.1.0'],
        ['accept', '*/*'],
        ['x-tenant', 'c1d5'],
      ]);
      return peer.octets.length / 2;
    };
    const lengths = [1, 2, 3, 4, 5, 6].map(send);
    expect(lengths[0]).toBeGreaterThan(40);
    expect(lengths.slice(2)).toEqual([14, 14, 14, 14]);
  });

  it.each(['Authorization', 'Cookie', 'Proxy-Authorization', 'X-Api-Key'])(
    '%s is never indexed, however often it comes (RFC 7541 section 7.1.3)',
    (name) => {
      const peer = new Peer();
      const request = requestOf({ headers: { [name]: '\xff\xff\xff' } });
      const added = requestOf({ headers: {} });
      added.sessionFields = `${name}: \xff~\xff\r\n`;
      for (let i = 0; i < 5; i++) {
        expect(peer.send(request).at(-1)).toEqual([name.toLowerCase(), '\xff\xff\xff']);
        // A literal never indexed: 0001 and the index of the name, or the name itself.
        expect(peer.octets).toMatch(/(?:1f[0-9a-f]{2}|1087[0-9a-f]{14})03ffffff$/);
        peer.send(added);
        expect(peer.octets).toMatch(/(?:1f[0-9a-f]{2}|1087[0-9a-f]{14})03ff7eff$/);
      }
    },
  );

  it('is encoded anew when the peer changes the size of its table', () => {
    const peer = new Peer();
    const request = requestOf({ headers: { A: 'b' } });
    const expected = [...PSEUDO, ['a', 'b']];
    for (const [bytes, told] of [
      [4096, '82'],
      [0, '2082'],
      [0, '82'],
      [60, '3f1d82'],
      [1 << 20, '3fe11f82'],
    ] as const) {
      for (let i = 0; i < 4; i++) expect(peer.send(request)).toEqual(expected);
      peer.blocks.setTableBytesMax(bytes);
      expect(peer.send(request)).toEqual(expected);
      expect(peer.octets.slice(0, told.length)).toBe(told);
    }
  });

  it('is the same as what a fresh one says, whatever came before', () => {
    const headers = fc
      .constantFrom<HeadersInput[]>(
        ...[{}, { A: 'b' }, { A: 'c' }, { 'X-Big': 'x'.repeat(1500) }, { 'X-Big': 'y'.repeat(1500) }],
        ...[{ Cookie: 'a=b' }, { Host: 'h.example' }, { 'X-1': '1', 'X-2': '2', 'X-3': '3' }],
      )
      .map((input) => EMPTY_HEADERS.with(input as HeadersInput));
    const known = fc.sample(headers, 20);
    const request = fc
      .record({
        block: fc.oneof(headers, fc.constantFrom(...known), fc.constantFrom(...known)),
        method: fc.constantFrom('GET', 'GET', 'POST', 'PURGE'),
        url: fc.constantFrom(
          ...['https://a.example/', 'https://a.example/index.html', 'https://b.example/1?q'],
          ...[
            'http://a.example/',
            `https://a.example/${'p'.repeat(126)}`,
            `https://a.example/${'%'.repeat(130)}`,
          ],
        ),
        body: fc.constantFrom(undefined, 'hello', ''),
        cookie: fc.constantFrom(undefined, 'Cookie: s=1\r\n', 'Cookie: s=2\r\nAuthorization: x\r\n'),
      })
      .map(({ block, method, url, body, cookie }) => {
        const one = FACTORY.from(0, { url, method, body });
        Object.assign(one, { headers: block });
        one.sessionFields = cookie;
        return one;
      });
    const step = fc.oneof(
      { weight: 9, arbitrary: request },
      { weight: 1, arbitrary: fc.constantFrom(0, 150, 4096) },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const peer = new Peer();
        for (const one of steps) {
          if (typeof one === 'number') peer.blocks.setTableBytesMax(one);
          else expect(peer.send(one)).toEqual(new Peer().send(one));
        }
      }),
      { numRuns: 100 },
    );
  });

  it('rests also where more fields are sent than it remembers', () => {
    const peer = new Peer();
    const names = Array.from({ length: 150 }, (_, i) => [`x-${i}`, String(i)] as const);
    const request = requestOf({ headers: names });
    for (let i = 0; i < 12; i++) expect(peer.send(request)).toHaveLength(154);
    expect(encodedBy(() => peer.send(request))).toBe(0);
  });

  it('is remembered of 64 header blocks', () => {
    const peer = new Peer();
    const first = requestOf({ headers: { A: 'b' } });
    for (let i = 0; i < 4; i++) peer.send(first);
    const send = (id: number) => peer.send(requestOf({ headers: { 'X-Id': String(id) } }));
    for (let i = 0; i < 63; i++) send(i);
    expect(encodedBy(() => peer.send(first))).toBe(0);
    send(64);
    expect(encodedBy(() => peer.send(first))).toBe(4);
  });

  it('is encoded anew in what the session adds, too', () => {
    const peer = new Peer();
    const request = requestOf({ headers: { A: 'b' } });
    for (let i = 0; i < 3; i++) peer.send(request);
    request.sessionFields = 'A: b\r\n';
    for (const bytes of [4096, 0]) {
      peer.blocks.setTableBytesMax(bytes);
      for (let i = 0; i < 3; i++)
        expect(peer.send(request).slice(4)).toEqual([
          ['a', 'b'],
          ['a', 'b'],
        ]);
    }
    expect(peer.octets).toMatch(/00016101620001610162$/);
  });
});
