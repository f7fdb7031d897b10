// Bodies that go to files while they arrive: whole or not at all, resumed where the server can prove what belongs
// together, within their limits.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { flurry, jsonLines } from 'flurry';
import { afterEach, describe, expect, it } from 'vitest';
import { RawServer, type Script } from '../server/raw-server.ts';
import { temporaryFolder } from '../sinks/folder.ts';
import { download, filesOf, MemoryBodies, type Reply, rangeOf, reply } from './downloads-fixture.ts';
import { ArraySink, Network } from './fixture.ts';

const path = temporaryFolder();
const servers: RawServer[] = [];
const BODY = Array.from({ length: 200 }, (_, i) => `line ${i}\n`).join('');
const OTHER = BODY.toUpperCase();
const TAGGED = 'ETag: "v1"\r\n';

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(script: Script): Promise<RawServer> {
  const server = await RawServer.open(script);
  servers.push(server);
  return server;
}

/** Answers attempt by attempt; the last answer is for all that follow. */
function replies(...plan: Reply[]): Promise<RawServer> {
  return serve((peer, { before }) => reply(peer, plan[Math.min(before, plan.length - 1)]!));
}

/** Sent so many seconds after it was modified. */
function dated(ageS: number): string {
  const date = `Date: Sat, 22 Nov 2025 18:00:${String(ageS).padStart(2, '0')} GMT\r\n`;
  return `Last-Modified: Sat, 22 Nov 2025 18:00:00 GMT\r\n${date}`;
}

const whole: Reply = { status: 200, fields: TAGGED, body: BODY };
const broken: Reply = { ...whole, cut: 700 };

function rest(start: number, fields = TAGGED, body = BODY): Reply {
  const range = `Content-Range: bytes ${start}-${body.length - 1}/${body.length}\r\n`;
  return { status: 206, fields: fields + range, body: body.slice(start) };
}

function ranges(server: RawServer): unknown[] {
  return server.arrivals.map((one) => rangeOf(one));
}

describe('a download', () => {
  it('is a file that has its name when it is whole', async () => {
    const server = await replies({ ...whole, fields: `${TAGGED}Content-Type: text/csv\r\n` });
    const { record, content, files } = await download(server.url(), path('out.jsonl'));
    expect(record).toMatchObject({ status: 200, bytes: BODY.length, attempts: 1 });
    expect(record['bodyFile']).toMatch(/\.bodies\/000\/000000\.csv$/);
    expect(content).toBe(BODY);
    expect(files).toEqual(['000000.csv']);
  });

  it.each([0, 1, 63, 64, 65, 66, 1690])(
    'of %i octets is the same with and without a length',
    async (length) => {
      const body = BODY.slice(0, length);
      const server = await serve((peer, { target }) => {
        reply(peer, { ...whole, body, chunked: target === '/chunked' });
      });
      for (const target of ['/length', '/chunked']) {
        const { record, content } = await download(server.url(target), path('out'));
        expect([record['bytes'], content]).toEqual([length, body]);
      }
    },
  );

  it('of hundreds has one record each, in whatever order they end', async () => {
    const server = await serve((peer, { target }) => {
      const n = Number(target.slice(1));
      reply(peer, { ...whole, body: `${n} `.repeat(n), chunked: n % 3 === 0 });
    });
    const output = path('out');
    const urls = Array.from({ length: 300 }, (_, n) => server.url(`/${n}`));
    const sink = await jsonLines(output, { body: 'files' });
    const summary = await flurry(urls, { bodyBytesMax: 64, concurrency: 7 }).to(sink);
    expect(summary.responses).toBe(300);
    const sizes = urls.map((_, n) => `${n} `.length * n);
    expect(summary.bytes).toBe(sizes.reduce((a, b) => a + b, 0));
    expect(filesOf(`${output}.bodies`).sort()).toEqual(
      urls.map((_, n) => `${String(n).padStart(6, '0')}.bin`),
    );
  });

  it('waits where the disk takes no more, and goes on when it does', async () => {
    const server = await replies({ ...whole, body: BODY.repeat(2000) });
    const bodies = new MemoryBodies();
    bodies.slow = true;
    const sink = Object.assign(new ArraySink(), { bodies });
    await flurry([server.url()]).to(sink);
    expect(bodies.bodies[0]).toBe(BODY.repeat(2000));
    expect(bodies.appends).toBeGreaterThan(10);
    expect(sink.outcomes[0]).toMatchObject({ stored: { file: 'body 0', bytes: BODY.length * 2000 } });
  });

  it('follows redirects, whose own bodies are nobody’s', async () => {
    const server = await serve((peer, { target }) => {
      if (target === '/') reply(peer, { status: 302, fields: 'Location: /there\r\n', body: 'x'.repeat(60) });
      else reply(peer, whole);
    });
    const { record, content, files } = await download(server.url(), path('out'), { followRedirects: true });
    expect(record).toMatchObject({ status: 200, redirects: [{ status: 302 }] });
    expect([content, files.length]).toEqual([BODY, 1]);
  });

  it('is not what a challenge comes with', async () => {
    const challenge =
      'WWW-Authenticate: Digest realm="r", nonce="n", qop="auth"\r\nContent-Type: text/html\r\n';
    const server = await replies({ status: 401, fields: challenge, body: BODY }, whole);
    const options = { user: 'me:secret', digest: true, bodyBytesMax: 100_000 };
    const { record, content, files } = await download(server.url(), path('out'), options);
    expect(record).toMatchObject({ status: 200, attempts: 2 });
    expect([content, files]).toEqual([BODY, ['000000.bin']]);
  });

  it('is held in memory where a condition looks at it', async () => {
    const server = await replies(whole);
    const output = path('out');
    const sink = await jsonLines(output, { body: 'files' });
    const summary = await flurry([server.url()], { failOn: ['body~line 150'] }).to(sink);
    expect(summary.failures).toBe(1);
    expect(filesOf(`${output}.bodies`)).toEqual([]);
  });
});

