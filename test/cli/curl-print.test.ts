// `--curl`: the printed commands. They come back as the same requests, and curl itself sends the same octets for them.

import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPasted } from '../../src/cli/curl/commands.ts';
import { printCurl } from '../../src/cli/curl/print-command.ts';
import { curlOf } from '../../src/cli/curl/printed.ts';
import { readFlags } from '../../src/cli/curl/read-flags.ts';
import { translate } from '../../src/cli/curl/translate.ts';
import { withRequestOptions } from '../../src/cli/request-options.ts';
import { readRunWords } from '../../src/cli/run-flags.ts';
import { requestDefaults } from '../../src/engine/source-of.ts';
import { ENDED } from '../../src/model/contracts.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { resolveOptions } from '../../src/model/options.ts';
import { type Request, RequestFactory, type RequestObject } from '../../src/model/request.ts';
import { type RawRequest, RawServer } from '../server/raw-server.ts';
import { start } from './child.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, surroundings, type World } from './in-process.ts';

const folder = temporaryFolder();
const plain = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });
const hasCurl =
  spawnSync('curl', ['--version']).status === 0 && spawnSync('bash', ['--version']).status === 0;

const print = (input: RequestObject) => {
  const request = plain.from(0, input);
  return curlOf(request, request.body, []);
};

/** What `flurry curl` would send for the command. */
async function requestOf(command: string): Promise<Request> {
  const [pasted] = readPasted(command).commands;
  const [given] = readFlags(pasted!.words);
  const { urls, words, body } = translate(given!, pasted!.words, pasted!.stdin);
  const settings = { ...resolveOptions(readRunWords(words).flags, 'cli') };
  const complete = await withRequestOptions(body === undefined ? settings : { ...settings, body }, () => {
    throw new Error('no standard input');
  });
  return new RequestFactory(requestDefaults(complete)).from(0, urls[0]!);
}

/** All that tells two requests apart on the wire; an empty body is none. */
function shown({ method, url, headers, body }: Request) {
  const fields = headers.text.split('\r\n').sort();
  return { method, url, fields, host: headers.host, body: Buffer.from(body ?? []).toString('latin1') };
}

const token = fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,12}$/);
const fieldValue = fc
  .uint8Array({ maxLength: 30 })
  .map((bytes) => [...bytes].filter((c) => c === 9 || (c >= 32 && c !== 127)))
  .map((bytes) => Buffer.from(bytes).toString('latin1').trim());
const FRAMED = /^(?:host|content-length|transfer-encoding|content-type|accept|user-agent|referer|cookie)$/i;
const pairs = fc.uniqueArray(
  fc.tuple(
    token.filter((name) => !FRAMED.test(name)),
    fieldValue,
  ),
  {
    selector: ([name]) => name.toLowerCase(),
    maxLength: 5,
  },
);
const known = fc.subarray<[string, string]>([
  ['User-Agent', "a 'b'"],
  ['Accept', '*/*'],
  ['Content-Type', 'x/y'],
  ['Cookie', 'a="b"; c=d'],
  ['Host', 'other.example'],
]);
const text = fc.string({ unit: fc.constantFrom(...'ab\'"\\$`!@%&= \n\r\t\x01é😀{}[]') });
const requests = fc.record({
  url: fc
    .webPath({ size: 'small' })
    .chain((path) =>
      fc.webQueryParameters({ size: 'small' }).map((q) => `http://h.test/${path.slice(1)}?${q}x`),
    ),
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'm-search', undefined),
  headers: fc.tuple(known, pairs).map(([some, others]) => [...some, ...others]),
  body: fc.oneof(fc.constant(undefined), text, fc.uint8Array({ maxLength: 60 })),
});

describe('a printed command', () => {
  it.each<[RequestObject, string]>([
    [{ url: 'http://h/' }, 'curl http://h/ -H User-Agent: -H Accept:'],
    [
      { url: 'http://h/?a=b&c', headers: { Accept: '*/*', 'User-Agent': 'x' } },
      "curl 'http://h/?a=b&c' -H 'User-Agent: x'",
    ],
    [
      { url: 'http://h/[1]', method: 'HEAD', headers: { Accept: 'a', 'User-Agent': '', Host: 'o' } },
      "curl -g -I 'http://h/[1]' -H 'Host: o' -H 'Accept: a' -H 'User-Agent;'",
    ],
    [
      {
        url: 'http://h/',
        body: "it's\n",
        headers: { Accept: '*/*', 'User-Agent': 'x', 'Content-Type': 'a/b' },
      },
      "curl http://h/ -H 'User-Agent: x' -H 'Content-Type: a/b' --data-raw $'it\\'s\\n'",
    ],
    [
      { url: 'http://h/', method: 'PUT', body: Buffer.from([0, 0x25, 0xff]), headers: { 'User-Agent': 'x' } },
      "printf '\\000%%\\377' | curl -X PUT http://h/ -H 'User-Agent: x' -H Accept: -H Content-Type: --data-binary @-",
    ],
    [
      { url: 'http://me:pw@h/', method: 'PATCH', headers: { Accept: '*/*', 'User-Agent': 'x' } },
      "curl -X PATCH http://h/ -H 'User-Agent: x' -H 'Authorization: Basic bWU6cHc=' -H Content-Type: --data-raw ''",
    ],
  ])('of %j', (input, command) => {
    expect(print(input)).toBe(command);
  });

  it('comes back as the same request', async () => {
    await fc.assert(
      fc.asyncProperty(requests, async (input) => {
        const command = print(input as RequestObject);
        expect(command).not.toContain('\n');
        expect(shown(await requestOf(command))).toEqual(shown(plain.from(0, input as RequestObject)));
      }),
      { numRuns: 300 },
    );
  });

  it('gives a body to printf that is too long for a word', async () => {
    const body = 'long '.repeat(20_000);
    expect(print({ url: 'http://h/', body })).toMatch(/^printf 'long .*' \| curl http:\/\/h\/ /);
    expect(shown(await requestOf(print({ url: 'http://h/', body }))).body).toBe(body);
  });
});

