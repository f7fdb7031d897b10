// Archives, read back with the warcio package.

import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { Failure, type Outcome, REUSED, Response } from '../../src/model/outcome.ts';
import { Request } from '../../src/model/request.ts';
import { type Framing, ResponseHead } from '../../src/model/response-head.ts';
import { openWarc } from '../../src/sinks/warc.ts';
import { sinkOnFiles } from '../contract/sink-suite-files.ts';
import { FakeFiles } from '../fake/fake-files.ts';
import { VirtualClock } from '../fake/virtual-clock.ts';
import { failure, response } from './outcomes.ts';
import { type ArchiveRecord, indicesOf, readArchive } from './warc-reader.ts';

const requestHead = ({ method, target }: Request) =>
  `${method} ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;

for (const compressed of [true, false]) {
  sinkOnFiles({
    name: compressed ? 'WARC in gzip' : 'WARC',
    file: compressed ? 'out.warc.gz' : 'out.warc',
    open: (path, tools) => openWarc(path, { compressed, requestHead }, tools),
    read: async (bytes) => indicesOf(await readArchive(bytes)),
  });
}

async function archived(outcomes: readonly Outcome[], compressed = false) {
  const files = new FakeFiles();
  await files.makeFolder('/runs');
  const clock = new VirtualClock();
  const sink = await openWarc('/runs/out.warc', { compressed, requestHead }, { files, clock });
  for (const outcome of outcomes) sink.write(outcome);
  await sink.close();
  const bytes = Buffer.from(files.contents('/runs/out.warc')!);
  return { bytes, records: await readArchive(bytes) };
}

function ofType(records: readonly ArchiveRecord[], type: string): ArchiveRecord {
  const found = records.filter((record) => record.type === type);
  if (found.length !== 1) throw new Error(`${found.length} records of type ${type}`);
  return found[0]!;
}

interface Parts {
  readonly fieldLines: string;
  readonly body?: Uint8Array;
  readonly transferEncoding?: Framing['transferEncoding'];
  readonly version?: string;
  readonly status?: number;
  readonly reason?: string;
  readonly request?: Request;
}

/** As the transport makes it: the field lines end in the empty one. */
function arrived(parts: Parts): Response {
  const { fieldLines, body = Buffer.from('content'), transferEncoding = 'none' } = parts;
  const { version = '1.1', status = 200, reason = 'OK', request = requestTo('http://localhost/a') } = parts;
  const framing = { contentLength: undefined, transferEncoding, keepAlive: true, keepAliveMs: undefined };
  const head = new ResponseHead(status, version, reason, fieldLines, framing);
  return new Response(request, head, Buffer.from(body), '', 5, 1, REUSED, '192.0.2.7');
}

function requestTo(url: string, body?: Uint8Array, id?: string): Request {
  const { origin, target } = parseUrl(url);
  return new Request(4, body === undefined ? 'GET' : 'POST', origin, target, EMPTY_HEADERS, body, id);
}

describe('an archive', () => {
  it('begins with what it is, and has response and request for each response', async () => {
    const { records } = await archived([response({ index: 3, id: 'ünö\r\nX: y' })]);
    expect(records.map(({ type }) => type)).toEqual(['warcinfo', 'response', 'request']);
    const [info, answer, request] = records as [ArchiveRecord, ArchiveRecord, ArchiveRecord];
    expect(info.fields.get('warc-filename')).toBe('out.warc');
    expect(info.block).toMatch(/^software: flurry\r\nformat: WARC File Format 1\.1\r\n/);
    expect(answer.fields.get('warc-target-uri')).toBe('http://localhost:8080/todos/3');
    expect(answer.fields.get('warc-ip-address')).toBe('127.0.0.1');
    expect(answer.fields.get('content-type')).toBe('application/http; msgtype=response');
    expect(answer.fields.has('x')).toBe(false);
    expect(request.fields.get('content-type')).toBe('application/http; msgtype=request');
    expect(request.fields.get('warc-concurrent-to')).toBe(answer.fields.get('warc-record-id'));
    expect(request.fields.get('warc-date')).toBe(answer.fields.get('warc-date'));
    expect(request.block).toBe('GET /todos/3 HTTP/1.1\r\nHost: localhost\r\n\r\n');
    expect(answer.content).toBe('{"id":1}');
  });

  it('says what it is when there is nothing in it', async () => {
    const { records } = await archived([]);
    expect(records.map(({ type }) => type)).toEqual(['warcinfo']);
  });

  it('has a gzip member for each record', async () => {
    const large = response({ index: 1, body: 'x'.repeat(100_000), type: 'text/plain' });
    const { bytes, records } = await archived([response(), large, failure(2)], true);
    const members: string[] = [];
    // A member begins with these octets, and no compressed octets of this archive happen to be the same.
    const magic = Buffer.from([0x1f, 0x8b, 8, 0]);
    for (let at = 0; at < bytes.length; ) {
      const next = bytes.indexOf(magic, at + 1);
      members.push(gunzipSync(bytes.subarray(at, next === -1 ? undefined : next)).toString('latin1'));
      at = next === -1 ? bytes.length : next;
    }
    expect(members).toHaveLength(records.length);
    for (const member of members) expect(member).toMatch(/^WARC\/1\.1\r\n[\s\S]*\r\n\r\n$/);
    expect(records.map(({ type }) => type)).toEqual([
      ...['warcinfo', 'response', 'request', 'response', 'request', 'metadata'],
    ]);
  });

  it('keeps the order, large records among small ones', async () => {
    const outcomes = Array.from({ length: 300 }, (_, index) =>
      response({ index, body: 'x'.repeat(index % 7 === 0 ? 60_000 : 10) }),
    );
    const { records } = await archived(outcomes, true);
    expect(indicesOf(records)).toEqual(outcomes.map(({ index }) => index));
  });

  it('tells of the sessions of a run, each with its own warcinfo', async () => {
    const files = new FakeFiles();
    await files.makeFolder('/runs');
    const tools = { files, clock: new VirtualClock() };
    const options = { compressed: true, requestHead };
    const first = await openWarc('/runs/a.warc.gz', options, tools);
    first.write(response({ index: 0 }));
    const position = await first.commit('power');
    first.write(response({ index: 1 }));
    await first.close();
    const second = await openWarc('/runs/a.warc.gz', options, { ...tools, position });
    second.write(response({ index: 5 }));
    await second.close();
    const records = await readArchive(Buffer.from(files.contents('/runs/a.warc.gz')!));
    expect(records.map(({ type }) => type)).toEqual([
      ...['warcinfo', 'response', 'request', 'warcinfo', 'response', 'request'],
    ]);
    expect(indicesOf(records)).toEqual([0, 5]);
  });
});

describe('a response in an archive', () => {
  it('is what came, octet by octet', async () => {
    const fieldLines = 'X-ODD : a\xe9\tb  \nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Fold: a\r\n  b\r\n\r\n';
    const body = Uint8Array.of(0, 255, 13, 10, 13, 10, 1);
    const odd = { fieldLines, body, version: '1.0', status: 404, reason: 'Nicht da \xe9' };
    const { block, payload, status } = ofType((await archived([arrived(odd)])).records, 'response');
    expect(block).toBe(`HTTP/1.0 404 Nicht da \xe9\r\n${fieldLines}${Buffer.from(body).toString('latin1')}`);
    expect([...payload]).toEqual([...body]);
    expect(status).toBe(404);
  });

  it.each([
    ['no fields', '\r\n'],
    ['lines that end in LF alone', 'A: b\n\n'],
    ['an empty line that ends in LF alone', 'A: b\r\n\n'],
  ])('has no empty line added to %s', async (_, fieldLines) => {
    const { block } = ofType(
      (await archived([arrived({ fieldLines, body: Buffer.alloc(0) })])).records,
      'response',
    );
    expect(block).toBe(`HTTP/1.1 200 OK\r\n${fieldLines}`);
  });

  it.each([
    ['https', 'h2'],
    ['http', 'h2c'],
  ])('of HTTP/2 on %s is written as HTTP/1.1, and says that it was %s', async (scheme, protocol) => {
    const fieldLines = 'content-type: text/plain\r\nset-cookie: a=HTTP/2\r\n\r\n';
    const request = requestTo(`${scheme}://localhost/a`);
    const { records } = await archived([arrived({ fieldLines, version: '2', reason: '', request })]);
    const answer = ofType(records, 'response');
    expect(answer.block).toBe(`HTTP/1.1 200 \r\n${fieldLines}content`);
    expect([answer.status, answer.content]).toEqual([200, 'content']);
    expect(answer.fields.get('warc-protocol')).toBe(protocol);
    expect(ofType(records, 'request').fields.get('warc-protocol')).toBe(protocol);
  });

  it('of HTTP/1.1 needs no such field', async () => {
    const { records } = await archived([arrived({ fieldLines: '\r\n' })]);
    for (const { fields } of records) expect(fields.has('warc-protocol')).toBe(false);
  });

  it('has its body as it came where that was decoded', async () => {
    const encoded = gzipSync('the content');
    const fieldLines = 'Content-Encoding: gzip\r\n\r\n';
    const decoded = arrived({ fieldLines, body: encoded }).withBody(Buffer.from('the content'), encoded);
    const { payload, content } = ofType((await archived([decoded])).records, 'response');
    expect(payload.equals(encoded)).toBe(true);
    expect(content).toBe('the content');
  });

  it('has its chunks put together, and says so in a field of another name', async () => {
    const fieldLines = 'A: transfer-encoding: x\r\nTRANSFER-Encoding: chunked\r\nB: c\r\n\r\n';
    const chunked = arrived({ fieldLines, transferEncoding: 'chunked' });
    const { block, content } = ofType((await archived([chunked])).records, 'response');
    expect(block).toBe(
      'HTTP/1.1 200 OK\r\nA: transfer-encoding: x\r\nX-Archive-Orig-TRANSFER-Encoding: chunked\r\nB: c\r\n\r\ncontent',
    );
    expect(content).toBe('content');
  });

  it('keeps the field of a transfer coding that is still there', async () => {
    const fieldLines = 'Transfer-Encoding: gzip\r\n\r\n';
    const other = arrived({ fieldLines, transferEncoding: 'other', body: gzipSync('content') });
    const { block, content } = ofType((await archived([other])).records, 'response');
    expect(block).toContain('\r\nTransfer-Encoding: gzip\r\n\r\n');
    expect(content).toBe('content');
  });

  it.each([
    ['192.0.2.7:443', '192.0.2.7'],
    ['[2001:db8::1]:443', '2001:db8::1'],
    ['/run/app.sock', undefined],
    ['', undefined],
  ])('has the address of %j', async (remote, address) => {
    const { request, statusLine } = arrived({ fieldLines: '\r\n' });
    const framing = {
      contentLength: 0,
      transferEncoding: 'none',
      keepAlive: true,
      keepAliveMs: undefined,
    } as const;
    const head = new ResponseHead(200, '1.1', 'OK', '\r\n', framing);
    const { records } = await archived([
      new Response(request, head, Buffer.alloc(0), '', 1, 1, REUSED, remote),
    ]);
    const { fields, block } = ofType(records, 'response');
    expect(fields.get('warc-ip-address')).toBe(address);
    expect(block).toBe(`${statusLine}\r\n\r\n`);
  });

  it('has an address where that is known to be of its origin', async () => {
    const request = requestTo('http://localhost/a');
    request.proxy = {
      ...{ key: '', scheme: 'http', host: 'proxy', port: 80, authorization: undefined, login: undefined },
      toString: () => '',
    };
    const { records } = await archived([arrived({ fieldLines: '\r\n', request })]);
    expect(ofType(records, 'response').fields.has('warc-ip-address')).toBe(false);
  });

  it('is dated when its attempt began', async () => {
    const files = new FakeFiles();
    await files.makeFolder('/runs');
    const clock = new VirtualClock();
    const sink = await openWarc('/runs/a.warc', { compressed: false, requestHead }, { files, clock });
    const request = requestTo('http://localhost/a');
    request.startedAtMs = clock.now();
    const startMs = clock.wall();
    clock.advance(2500);
    sink.write(arrived({ fieldLines: '\r\n', request }));
    await sink.close();
    const records = await readArchive(Buffer.from(files.contents('/runs/a.warc')!));
    expect(ofType(records, 'response').fields.get('warc-date')).toBe(new Date(startMs).toISOString());
  });

  it('stands beside the way that led there', async () => {
    const request = requestTo('http://localhost/c');
    request.hops = [
      { url: 'http://localhost/a', status: 301, location: 'http://localhost/b' },
      { url: 'http://localhost/b', status: 302, location: 'http://localhost/c#x' },
    ];
    const { records } = await archived([arrived({ fieldLines: '\r\n', request })]);
    const answer = ofType(records, 'response');
    expect(answer.fields.get('warc-target-uri')).toBe('http://localhost/c');
    const way = ofType(records, 'metadata');
    expect(way.fields.get('warc-concurrent-to')).toBe(answer.fields.get('warc-record-id'));
    expect(way.fields.has('warc-flurry-index')).toBe(false);
    expect(way.block).toBe(
      'via: http://localhost/b\r\nhopsFromSeed: RR\r\n' +
        'redirect: 301 http://localhost/a http://localhost/b\r\n' +
        'redirect: 302 http://localhost/b http://localhost/c#x\r\n',
    );
  });
});