describe('a download that a condition on its status takes out', () => {
  it.each([
    ['failOn', { failOn: ['5xx'] }],
    ['filterStatus', { filterStatus: ['503'] }],
  ])('leaves no file (%s)', async (_, options) => {
    const server = await replies({ ...whole, status: 503 });
    const output = path('out');
    const sink = await jsonLines(output, { body: 'files' });
    const summary = await flurry([server.url()], { bodyBytesMax: 64, ...options }).to(sink);
    expect(summary.requests).toBe(1);
    expect(filesOf(`${output}.bodies`)).toEqual([]);
  });
});

describe('a download that is decoded', () => {
  const noise = Array.from({ length: 3000 }, (_, i) => Math.imul(i + 1, 2654435761) >>> 0).join(' ');
  const gzip = gzipSync(noise).toString('latin1');
  const coded: Reply = { status: 200, fields: `${TAGGED}Content-Encoding: gzip\r\n`, body: gzip };

  it.each([false, true])(
    'is stored decoded with --compressed, as it came without (chunked: %s)',
    async (chunked) => {
      const server = await replies({ ...coded, chunked });
      const decoded = await download(server.url(), path('out'), { compressed: true });
      expect([decoded.record['bytes'], decoded.content]).toEqual([noise.length, noise]);
      expect((await download(server.url(), path('out'))).content).toBe(gzip);
    },
  );

  it.each([false, true])('is stored decoded where it is small too (chunked: %s)', async (chunked) => {
    const server = await replies({ ...coded, body: gzipSync('hello').toString('latin1'), chunked });
    const { record, content } = await download(server.url(), path('out'), { compressed: true });
    expect([record['bytes'], content]).toEqual([5, 'hello']);
  });

  it('is not resumed, but is as it came', async () => {
    const server = await serve((peer, one) => {
      const range = rangeOf(one);
      if (range === undefined) reply(peer, { ...coded, cut: 900 });
      else reply(peer, rest(range.start, coded.fields, gzip));
    });
    const decoded = await download(server.url(), path('out'), { compressed: true });
    expect(decoded.record).toMatchObject({ error: { phase: 'body', kind: 'closed' }, attempts: 1 });
    expect(decoded.files).toEqual([]);
    const kept = await download(server.url(), path('out'));
    expect([kept.record['attempts'], kept.content]).toEqual([2, gzip]);
  });

  it.each([
    ['that is none', { ...coded, body: 'x'.repeat(500) }, 'protocol'],
    ['that ends early', { ...coded, body: gzip.slice(0, -20) }, 'protocol'],
    ['beyond the limit', coded, 'too-large'],
  ])('is a failure with gzip %s', async (_, answer, kind) => {
    const server = await replies(answer);
    const options = { compressed: true, ...(kind === 'too-large' ? { downloadBytesMax: gzip.length } : {}) };
    const { record, files } = await download(server.url(), path('out'), options);
    expect(record).toMatchObject({ error: { phase: 'body', kind, sent: 'response' } });
    expect(files).toEqual([]);
  });
});

