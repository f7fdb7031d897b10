// --body files: bodies that go to files while they arrive.

import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { main } from '../../src/cli/main.ts';
import { report } from '../../src/cli/report.ts';
import { filesOf, rangeOf, reply } from '../engine/downloads-fixture.ts';
import { RawServer, type Script } from '../server/raw-server.ts';
import { schemaCheck } from '../sinks/schema-check.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, surroundings } from './in-process.ts';

const folder = temporaryFolder();
const schema = schemaCheck(
  JSON.parse(readFileSync(join(import.meta.dirname, '../../record.schema.json'), 'utf8')),
);
/** Too large to be held in memory until it is whole. */
const BODY = Array.from({ length: 60_000 }, (_, i) => `${i} `).join('');
const TAGGED = 'ETag: "v1"\r\nContent-Type: text/csv\r\n';
let server: RawServer;
let runs = 0;

afterEach(() => server.close());

async function served(script: Script): Promise<{ out: string; name: string }> {
  server = await RawServer.open(script);
  const name = `out${runs++}.jsonl`;
  return { out: folder.at(name), name };
}

function sha256(octets: string | Buffer): string {
  return createHash('sha256').update(octets).digest('hex');
}

describe('--body files', () => {
  it('resumes what breaks off, and stores it whole', async () => {
    const { out, name } = await served((peer, one) => {
      const start = rangeOf(one)?.start ?? 0;
      const status = start === 0 ? 200 : 206;
      const range = start === 0 ? '' : `Content-Range: bytes ${start}-${BODY.length - 1}/${BODY.length}\r\n`;
      const cut = one.before < 2 ? 100_000 : undefined;
      reply(peer, { status, fields: TAGGED + range, body: BODY.slice(start), cut });
    });
    const { code, stderr } = await flurry(['-q', server.url(), '--body', 'files', '-o', out]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const [record] = folder.records(name);
    expect(schema(record)).toEqual([]);
    expect(record).toMatchObject({
      status: 200,
      bytes: BODY.length,
      attempts: 3,
      bodyFile: `${name}.bodies/000/000000.csv`,
    });
    expect(sha256(readFileSync(folder.at(String(record!['bodyFile']))))).toBe(sha256(BODY));
    expect(server.arrivals.map((one) => rangeOf(one)?.start)).toEqual([undefined, 100_000, 200_000]);
  });

  it('has a column for each file in CSV too', async () => {
    await served((peer) => reply(peer, { status: 200, fields: TAGGED, body: BODY }));
    const out = folder.at('out.csv');
    expect((await flurry(['-q', server.url(), '--body', 'files', '-o', out])).code).toBe(0);
    expect(readFileSync(out, 'utf8')).toMatch(
      new RegExp(`,${BODY.length},.*out\\.csv\\.bodies/000/000000\\.csv`),
    );
  });

  it('keeps to --max-download, and to --download-resumes', async () => {
    const { out, name } = await served((peer, { target }) => {
      reply(peer, { status: 200, fields: TAGGED, body: BODY, cut: target === '/cut' ? 100_000 : undefined });
    });
    const limits = ['--max-download', '100k', '--download-resumes', '0'];
    const urls = [server.url('/whole'), server.url('/cut')];
    const { code } = await flurry(['-q', '-c', '1', ...urls, '--body', 'files', '-o', out, ...limits]);
    expect(code).toBe(0);
    expect(folder.records(name)).toMatchObject([
      { error: { phase: 'body', kind: 'too-large' }, attempts: 1 },
      { error: { phase: 'body', kind: 'too-large' }, attempts: 1 },
    ]);
    const again = [
      '-q',
      '--retry',
      '0',
      server.url('/cut'),
      '--body',
      'files',
      '-o',
      out,
      '--download-resumes',
      '0',
    ];
    expect((await flurry(again)).code).toBe(0);
    expect(folder.records(name)).toMatchObject([{ error: { phase: 'body', kind: 'closed' }, attempts: 1 }]);
    expect(filesOf(`${out}.bodies`)).toEqual([]);
  });

  it('holds no more than --max-filesize of a body that a condition looks at', async () => {
    const { out, name } = await served((peer) => reply(peer, { status: 200, fields: TAGGED, body: BODY }));
    const looked = ['--match', 'nowhere', '--max-filesize', '100k'];
    await flurry(['-q', server.url(), '--body', 'files', '-o', out, ...looked]);
    expect(folder.records(name)).toMatchObject([{ error: { kind: 'too-large' } }]);
  });

  it('leaves no part of what Ctrl-C stops', async () => {
    const { out, name } = await served((peer) => {
      peer.send(
        `HTTP/1.1 200 OK\r\nContent-Length: ${BODY.length}\r\n${TAGGED}\r\n${BODY.slice(0, 200_000)}`,
      );
    });
    const caught = surroundings();
    const code = main(['-q', server.url(), '--body', 'files', '-o', out], caught.around);
    await server.until(() => server.arrivals.length === 1);
    while (!filesOf(`${out}.bodies`).includes('000000.part')) await new Promise(setImmediate);
    caught.signal('SIGINT');
    caught.signal('SIGINT');
    expect(await code).toBe(130);
    // It is asked for again when the run goes on.
    expect(folder.records(name)).toEqual([]);
    expect(readdirSync(`${out}.bodies`)).toEqual([]);
  });

  it('ends with exit code 3 where a file cannot be written', async () => {
    const { out } = await served((peer) => reply(peer, { status: 200, fields: TAGGED, body: BODY }));
    await flurry(['-q', '-n', '0', server.url(), '--body', 'files', '-o', out]);
    writeFileSync(`${out}.bodies/000`, 'in the way');
    const caught = surroundings();
    const ended = main(['-q', server.url(), '--body', 'files', '-o', out], caught.around);
    const code = await ended.catch((error) => report(error, caught.around));
    expect(code).toBe(3);
    expect(caught.stderr()).toMatch(/^flurry: cannot write to .*000\/000000\.\w+: /);
  });
});