describe('a request in an archive', () => {
  it('has its body', async () => {
    const request = requestTo('http://localhost/a', Buffer.from('\xff=1', 'latin1'));
    const { block, payload } = ofType(
      (await archived([arrived({ fieldLines: '\r\n', request })])).records,
      'request',
    );
    expect(block).toBe('POST /a HTTP/1.1\r\nHost: localhost\r\n\r\n\xff=1');
    expect(payload.toString('latin1')).toBe('\xff=1');
  });

  it('says that a body is missing which was produced while it was sent', async () => {
    const request = requestTo('http://localhost/a');
    request.stream = { length: 3, replayable: false } as NonNullable<Request['stream']>;
    const { fields } = ofType(
      (await archived([arrived({ fieldLines: '\r\n', request })])).records,
      'request',
    );
    expect(fields.get('warc-truncated')).toBe('unspecified');
    expect(fields.has('warc-payload-digest')).toBe(false);
  });
});

describe('what has no response', () => {
  it('is a failure with its numbers', async () => {
    const { records } = await archived([failure(9, 'refused\r\nWARC/1.1 and so on')]);
    const { fields, block } = ofType(records, 'metadata');
    expect(fields.get('warc-target-uri')).toBe('http://localhost:8080/todos/9');
    expect(fields.get('warc-flurry-index')).toBe('9');
    expect(block).toBe(
      'method: GET\r\nphase: connect\r\nkind: refused\r\nmessage: refused WARC/1.1 and so on\r\n' +
        'sent: none\r\nattempts: 1\r\nfetchTimeMs: 0\r\n',
    );
  });

  it('has no target where the input names none', async () => {
    const { records } = await archived([Failure.ofInput(2, 'no url\nat all', 'invalid', 3)]);
    const { fields, block } = ofType(records, 'metadata');
    expect(fields.has('warc-target-uri')).toBe(false);
    expect(block).toContain('url: no url at all\r\nline: 3\r\nphase: input\r\n');
  });

  it('names the request that was sent in its place', async () => {
    const duplicate = response({ index: 7 });
    duplicate.duplicateOf = 2;
    const { records } = await archived([duplicate]);
    expect(records.map(({ type }) => type)).toEqual(['warcinfo', 'metadata']);
    expect(ofType(records, 'metadata').block).toBe('method: GET\r\nstatus: 200\r\nduplicateOf: 2\r\n');
  });
});