describe('a download beyond its limit', () => {
  it.each([false, true])('is a failure and leaves no file (chunked: %s)', async (chunked) => {
    const server = await replies({ ...whole, chunked });
    const options = { downloadBytesMax: BODY.length - 1 };
    const { record, files } = await download(server.url(), path('out'), options);
    expect(record).toMatchObject({
      error: { phase: 'body', kind: 'too-large', sent: 'response' },
      attempts: 1,
    });
    expect(record['error']).toMatchObject({
      message: `127.0.0.1:${server.port} sent a body beyond the limit of ${BODY.length - 1} (downloadBytesMax)`,
    });
    expect(files).toEqual([]);
    const small = await download(server.url(), path('out'), { downloadBytesMax: 10 });
    expect(small.record).toMatchObject({ error: { kind: 'too-large' } });
    const fits = await download(server.url(), path('out'), { downloadBytesMax: BODY.length });
    expect(fits.content).toBe(BODY);
  });
});

describe('a download whose transfer breaks', () => {
  it.each([false, true])(
    'goes on where it broke, if it is the same version (chunked: %s)',
    async (chunked) => {
      const server = await replies(
        { ...broken, chunked },
        { ...rest(700), cut: 300, reset: true },
        rest(1000),
      );
      const fields = { headers: true };
      const { record, content, files } = await download(server.url(), path('out'), {}, fields);
      expect(ranges(server)).toEqual([
        undefined,
        { start: 700, validator: '"v1"' },
        { start: 1000, validator: '"v1"' },
      ]);
      expect(record).toMatchObject({ status: 200, bytes: BODY.length, attempts: 3 });
      expect(JSON.stringify(record['headers'])).not.toContain('Content-Range');
      expect([content, files.length]).toEqual([BODY, 1]);
    },
  );

  it('goes on after less than what is held in memory', async () => {
    const server = await replies({ ...broken, cut: 10 }, rest(10));
    expect((await download(server.url(), path('out'))).content).toBe(BODY);
  });

  it('goes on behind a redirect, where that led', async () => {
    const server = await serve((peer, one) => {
      if (one.target === '/') return reply(peer, { status: 302, fields: 'Location: /there\r\n', body: '' });
      reply(peer, one.before === 0 ? broken : rest(700));
    });
    const { record, content } = await download(server.url(), path('out'), { followRedirects: true });
    expect(server.arrivals.map(({ target }) => target)).toEqual(['/', '/there', '/there']);
    expect([record['status'], content]).toEqual([200, BODY]);
  });

  it('goes on after a silence', async () => {
    const network = new Network((peer) => {
      const part = rest(700);
      if (network.peers.length === 1) {
        return peer.send(
          [`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n${TAGGED}\r\n`, BODY.slice(0, 700)],
          5,
          () => {},
        );
      }
      peer.send(
        [`HTTP/1.1 206 Part\r\nContent-Length: ${part.body.length}\r\n${part.fields}\r\n${part.body}`],
        0,
      );
    });
    const sink = Object.assign(new ArraySink(), { bodies: new MemoryBodies() });
    const { core } = network.run(['http://h/'], { bodyBytesMax: 64, idleTimeoutMs: 2_000 }, sink);
    await network.end(core);
    expect([sink.bodies.bodies[0], sink.outcomes[0]!.attempts]).toEqual([BODY, 2]);
  });

  it('asks for the same rest where the connection that it is asked on turns out to be closed', async () => {
    const network = new Network((peer, { target, nth }) => {
      const length = `Content-Length: ${BODY.length}\r\n${TAGGED}`;
      if (target === '/0') return peer.send([`HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi`], 0);
      if (nth > 0) return peer.finish();
      if (peer.wire.written.includes('Range: bytes=700-')) {
        const { fields, body } = rest(700);
        return peer.send([`HTTP/1.1 206 Part\r\nContent-Length: ${body.length}\r\n${fields}\r\n${body}`], 0);
      }
      peer.send([`HTTP/1.1 200 OK\r\n${length}\r\n`, BODY.slice(0, 700)], 50, () => peer.finish());
    });
    const sink = Object.assign(new ArraySink(), { bodies: new MemoryBodies() });
    const { core } = network.run(['http://h/0', 'http://h/1'], { bodyBytesMax: 64 }, sink);
    expect(await network.end(core)).toBeUndefined();
    expect(sink.bodies.bodies[1]).toBe(BODY);
    expect(
      network.connector.wires.map(({ written }) => written.split('Range: bytes=700-').length - 1),
    ).toEqual([1, 0, 1]);
  });

  it('asks again for what a part left out', async () => {
    const part = { ...rest(700), fields: `${TAGGED}Content-Range: bytes 700-899/${BODY.length}\r\n` };
    const server = await replies(broken, { ...part, body: BODY.slice(700, 900) }, rest(900));
    expect((await download(server.url(), path('out'))).content).toBe(BODY);
  });

  it('starts over with another version', async () => {
    const server = await replies(broken, { status: 200, fields: 'ETag: "v2"\r\n', body: OTHER });
    expect((await download(server.url(), path('out'))).content).toBe(OTHER);
  });

  it('starts over with a small one', async () => {
    const server = await replies(broken, { status: 200, fields: 'ETag: "v2"\r\n', body: 'small' });
    const { content, files } = await download(server.url(), path('out'));
    expect([content, files.length]).toEqual(['small', 1]);
  });

  it('starts over once without a range where that is refused', async () => {
    const server = await replies(broken, { status: 416, fields: '', body: 'no' }, broken, whole);
    const { record } = await download(server.url(), path('out'));
    expect(ranges(server)).toEqual([undefined, { start: 700, validator: '"v1"' }, undefined]);
    expect(record).toMatchObject({ error: { phase: 'body', kind: 'closed' }, attempts: 3 });
  });

  it('ends with what else the server says', async () => {
    const server = await replies(broken, { status: 503, fields: '', body: 'busy '.repeat(50) });
    const { record, content } = await download(server.url(), path('out'));
    expect([record['status'], content]).toEqual([503, 'busy '.repeat(50)]);
  });

  it('asks with the credentials of the session', async () => {
    const server = await replies(broken, rest(700));
    await download(server.url(), path('out'), { user: 'me:secret' });
    for (const { head } of server.arrivals) expect(head).toContain('Authorization: Basic bWU6c2VjcmV0\r\n');
    expect(ranges(server)[1]).toEqual({ start: 700, validator: '"v1"' });
  });

  it('leaves nothing of what was on the disk', async () => {
    const server = await replies({ status: 200, fields: '', body: BODY.repeat(200), cut: 300_000 });
    const { record, files } = await download(server.url(), path('out'));
    expect(record).toMatchObject({ error: { phase: 'body', kind: 'closed' } });
    expect(files).toEqual([]);
  });

  it('goes on as often as is allowed, and no longer', async () => {
    const server = await serve((peer, one) => {
      const start = rangeOf(one)?.start;
      reply(peer, start === undefined ? { ...broken, cut: 100 } : { ...rest(start), cut: 100 });
    });
    const { record, files } = await download(server.url(), path('out'), { downloadResumes: 3 });
    expect(record).toMatchObject({ error: { phase: 'body', kind: 'closed' }, attempts: 4 });
    expect(files).toEqual([]);
    const never = await download(server.url(), path('out'), { downloadResumes: 0 });
    expect(never.record).toMatchObject({ attempts: 1 });
  });

  it('gives up where an attempt brings nothing new', async () => {
    const server = await replies(broken, { ...rest(700), cut: 0 });
    const { record, files } = await download(server.url(), path('out'));
    expect(record).toMatchObject({ error: { phase: 'body', kind: 'closed' }, attempts: 2 });
    expect(files).toEqual([]);
  });

  it.each([
    ['has a weak tag', 'ETag: W/"v1"\r\n', {}],
    ['has no validator', '', {}],
    ['has a date of the very second', dated(0), {}],
    ['has a date and a weak tag', `${dated(30)}ETag: W/"v1"\r\n`, {}],
    ['serves no ranges', `${TAGGED}Accept-Ranges: none\r\n`, {}],
    ['is asked for a range by the caller', TAGGED, { headers: { Range: 'bytes=0-' } }],
    ['is no GET', TAGGED, { method: 'POST' }],
  ])('is a failure where it %s', async (_, fields, options) => {
    const server = await replies({ ...broken, fields });
    const { record, files } = await download(server.url(), path('out'), options);
    expect(record).toMatchObject({ error: { phase: 'body', kind: 'closed' }, attempts: 1 });
    expect(files).toEqual([]);
  });

  it('goes by a date that is a second old', async () => {
    const server = await replies({ ...broken, fields: dated(1) }, rest(700, dated(1)));
    expect((await download(server.url(), path('out'))).content).toBe(BODY);
    expect(ranges(server)[1]).toEqual({ start: 700, validator: 'Sat, 22 Nov 2025 18:00:00 GMT' });
  });

  it.each<[string, Reply]>([
    ['starts elsewhere', { ...rest(700), fields: `${TAGGED}Content-Range: bytes 0-989/${BODY.length}\r\n` }],
    ['has no range', { ...rest(700), fields: TAGGED }],
    ['is of another length', { ...rest(700), fields: `${TAGGED}Content-Range: bytes 700-1799/1800\r\n` }],
    ['is of another version', rest(700, 'ETag: "v2"\r\n', OTHER)],
    ['does not say of which version', rest(700, '', OTHER)],
    ['has two tags', rest(700, `${TAGGED}ETag: "v2"\r\n`, OTHER)],
    ['has another date', rest(700, `${TAGGED}${dated(30)}`, OTHER)],
    ['is in another coding', rest(700, `${TAGGED}Content-Encoding: gzip\r\n`, OTHER)],
    ['has several parts', rest(700, `${TAGGED}Content-Type: multipart/byteranges; boundary=x\r\n`)],
    ['is longer than it says', { ...rest(700), body: OTHER.slice(700) + OTHER, chunked: true }],
    ['is shorter than it says', { ...rest(700), body: OTHER.slice(900), chunked: true }],
  ])('is not put together with a part that %s', async (_, lie) => {
    const server = await replies(broken, lie, whole);
    const { record, content, files } = await download(server.url(), path('out'));
    expect(ranges(server)).toEqual([undefined, { start: 700, validator: '"v1"' }, undefined]);
    expect([record['status'], content, files.length]).toEqual([200, BODY, 1]);
    const once = await replies(broken, lie);
    const failed = await download(once.url(), path('out'), { downloadResumes: 1 });
    expect(failed.record).toMatchObject({ error: { phase: 'body' }, attempts: 2 });
    expect(failed.files).toEqual([]);
  });
});