describe.runIf(hasCurl)('curl itself', () => {
  let server: RawServer;

  beforeAll(async () => {
    server = await RawServer.open((peer) =>
      peer.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
    );
  });

  afterAll(() => server.close());

  function heard({ method, target, head, body }: RawRequest) {
    const fields = head
      .split('\r\n')
      .slice(1)
      .filter((line) => line !== '');
    return { method, target, body, fields: fields.map((line) => line.trim()).sort() };
  }

  it('sends the same octets for it', async () => {
    const inputs: RequestObject[] = [
      { url: '/' },
      {
        url: '/x//y/?a=%20&b=[1]{2}\'"',
        headers: [
          ['A', '1'],
          ['A', '2'],
          ['B', ''],
          ['Accept', '*/*'],
        ],
      },
      {
        url: '/1',
        method: 'DELETE',
        headers: { 'User-Agent': "it's", Accept: 'a/b', Cookie: 'a="b"; c=$d' },
      },
      { url: '/2', body: "a'b\n\t\\n$x `y` é😀!%", headers: { 'Content-Type': 'text/plain' } },
      { url: '/3', method: 'PUT', body: Buffer.from(Array.from({ length: 256 }, (_, i) => i)) },
      { url: '/4', body: '@file', headers: { Host: 'other.example' } },
      { url: '/5', method: 'POST', headers: { 'X-Octets': '\xff\xe9 \xc3\xa9' } },
      { url: '/6', method: 'PATCH', json: { a: ['"', '\u2028'] } },
      { url: '/7', method: 'GET', body: 'with a body' },
      { url: '/8', method: 'm-search', headers: { 'Accept-Encoding': 'gzip' } },
      { url: '/9', body: '-'.repeat(200_000) },
      { url: '/10', body: '' },
    ];
    const lines = inputs.map((input) => print({ ...input, url: server.url(String(input.url)) }));
    const out = folder.at('own.jsonl');
    const file = folder.write(
      'in.jsonl',
      inputs.map((input) => `${JSON.stringify(asLine(input))}\n`).join(''),
    );
    const own = await flurry(['-q', '-c', '1', '-i', file, '-o', out, '-A', '', '-H', 'Accept:']);
    expect(own).toEqual({ code: 0, stdout: '', stderr: '' });
    const expected = server.arrivals.splice(0).map(heard);
    expect(expected).toHaveLength(inputs.length);
    const script = lines.map((line) => line.replace('curl ', 'curl -q -sS --max-time 5 '));
    await promisify(execFile)('bash', ['--norc', folder.write('own.sh', script.join('\n'))]);
    expect(server.arrivals.splice(0).map(heard)).toEqual(expected);
  });

  function asLine({ body, url, ...rest }: RequestObject) {
    const whole = { ...rest, url: server.url(String(url)) };
    return body instanceof Uint8Array
      ? { ...whole, bodyBase64: Buffer.from(body).toString('base64') }
      : { ...whole, body };
  }
});

