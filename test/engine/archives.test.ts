// Archives of runs: what they hold is what the server sent and saw, less the secrets.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { flurry } from 'flurry';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { PLAIN_HEADS, sentHeads } from '../../src/engine/sent-heads.ts';
import { HeaderBlock } from '../../src/model/header-block.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { Request } from '../../src/model/request.ts';
import { RawServer, type Script } from '../server/raw-server.ts';
import { indicesOf, readArchive } from '../sinks/warc-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'flurry-archives-'));
afterAll(() => rmSync(folder, { recursive: true }));
let server: RawServer | undefined;
afterEach(() => server?.close());
let count = 0;
const output = (name: string) => join(folder, `${count++}-${name}`);

async function serve(script: Script): Promise<RawServer> {
  server = await RawServer.open(script);
  return server;
}

const CONTENT = JSON.stringify({ text: 'compressed '.repeat(20_000) });
const ENCODED = gzipSync(CONTENT);

/** In one chunk, with a trailer. */
function chunked(head: string, body: Buffer): Buffer {
  const octets = [
    `${head}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n`,
    body.toString('latin1'),
  ];
  return Buffer.from(`${octets.join('')}\r\n0\r\nX-Trailer: t\r\n\r\n`, 'latin1');
}

const HEAD =
  'HTTP/1.1 200 Fine\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\nSet-Cookie: sid=1\r\n';

function answer(): Promise<RawServer> {
  return serve((peer, { target }) => {
    if (target === '/old') {
      peer.send('HTTP/1.1 302 Found\r\nLocation: /new\r\nSet-Cookie: own=2\r\nContent-Length: 0\r\n\r\n');
    } else peer.send(chunked(HEAD, ENCODED));
  });
}

describe('an archive of a run', () => {
  it('holds what came and what was sent, with *** for secrets', async () => {
    const { url } = await answer().then((one) => ({ url: one.url('/old') }));
    const path = output('out.warc.gz');
    const headers = { 'X-Api-Key': 'k3y', 'X-Own': 's3cret', 'X-Plain': 'shown' };
    const options = { headers, secretHeaders: ['x-own'], bearer: 't0ken', compressed: true, cookies: true };
    await flurry([url], { ...options, followRedirects: true }).save(path);
    const records = await readArchive(readFileSync(path));
    expect(records.map(({ type }) => type)).toEqual(['warcinfo', 'response', 'request', 'metadata']);
    const [, response, request, way] = records;
    expect(response!.block).toBe(
      `${HEAD}X-Archive-Orig-Transfer-Encoding: chunked\r\n\r\n${ENCODED.toString('latin1')}`,
    );
    expect(response!.content).toBe(CONTENT);
    expect(response!.fields.get('warc-ip-address')).toBe('127.0.0.1');
    const seen = server!.arrivals.at(-1)!.head;
    for (const secret of ['k3y', 's3cret', 't0ken', 'own=2']) {
      expect(seen).toContain(secret);
      expect(request!.block).not.toContain(secret);
    }
    const veiled = seen.replace(/^(x-api-key|x-own|authorization|cookie): .*$/gim, '$1: ***');
    expect(request!.block).toBe(veiled);
    expect(request!.block).toContain('X-Plain: shown');
    expect(way!.block).toContain(`via: ${url}\r\nhopsFromSeed: R\r\n`);
  });

  it('has bodies as they came, while records beside it have them decoded', async () => {
    const site = await answer();
    const paths = [output('out.warc'), output('out.jsonl'), output('out.csv')];
    const targets = Array.from({ length: 20 }, (_, i) => site.url(`/${i}`));
    await flurry(targets, { compressed: true, ordered: true }).save(paths);
    const records = await readArchive(readFileSync(paths[0]!));
    expect(indicesOf(records)).toEqual(targets.map((_, i) => i));
    const responses = records.filter(({ type }) => type === 'response');
    for (const { payload } of responses) expect(payload.equals(ENCODED)).toBe(true);
    const lines = readFileSync(paths[1]!, 'utf8').trimEnd().split('\n');
    for (const line of lines) expect(JSON.parse(line).body).toEqual(JSON.parse(CONTENT));
  });

  it('has bodies also where records beside it have them in files', async () => {
    const site = await answer();
    const paths = [output('out.warc.gz'), output('out.jsonl')];
    await flurry([site.url('/a'), site.url('/b')], { compressed: true }).save(paths, {
      ...{ body: 'files', bodyNames: 'hash' },
    });
    const records = await readArchive(readFileSync(paths[0]!));
    const responses = records.filter(({ type }) => type === 'response');
    expect(responses.map(({ content }) => content === CONTENT)).toEqual([true, true]);
    const lines = readFileSync(paths[1]!, 'utf8').trimEnd().split('\n');
    const files = new Set(lines.map((line) => JSON.parse(line).bodyFile as string));
    expect(files.size).toBe(1);
    for (const file of files) expect(readFileSync(join(dirname(paths[1]!), file), 'utf8')).toBe(CONTENT);
  });

  it('has a request as it was sent, held back for its 100 Continue', async () => {
    const site = await serve((peer) => peer.send('HTTP/1.1 204 No Content\r\n\r\n'));
    const path = output('out.warc');
    const request = { url: site.url('/upload'), body: 'octets' };
    await flurry([request], { expectContinueBytes: 4, expectTimeoutMs: 1 }).save(path);
    const [, , sent] = await readArchive(readFileSync(path));
    const [seen] = site.arrivals;
    expect(seen!.head).toContain('Expect: 100-continue\r\n');
    expect(sent!.block).toBe(seen!.head + seen!.body);
  });
});

describe('the head of a request that was sent', () => {
  it('is the one that a proxy was given, without its login', () => {
    const { origin, target } = parseUrl('http://localhost:8080/a?b');
    const headers = new HeaderBlock(new Map()).with({ Authorization: 'Basic x', Accept: '*/*' });
    const request = new Request(0, 'GET', origin, target, headers, undefined, undefined);
    request.proxy = {
      ...{ key: 'p', scheme: 'http', host: 'proxy', port: 3128, authorization: 'Basic y', login: undefined },
      toString: () => 'p',
    };
    const headOf = sentHeads(PLAIN_HEADS);
    const expected = (line: string, proxied: string) =>
      `GET ${line} HTTP/1.1\r\nHost: localhost:8080\r\n${proxied}Authorization: ***\r\nAccept: */*\r\n\r\n`;
    expect(headOf(request)).toBe(expected('http://localhost:8080/a?b', 'Proxy-Authorization: ***\r\n'));
    request.proxy = undefined;
    expect(headOf(request)).toBe(expected('/a?b', ''));
  });
});
