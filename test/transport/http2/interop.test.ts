// Another implementation on the other side: the server of node:http2, which is nghttp2, over a pair of streams in
// memory. It must understand each block that is written here, and be understood.

import { createServer, type Http2Server, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { Duplex } from 'node:stream';
import { afterEach, describe, expect, it } from 'vitest';
import { EMPTY_HEADERS } from '../../../src/model/header-block.ts';
import { RequestFactory } from '../../../src/model/request.ts';
import { FrameReader } from '../../../src/transport/http2/frame-reader.ts';
import { FrameWriter } from '../../../src/transport/http2/frame-writer.ts';
import type { HpackDecoder } from '../../../src/transport/http2/hpack-decoder.ts';
import { RequestBlocks } from '../../../src/transport/http2/request-blocks.ts';
import { FRAME_LIMITS, Recorder } from './frames.ts';
import { LIMITS, makeDecoder, type Pair, pairsOf } from './octets.ts';

const FACTORY = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

/** A client made of the pieces that are tested, on a stream in memory. */
class Client extends Recorder {
  readonly writer = new FrameWriter();
  readonly blocks = new RequestBlocks();
  readonly decoder: HpackDecoder;
  readonly responses = new Map<number, Pair[]>();
  readonly bodies = new Map<number, string>();
  readonly server: Duplex;
  readonly reader = new FrameReader(FRAME_LIMITS, this);
  #awaited = 0;
  #settle: () => void = () => {};

  constructor(tableBytesMax: number) {
    super();
    this.decoder = makeDecoder(LIMITS, tableBytesMax);
    // What the server writes is read here; what is pushed, the server reads.
    this.server = new Duplex({
      read() {},
      write: (octets: Buffer, _encoding, done) => {
        this.reader.execute(octets, 0, octets.length);
        this.send();
        done();
      },
    });
    this.writer.preface();
    this.writer.settings([
      [1, tableBytesMax],
      [2, 0],
      [4, 1 << 20],
    ]);
    this.send();
  }

  send(): void {
    if (this.writer.length > 0) this.server.push(Buffer.from(this.writer.take()));
  }

  whole(count: number): Promise<void> {
    this.#awaited = count;
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }

  override onHeaders(streamId: number, b: Buffer, start: number, end: number, endStream: boolean): void {
    const fields = pairsOf(this.decoder.decode(b, start, end));
    if (fields === undefined) throw new Error(this.decoder.fault!.message);
    this.responses.set(streamId, [...(this.responses.get(streamId) ?? []), ...fields]);
    if (endStream) this.#end();
  }

  override onData(
    streamId: number,
    b: Buffer,
    start: number,
    end: number,
    flowBytes: number,
    endStream: boolean,
  ): void {
    this.bodies.set(streamId, (this.bodies.get(streamId) ?? '') + b.toString('latin1', start, end));
    if (flowBytes > 0) this.writer.windowUpdate(0, flowBytes);
    if (endStream) this.#end();
  }

  override onSetting(id: number, value: number): void {
    if (id === 1) this.blocks.setTableBytesMax(value);
    if (id === 5) this.writer.frameBytesMax = value;
  }

  override onSettings(): void {
    this.writer.settingsAck();
  }

  override onSettingsAck(): void {
    this.decoder.onSettingsAck();
  }

  #end(): void {
    if (--this.#awaited === 0) this.#settle();
  }
}

let server: Http2Server | undefined;
let wire: Duplex | undefined;

afterEach(() => {
  wire?.destroy();
  server?.close();
});

function answer(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
  stream.respond({
    ':status': 200,
    'x-asked': JSON.stringify(headers, Object.keys(headers).sort()),
    'x-constant': 'the same each time',
    'x-number': String((stream.id ?? 0) % 7),
  });
  stream.end(`body of ${headers[':path']}`);
}

describe('nghttp2 on the other side', () => {
  it.each([
    ['tables as they are', 4096, {}],
    ['no table of ours', 0, {}],
    ['a small table of ours, none of theirs', 100, { headerTableSize: 0 }],
    ['a large table of ours, a small one of theirs', 16_384, { headerTableSize: 200 }],
    ['a large table of theirs', 4096, { headerTableSize: 8192 }],
  ])('%s: each request and each response is understood', async (_name, tableBytesMax, settings) => {
    server = createServer({ settings, maxHeaderListPairs: 300, maxSendHeaderBlockLength: 1 << 20 });
    server.on('stream', answer);
    const client = new Client(tableBytesMax);
    wire = client.server;
    server.emit('connection', client.server);
    const shared = EMPTY_HEADERS.with({ 'User-Agent': 'flurry/0.1.0', Accept: '*/*', Cookie: 'id=1; b=2' });
    const sent = new Map<number, Pair[]>();
    for (let round = 0; round < 6; round++) {
      const count = 25;
      for (let i = 0; i < count; i++) {
        const id = 2 * (round * count + i) + 1;
        const own = i % 3 === 0 ? { 'X-Id': String(id), 'X-Long': 'long '.repeat(i) } : undefined;
        const request = FACTORY.from(0, {
          url: `https://example.com:8443/todos/${id}?a=b%20c`,
          body: 'hello',
        });
        Object.assign(request, { headers: shared.with(own) });
        if (i % 5 === 0) request.sessionFields = `Authorization: Bearer ${id % 20}\r\n`;
        client.writer.beginHeaders(id);
        client.blocks.write(client.writer.out, request);
        client.writer.endHeaders(false);
        client.writer.data(id, Buffer.from('hello'), 0, 5, true);
        const fields: Pair[] = [
          [':authority', 'example.com:8443'],
          [':method', 'POST'],
          [':path', `/todos/${id}?a=b%20c`],
          [':scheme', 'https'],
          ['accept', '*/*'],
          ...(i % 5 === 0 ? [['authorization', `Bearer ${id % 20}`] as const] : []),
          ['content-length', '5'],
          ['cookie', 'id=1; b=2'],
          ['user-agent', 'flurry/0.1.0'],
          ...(own === undefined
            ? []
            : ([
                ['x-id', own['X-Id']],
                ['x-long', own['X-Long'].trim()],
              ] as const)),
        ];
        sent.set(id, fields);
      }
      const whole = client.whole(count);
      client.send();
      await whole;
    }
    expect(client.reader.fault).toBeUndefined();
    for (const [id, fields] of sent) {
      const response = new Map(client.responses.get(id));
      expect(Object.entries(JSON.parse(response.get('x-asked')!))).toEqual(fields);
      expect(response.get(':status')).toBe('200');
      expect(response.get('x-constant')).toBe('the same each time');
      expect(response.get('x-number')).toBe(String(id % 7));
      expect(client.bodies.get(id)).toBe(`body of /todos/${id}?a=b%20c`);
    }
    expect(client.all().filter((line) => !line.startsWith('window'))).toEqual([]);
  });
});