describe('flurry --curl', () => {
  const HEADERS = "-H 'User-Agent: flurry'";
  const WARNING = 'flurry: these commands hold every secret of the requests: cookies, tokens, passwords\n';

  async function printed(argv: readonly string[], world: World = {}): Promise<string[]> {
    const { code, stdout, stderr } = await flurry([...argv, '--curl'], world);
    expect({ code, stderr }).toEqual({ code: 0, stderr: WARNING });
    return stdout.split('\n').slice(0, -1);
  }

  it('prints a line for each request of a template, as many as -n says', async () => {
    expect(await printed(['http://h.test/[1-1000000]', '-n', '2', '-H', 'A: b'])).toEqual([
      `curl http://h.test/1 ${HEADERS} -H 'A: b'`,
      `curl http://h.test/2 ${HEADERS} -H 'A: b'`,
    ]);
    expect(await printed(['http://h.test/[1-5000]'])).toHaveLength(5000);
  });

  it('prints requests of an input, and a comment for what is none', async () => {
    const stdin = '{"url":"http://h/a","method":"PUT","json":1}\n{"url":"nonsense"}\n';
    expect(await printed(['-i', '-', '--input-format', 'jsonl'], { stdin })).toEqual([
      `curl -X PUT http://h/a ${HEADERS} -H 'Content-Type: application/json' --data-raw 1`,
      '# line 2: no http:// or https:// URL: nonsense',
    ]);
  });

  it('names what holds for the run as curl does', async () => {
    const cookies = folder.write('cookies', '');
    const flags = [
      '-kL',
      '--max-redirs',
      '3',
      '-m',
      '1.5',
      '--tls-min',
      '1.3',
      '--ip',
      '4',
      '--max-filesize',
      '1k',
    ];
    const words = '--location --max-redirs 3 --max-time 1.5 --insecure --max-filesize 1024 --tlsv1.3 -4';
    expect(await printed(['http://h/', ...flags])).toEqual([`curl http://h/ ${HEADERS} ${words}`]);
    expect(await printed(['http://h/', '-b', 'a=b', '-b', cookies, '--cookie-jar', 'j ar'])).toEqual([
      `curl http://h/ ${HEADERS} --cookie-jar 'j ar' -b ${cookies}`,
    ]);
    expect(await printed(['http://h/', '--http2'])).toEqual([
      `curl http://h/ ${HEADERS} --http2-prior-knowledge`,
    ]);
    expect(await printed(['http://h/', '--http1.1'])).toEqual([`curl http://h/ ${HEADERS} --http1.1`]);
    expect(await printed(['http://h/', '-b', 'a=b', '-u', 'me:pw'])).toEqual([
      `curl http://h/ ${HEADERS} -H 'Authorization: Basic bWU6cHc=' -b a=b -b ''`,
    ]);
  });

  it('prints what a pasted command comes to', async () => {
    expect(await printed(['curl', "curl h/[1-2] -H 'A: b' -L; curl -L h -d x"])).toEqual([
      `curl http://h/1 ${HEADERS} -H 'A: b' --location`,
      `curl http://h/2 ${HEADERS} -H 'A: b' --location`,
      `curl http://h/ ${HEADERS} -H 'Content-Type: application/x-www-form-urlencoded' --data-raw x --location`,
    ]);
  });

  it('prints the octets of a body that is not in memory', async () => {
    expect(await printedStream(['sent in ', 'two'])).toBe(
      "curl http://h/ -H User-Agent: -H Accept: -H Content-Type: --data-raw 'sent in two'\n",
    );
    expect(await printedStream(Array.from({ length: 17 }, () => 'x'.repeat(1024 * 1024)))).toBe(
      '# POST http://h/: its body is longer than 16.0 MiB, too long to print\n',
    );
    expect(await printedStream([new Error('the file\nis gone')])).toBe(
      '# POST http://h/: the file is gone\n',
    );
  });

  it('prints an upload and a form as what they send', async () => {
    const file = folder.write('body.bin', 'content');
    expect(await printed(['http://h/up/', '-T', file])).toEqual([
      `curl -X PUT http://h/up/body.bin ${HEADERS} -H Content-Type: --data-raw content`,
    ]);
    const [form] = await printed(['http://h/', '-F', `a=@${file}`]);
    expect(form).toMatch(
      / -H 'Content-Type: multipart\/form-data; boundary=.*' --data-raw \$'--.*filename="body\.bin"/,
    );
    const data = readPasted(form!).commands[0]!.words.at(-1)!.text;
    expect(data).toContain('\r\n\r\ncontent\r\n--');
  });

  async function printedStream(chunks: readonly (string | Error)[]): Promise<string> {
    const request = plain.from(0, { url: 'http://h/', method: 'POST' });
    let closed = 0;
    request.stream = {
      ...{ length: undefined, replayable: true, contentType: undefined },
      open() {
        let at = 0;
        return {
          read(done) {
            const chunk = chunks[at++];
            if (chunk instanceof Error) done(chunk, undefined);
            else done(undefined, chunk === undefined ? undefined : Buffer.from(chunk));
          },
          close: () => closed++,
        };
      },
    };
    const items = [request];
    const source = {
      ...{ count: 1, onReady: undefined, close: () => undefined },
      pull: () => items.shift() ?? ENDED,
    };
    const caught = surroundings();
    expect(await printCurl({ open: () => source }, resolveOptions({}), caught.around)).toBe(0);
    expect(closed).toBe(1);
    return caught.stdout();
  }

  it('stops when nobody reads any more', async () => {
    const child = start(['http://h.test/[1-1000000000]', '--curl'], { unread: true });
    await once(child.process.stdout, 'readable');
    child.process.stdout.destroy();
    expect(await child.ended).toEqual({ code: 0, signal: null });
    expect(child.stderr()).toBe(WARNING);
  });

  it('says what breaks the input', async () => {
    const { code, stderr } = await flurry(['-i', folder.at('none.jsonl'), '--curl']);
    expect({ code, stderr }).toMatchObject({ code: 2, stderr: expect.stringContaining('there is no file') });
  });
});