describe('a run that ends early', () => {
  it('leaves no part of what it stops', async () => {
    const server = await serve((peer) => {
      peer.send(`HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n${TAGGED}\r\n${BODY.slice(0, 900)}`);
    });
    const output = path('out');
    const sink = await jsonLines(output, { body: 'files' });
    const controller = new AbortController();
    const run = flurry([server.url()], { bodyBytesMax: 64, signal: controller.signal });
    const ended = run.to(sink);
    await server.until(() => server.arrivals.length === 1);
    setImmediate(() => controller.abort(new Error('enough')));
    await expect(ended).rejects.toThrow('enough');
    expect(run.snapshot().failures).toBe(1);
    expect(filesOf(`${output}.bodies`)).toEqual([]);
  });

  it('says which file cannot be written', async () => {
    const server = await replies(whole);
    const output = path('out');
    const sink = await jsonLines(output, { body: 'files' });
    writeFileSync(`${output}.bodies/000`, 'in the way');
    await expect(flurry([server.url()], { bodyBytesMax: 64 }).to(sink)).rejects.toMatchObject({
      name: 'OutputError',
      code: 'ENOTDIR',
      message: expect.stringContaining('000/000000.'),
    });
  });

  it.skipIf(process.platform !== 'linux')('stops where the disk is full', async () => {
    const server = await replies({ ...whole, body: BODY.repeat(500) });
    const output = path('out');
    const sink = await jsonLines(output, { body: 'files' });
    mkdirSync(`${output}.bodies/parts`);
    symlinkSync('/dev/full', `${output}.bodies/parts/000000.part`);
    await expect(flurry([server.url()]).to(sink)).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(filesOf(`${output}.bodies`)).toEqual([]);
  });
});
