// Bodies that nobody wants (the form `none`): dropped as they arrive, and each record is the one that it would be if
// they were not. Whatever can happen to a body happens twice here, once with its text in the record, once without.

import { readFileSync } from 'node:fs';
import { buffer } from 'node:stream/consumers';
import { createGzip, gzipSync } from 'node:zlib';
import { type FlurryOptions, flurry, jsonLines, type Outcome, type RecordFileOptions } from 'flurry';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { NO_BODIES } from '../../src/sinks/no-bodies.ts';
import { BodyBuffer } from '../../src/transport/body-buffer.ts';
import { LOCALHOST } from '../server/certificate.ts';
import { Http2Peer, type Http2Script } from '../server/http2-server.ts';
import { type RawPeer, RawServer, type Script } from '../server/raw-server.ts';
import { temporaryFolder } from '../sinks/folder.ts';
import { readArchive } from '../sinks/warc-reader.ts';
import { ArraySink, Network } from './fixture.ts';

const path = temporaryFolder();
const open: { close(): Promise<void> }[] = [];
const LARGE = Buffer.alloc(5_000_000, 'content ');
const MIDDLING = 'line of text\n'.repeat(8_000);
const MAX = MIDDLING.length;
const NOISE = Array.from({ length: 30_000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 0).join(' ');
const GZIP = 'Content-Encoding: gzip\r\n';

afterEach(async () => {
  vi.restoreAllMocks();
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function serve(script: Script): Promise<RawServer> {
  const server = await RawServer.open(script);
  open.push(server);
  return server;
}

async function serve2(script: Http2Script): Promise<Http2Peer> {
  const peer = await Http2Peer.open(script);
  open.push(peer);
  return peer;
}

interface Ran {
  /** Without what differs from run to run, and without the body. */
  readonly records: readonly Record<string, unknown>[];
  readonly outcomes: readonly Outcome[];
  /** What the transport has collected. */
  readonly collectedBytes: number;
}

async function run(
  urls: readonly string[],
  options: FlurryOptions,
  body: NonNullable<RecordFileOptions['body']>,
): Promise<Ran> {
  let collectedBytes = 0;
  const { take } = BodyBuffer.prototype;
  const spy = vi.spyOn(BodyBuffer.prototype, 'take').mockImplementation(function (this: BodyBuffer, ...args) {
    collectedBytes += args[2] - args[1];
    return take.apply(this, args);
  });
  const output = path('out.jsonl');
  const sink = await jsonLines(output, { body, headers: true });
  const outcomes: Outcome[] = [];
  const write = sink.write.bind(sink);
  sink.write = (outcome) => {
    outcomes.push(outcome);
    write(outcome);
  };
  await flurry(urls, { retry: 0, ca: LOCALHOST.cert, ...options }).to(sink);
  spy.mockRestore();
  return { records: recordsIn(output), outcomes, collectedBytes };
}

function recordsIn(output: string): Record<string, unknown>[] {
  const lines = readFileSync(output, 'utf8').trimEnd().split('\n');
  const records = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return records
    .map(({ ms: _ms, body: _body, headers, history, ...rest }) => {
      return { ...rest, headers: withoutDate(headers), history: withoutMs(history) };
    })
    .sort((a, b) => Number((a as { index?: number }).index) - Number((b as { index?: number }).index));
}

function withoutDate(headers: unknown): unknown {
  return (headers as [string, string][] | undefined)?.filter(([name]) => name !== 'date');
}

function withoutMs(history: unknown): unknown {
  return (history as Record<string, unknown>[] | undefined)?.map(({ ms: _ms, waitMs: _, ...rest }) => rest);
}

function chunk(body: string): string {
  return `${body.length.toString(16)}\r\n${body}\r\n`;
}

/** With a length, in chunks, or until the connection ends. */
function sendAs(how: 'length' | 'chunked' | 'close', peer: RawPeer, body: string, fields = ''): void {
  const head = `HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n${fields}`;
  if (how === 'length') peer.send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`);
  else if (how === 'close') peer.end(`${head}\r\n${body}`);
  else {
    const middle = Math.floor(body.length / 2);
    const chunks = [body.slice(0, middle), body.slice(middle)].filter((part) => part !== '').map(chunk);
    peer.send(`${head}Transfer-Encoding: chunked\r\n\r\n${chunks.join('')}0\r\n\r\n`);
  }
}

describe('a body of 5 MB that nobody wants', () => {
  it.each(['length', 'chunked', 'close'] as const)('is counted and not collected (%s)', async (how) => {
    const server = await serve((peer) => sendAs(how, peer, LARGE.toString('latin1')));
    const none = await run([server.url()], {}, 'none');
    expect(none.records).toMatchObject([{ status: 200, bytes: LARGE.length, attempts: 1 }]);
    expect(none.collectedBytes).toBe(0);
    expect(none.outcomes[0]).toMatchObject({ body: Buffer.alloc(0), stored: { bytes: LARGE.length } });
    const kept = await run([server.url()], {}, 'text');
    expect(kept.collectedBytes).toBe(LARGE.length);
    expect(kept.records).toEqual(none.records);
  });

  it.each([{}, { 'content-length': LARGE.length }])('is so over HTTP/2 (%j)', async (fields) => {
    const peer = await serve2((exchange) => {
      exchange.stream.respond({ ':status': 200, ...fields } as never);
      exchange.stream.end(LARGE);
    });
    const none = await run([peer.url()], {}, 'none');
    expect(none.outcomes[0]).toMatchObject({ httpVersion: '2', bytes: LARGE.length });
    expect(none.collectedBytes).toBe(0);
    expect(none.records).toEqual((await run([peer.url()], {}, 'text')).records);
  });
});

interface Case {
  readonly script: Script;
  readonly options?: FlurryOptions;
  /** What stands in the record: in both. */
  readonly expected: Record<string, unknown>;
}

const error = (kind: string, phase = 'body') => ({ error: { kind, phase, sent: 'response' } });
const HEAD_ONLY = `HTTP/1.1 200 OK\r\nContent-Length: ${LARGE.length}\r\n\r\n`;

const CASES: Readonly<Record<string, Case>> = {
  'as long as the limit': {
    script: (peer) => sendAs('length', peer, MIDDLING),
    options: { bodyBytesMax: MAX },
    expected: { bytes: MAX },
  },
  'as long as the limit, in chunks': {
    script: (peer) => sendAs('chunked', peer, MIDDLING),
    options: { bodyBytesMax: MAX },
    expected: { bytes: MAX },
  },
  'longer than the limit, in chunks': {
    script: (peer) => sendAs('chunked', peer, MIDDLING),
    options: { bodyBytesMax: MAX - 1 },
    expected: error('too-large'),
  },
  'longer than a small limit, until the end': {
    script: (peer) => sendAs('close', peer, 'x'.repeat(11)),
    options: { bodyBytesMax: 10 },
    expected: error('too-large'),
  },
  'without an octet, in chunks': { script: (peer) => sendAs('chunked', peer, ''), expected: { bytes: 0 } },
  'small, in chunks': { script: (peer) => sendAs('chunked', peer, 'few'), expected: { bytes: 3 } },
  'beyond --max-download, which is for files': {
    script: (peer) => sendAs('chunked', peer, MIDDLING),
    options: { downloadBytesMax: 10 },
    expected: { bytes: MAX },
  },
  'of HEAD': {
    script: (peer) => peer.send(HEAD_ONLY),
    options: { method: 'HEAD' },
    expected: { status: 200, bytes: 0 },
  },
  'of 304': {
    script: (peer) => peer.send(HEAD_ONLY.replace('200 OK', '304 Same')),
    expected: { status: 304, bytes: 0 },
  },
  'behind a redirect': {
    script: (peer, { target }) => {
      if (target !== '/') return sendAs('chunked', peer, MIDDLING);
      peer.send('HTTP/1.1 302 There\r\nLocation: /there\r\nContent-Length: 5\r\n\r\nthere');
    },
    options: { followRedirects: true },
    expected: { status: 200, bytes: MAX },
  },
  'behind a challenge': {
    script: (peer, { before }) => {
      if (before > 0) return sendAs('chunked', peer, MIDDLING);
      const challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\n';
      peer.send(`HTTP/1.1 401 No\r\n${challenge}Content-Length: ${MAX}\r\n\r\n${MIDDLING}`);
    },
    options: { user: 'me:secret', digest: true },
    expected: { status: 200, bytes: MAX, attempts: 2 },
  },
  'of an error that is sent again': {
    script: (peer, { before }) => {
      if (before > 1) return sendAs('length', peer, MIDDLING);
      peer.send(`HTTP/1.1 503 No\r\nContent-Length: ${MAX}\r\n\r\n${MIDDLING}`);
    },
    options: { retry: 3, retryDelayMs: 1 },
    expected: { status: 200, bytes: MAX, attempts: 3, history: [{ status: 503 }, { status: 503 }] },
  },
  'that breaks off, though the rest could be asked for': {
    script: (peer) => peer.end(`${HEAD_ONLY.replace('\r\n\r\n', '\r\nETag: "v1"\r\n\r\n')}${MIDDLING}`),
    expected: { ...error('closed'), attempts: 1 },
  },
  'that breaks off and is sent again from its beginning': {
    script: (peer, { before, head }) => {
      expect(head).not.toMatch(/^range:/im);
      if (before === 0) peer.end(`${HEAD_ONLY.replace('\r\n\r\n', '\r\nETag: "v1"\r\n\r\n')}${MIDDLING}`);
      else sendAs('length', peer, MIDDLING, 'ETag: "v1"\r\n');
    },
    options: { retry: 1, retryDelayMs: 1 },
    expected: { status: 200, bytes: MAX, attempts: 2, history: [{ error: { kind: 'closed' } }] },
  },
  'that a filter wants by its size': {
    script: (peer) => sendAs('length', peer, MIDDLING),
    options: { matchSize: [String(MAX)] },
    expected: { bytes: MAX },
  },
  'that a condition looks at': {
    script: (peer) => sendAs('chunked', peer, MIDDLING),
    options: { failOn: ['body~of text'] },
    expected: { error: { kind: 'unexpected' } },
  },
  'that a condition on its status takes out': {
    script: (peer) => sendAs('chunked', peer, MIDDLING),
    options: { failOn: ['200'] },
    expected: { error: { kind: 'unexpected', status: 200 } },
  },
};

describe('a body that nobody wants', () => {
  it.each(Object.entries(CASES))(
    '%s has the record that it had',
    async (_, { script, options, expected }) => {
      const ran: Ran[] = [];
      for (const body of ['text', 'none'] as const) {
        const server = await serve(script);
        const { records, ...rest } = await run([server.url()], options ?? {}, body);
        const own = JSON.stringify(records).replaceAll(String(server.port), 'PORT');
        ran.push({ records: JSON.parse(own) as Ran['records'], ...rest });
      }
      expect(ran[0]!.records).toMatchObject([expected]);
      expect(ran[1]!.records).toEqual(ran[0]!.records);
    },
  );

  it('is refused before it comes where its length says enough', async () => {
    const server = await serve((peer) => peer.send(HEAD_ONLY));
    const { records } = await run([server.url()], { bodyBytesMax: 100_000 }, 'none');
    const message = `127.0.0.1:${server.port} sent a body beyond the limit of 100000 (bodyBytesMax)`;
    expect(records).toMatchObject([{ error: { kind: 'too-large', sent: 'response', message } }]);
  });

  it('is in memory for a function that may look at it, and with pipelining, which it would end', async () => {
    const server = await serve((peer) => sendAs('chunked', peer, MIDDLING));
    const seen: number[] = [];
    const shouldRetry = (outcome: Outcome) => {
      seen.push(outcome.type === 'response' ? outcome.body.length : -1);
      return false;
    };
    await run([server.url()], { retry: 1, shouldRetry }, 'none');
    expect(seen).toEqual([MAX]);
    const { collectedBytes } = await run([server.url()], { pipeline: 4 }, 'none');
    expect(collectedBytes).toBe(MAX);
  });
});

describe('a body that nobody wants and that is decoded', () => {
  /** Far more at first than in all, also after all that a decoder lets wait. */
  const uneven = Buffer.concat([Buffer.alloc(20_000_000), Buffer.from(NOISE.repeat(8))]);
  const CODED: Readonly<
    Record<string, readonly [content: Buffer, options: FlurryOptions, expected: object]>
  > = {
    'as it should be': [gzipSync(NOISE), {}, { bytes: NOISE.length }],
    small: [gzipSync('few'), {}, { bytes: 3 }],
    'that is none': [Buffer.from(MIDDLING), {}, error('protocol')],
    'that ends early': [gzipSync(NOISE).subarray(0, -20), {}, error('protocol')],
    'that becomes more than the limit': [
      gzipSync(NOISE),
      { bodyBytesMax: NOISE.length - 1 },
      error('too-large'),
    ],
    'as long as the limit': [gzipSync(NOISE), { bodyBytesMax: NOISE.length }, { bytes: NOISE.length }],
    'that is longer than the limit as it comes': [
      Buffer.concat([gzipSync('few'), Buffer.alloc(70_000)]),
      { bodyBytesMax: 66_000 },
      error('too-large'),
    ],
    'that grows too much': [
      gzipSync(Buffer.alloc(100_000_000)),
      { bodyBytesMax: 200_000_000 },
      error('too-large'),
    ],
    'that grows too much at first only': [
      gzipSync(uneven),
      { decodedRatioMax: 50 },
      { bytes: uneven.length },
    ],
  };

  it.each(Object.entries(CODED))('%s has the record that it had', async (_, [content, options, expected]) => {
    const server = await serve((peer, { target }) => {
      sendAs(target === '/chunked' ? 'chunked' : 'length', peer, content.toString('latin1'), GZIP);
    });
    for (const target of ['/chunked', '/length']) {
      const terms = { compressed: true, ...options };
      // A length beyond the limit is refused earlier, and in another phase, than content that is.
      if (target === '/length' && content.length > Number(options.bodyBytesMax ?? 1e9)) continue;
      const none = await run([server.url(target)], terms, 'none');
      expect(none.records).toMatchObject([expected]);
      expect((await run([server.url(target)], terms, 'text')).records).toEqual(none.records);
    }
  });

  it('is not in memory, coded or not', async () => {
    const gzip = createGzip({ level: 1 });
    gzip.end(NOISE.repeat(10));
    const content = await buffer(gzip);
    const peer = await serve2((exchange) => exchange.send(200, content, { 'content-encoding': 'gzip' }));
    const none = await run([peer.url()], { compressed: true }, 'none');
    expect(none.collectedBytes).toBe(0);
    expect(none.records).toMatchObject([{ status: 200, bytes: NOISE.length * 10 }]);
    expect((await run([peer.url()], {}, 'none')).records).toMatchObject([{ bytes: content.length }]);
  });
});

describe('a body over HTTP/2 that nobody wants', () => {
  const scripts: Readonly<Record<string, readonly [Http2Script, FlurryOptions, object]>> = {
    'beyond the limit': [(peer) => peer.send(200, MIDDLING), { bodyBytesMax: MAX - 1 }, error('too-large')],
    'that is reset': [(peer) => peer.begin(200, MIDDLING, {}, true), {}, error('reset')],
    'that is small': [(peer) => peer.send(200, 'few'), {}, { bytes: 3 }],
    'of HEAD': [(peer) => peer.send(200, MIDDLING), { method: 'HEAD' }, { bytes: 0 }],
  };

  it.each(Object.entries(scripts))(
    '%s has the record that it had',
    async (_, [script, options, expected]) => {
      const peer = await serve2(script);
      const none = await run([peer.url()], options, 'none');
      expect(none.records).toMatchObject([expected]);
      expect((await run([peer.url()], options, 'text')).records).toEqual(none.records);
    },
  );
});

describe('the time for a body that nobody wants', () => {
  it.each([
    ['drips', 1_000, { timeoutMs: 5_000, idleTimeoutMs: 30_000 }],
    ['ends in silence', 60_000, { timeoutMs: 5_000, idleTimeoutMs: 30_000 }],
    ['is silent for too long', 60_000, { timeoutMs: 50_000, idleTimeoutMs: 3_000 }],
  ])('is that of any other where it %s', async (_, gapMs, options) => {
    const ends: unknown[] = [];
    for (const bodies of [undefined, NO_BODIES]) {
      const network = new Network((peer) => {
        const pieces = Array.from({ length: 20 }, () => '5\r\npiece\r\n');
        peer.send(['HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', ...pieces], gapMs);
      });
      const sink = Object.assign(new ArraySink(), { bodies });
      const { core, clock } = network.run(['http://h/'], { retry: 0, ...options }, sink);
      const startMs = clock.now();
      await network.end(core);
      const failure = sink.outcomes[0]!;
      ends.push({
        text: String(failure).replace(/\d+ ms/, ''),
        ms: Math.round((clock.now() - startMs) / 100),
      });
    }
    expect(ends[0]).toMatchObject({ text: expect.stringContaining('body/timeout') });
    expect(ends[1]).toEqual(ends[0]);
  });

  it('begins with each attempt', async () => {
    let attempts = 0;
    const network = new Network((peer) => {
      const status = attempts++ === 0 ? '503 No' : '200 OK';
      const pieces = ['2\r\nhi\r\n', '0\r\n\r\n'];
      peer.send([`HTTP/1.1 ${status}\r\nTransfer-Encoding: chunked\r\n\r\n`, ...pieces], 1_000);
    });
    const sink = Object.assign(new ArraySink(), { bodies: NO_BODIES });
    const options = { timeoutMs: 4_000, retry: 1, retryDelayMs: 10_000 };
    network.random = () => 0.5;
    const { core } = network.run(['http://h/'], options, sink);
    await network.end(core);
    expect(sink.outcomes).toMatchObject([{ status: 200, bytes: 2, attempts: 2 }]);
  });
});

describe('a run without bodies', () => {
  it('with an archive gives that the bodies, and the records nothing of them', async () => {
    const server = await serve((peer) => sendAs('chunked', peer, MIDDLING));
    const [records, archive] = [path('out.jsonl'), path('out.warc')];
    await flurry([server.url()]).save([records, archive], { body: 'none' });
    expect(recordsIn(records)).toMatchObject([{ bytes: MAX }]);
    expect(readFileSync(records, 'utf8')).not.toMatch(/"body/);
    const all = await readArchive(readFileSync(archive));
    const responses = all.filter(({ type }) => type === 'response');
    expect(responses.map((one) => one.block.includes(MIDDLING))).toEqual([true]);
  });

  it('is written in order, and is complete for who goes on with it', async () => {
    const server = await serve((peer, { target }) => {
      const n = Number(target.slice(1));
      sendAs(n % 2 === 0 ? 'length' : 'chunked', peer, 'x'.repeat(n * 10_000));
    });
    const output = path('out.jsonl');
    const urls = Array.from({ length: 20 }, (_, n) => server.url(`/${19 - n}`));
    const options = { concurrency: 5, ordered: true };
    await flurry(urls, options).save(output, { body: 'none' });
    const lines = readFileSync(output, 'utf8').trimEnd().split('\n');
    const bytes = lines.map((line) => (JSON.parse(line) as { bytes: number }).bytes);
    expect(bytes).toEqual(urls.map((_, n) => (19 - n) * 10_000));
    expect(await flurry(urls, options).save(output, { body: 'none', resume: true })).toBe(undefined);
    expect(server.arrivals).toHaveLength(20);
  });
});
