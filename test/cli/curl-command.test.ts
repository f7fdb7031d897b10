// `flurry curl`: what a pasted command sends.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { helpText } from '../../src/cli/help.ts';
import { type RawRequest, RawServer } from '../server/raw-server.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, type World } from './in-process.ts';

const folder = temporaryFolder();
let server: RawServer;

beforeAll(async () => {
  server = await RawServer.open((peer) => peer.send('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
});

afterAll(() => server.close());

/** What the server heard, in the order of the targets, beside what was said. */
async function heard(argv: readonly string[], world: World = {}) {
  const from = server.arrivals.length;
  const out = folder.at('out.jsonl');
  const { code, stderr } = await flurry(['curl', '-q', '-c', '1', '-o', out, ...argv], world);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return { stderr, requests: server.arrivals.slice(from).map(shown), records: folder.records('out.jsonl') };
}

function shown({ method, target, head, body }: RawRequest) {
  const headers: Record<string, string> = {};
  for (const [, name, value] of head.matchAll(/^([^:\r\n]+): (.*)\r$/gm))
    headers[name!.toLowerCase()] = value!;
  return { method, target, headers, body };
}

async function refused(argv: readonly string[], world: World = {}): Promise<string> {
  const from = server.arrivals.length;
  const { code, stdout, stderr } = await flurry(['curl', ...argv], world);
  expect({ code, stdout, sent: server.arrivals.length - from }).toEqual({ code: 2, stdout: '', sent: 0 });
  return stderr;
}

describe('a pasted command', () => {
  it('is sent as it stands, with options of flurry behind it', async () => {
    const command = `curl '${server.url('/x?a=b')}' \\
  -H 'X-One: 1' -b 'c=d' -A me --data-raw '{"a":1}' -H 'content-type: application/json' --compressed`;
    const { requests, stderr } = await heard([command, '-H', 'X-Two: 2']);
    expect(stderr).toBe('');
    expect(requests).toEqual([
      expect.objectContaining({ method: 'POST', target: '/x?a=b', body: '{"a":1}' }),
    ]);
    expect(requests[0]!.headers).toMatchObject({
      'x-one': '1',
      'x-two': '2',
      cookie: 'c=d',
      'user-agent': 'me',
      'content-type': 'application/json',
      'accept-encoding': expect.stringContaining('gzip'),
    });
  });

  it('runs in bulk where its URL is a template', async () => {
    const { requests, records } = await heard([`curl ${server.url('/{a,b}/[1-3]')} -X PUT`, '-n', '4']);
    expect(requests.map(({ method, target }) => `${method} ${target}`)).toEqual([
      'PUT /a/1',
      'PUT /a/2',
      'PUT /a/3',
      'PUT /b/1',
    ]);
    expect(records.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
    const named = await heard([`curl '${server.url('/{n}')}'`, '--var', 'n=7-8']);
    expect(named.requests.map(({ target }) => target)).toEqual(['/7', '/8']);
  });

  it('comes behind --, with options of flurry before it', async () => {
    const { requests } = await heard(['--', 'curl', server.url('/y'), '-sXDELETE', '-H', 'A: b c']);
    expect(requests).toMatchObject([{ method: 'DELETE', target: '/y', headers: { a: 'b c' } }]);
    expect((await heard(['--', server.url('/z')])).requests).toMatchObject([{ target: '/z' }]);
  });

  it('has its data in the order in which they stand, its form and its upload', async () => {
    const file = folder.write('one.txt', 'content');
    const { requests } = await heard([
      `curl ${server.url()} --data-raw @a -d @${file} --data-raw b`,
      '-d',
      'c',
    ]);
    expect(requests).toMatchObject([{ method: 'POST', body: '@a&content&b&c' }]);
    expect((await heard([`curl ${server.url('/?a')} -G -d b=c`])).requests).toMatchObject([
      { method: 'GET', target: '/?a&b=c' },
    ]);
    expect((await heard([`curl ${server.url('/x/')} -T ${file}`])).requests).toMatchObject([
      { method: 'PUT', target: '/x/one.txt', body: 'content' },
    ]);
    const [form] = (await heard([`curl ${server.url()} -F 'a=@${file};type=x/y'`])).requests;
    expect(form!.body).toMatch(/filename="one\.txt"\r\nContent-Type: x\/y\r\n\r\ncontent\r\n/);
  });

  it('comes from standard input', async () => {
    const stdin = `curl '${server.url('/1')}' -H 'A: 1' ;\ncurl '${server.url('/2')}' -d 'x'\n`;
    const { requests } = await heard(['-'], { stdin });
    expect(requests.map(({ method, target }) => `${method} ${target}`)).toEqual(['GET /1', 'POST /2']);
  });

  it('says what of it was left out', async () => {
    const { stderr } = await heard([`curl ${server.url()} -o x -f | jq .`]);
    expect(stderr).toBe(
      'flurry: left out of the curl command: what stands behind | (pipe flurry itself), -o (records go where -o of flurry says), -f (--check-status of flurry gives an exit code)\n',
    );
  });

  it('sends octets as curl does', async () => {
    const { requests } = await heard([`curl ${server.url()} -H 'A: é' --data-binary $'\\xff\\001'`]);
    expect(requests).toMatchObject([{ headers: { a: '\u00c3\u00a9' }, body: '\xff\x01' }]);
  });
});

describe('several commands', () => {
  it('keep their methods, fields and bodies, and expand their templates', async () => {
    const { requests, records } = await heard([
      `curl ${server.url('/a/[1-2]')} -H 'A: 1' -u me:pw && curl -g '${server.url('/b/[1-2]')}' -X PUT -d body --next ${server.url('/c')} --json '{}'`,
      ...['-H', 'All: yes'],
    ]);
    expect(requests).toMatchObject([
      { method: 'GET', target: '/a/1', headers: { a: '1', all: 'yes', authorization: 'Basic bWU6cHc=' } },
      { method: 'GET', target: '/a/2' },
      { method: 'PUT', target: '/b/[1-2]', body: 'body', headers: { all: 'yes' } },
      { method: 'POST', target: '/c', body: '{}', headers: { 'content-type': 'application/json' } },
    ]);
    expect(requests[2]!.headers).not.toHaveProperty('authorization');
    expect(records.map(({ index }) => index)).toEqual([0, 1, 2, 3]);
  });

  it('take what stands behind them all: fields, cookies, credentials from a file', async () => {
    const file = folder.write('login', 'me:pw\n');
    const { requests } = await heard([
      `curl ${server.url('/1')} ; curl ${server.url('/2')} -d x`,
      ...['-b', 'a=b', '-u', `@${file}`],
    ]);
    expect(requests.map(({ headers }) => [headers['cookie'], headers['authorization']])).toEqual([
      ['a=b', 'Basic bWU6cHc='],
      ['a=b', 'Basic bWU6cHc='],
    ]);
  });

  it('put data into the URL, and upload files, each for itself', async () => {
    const file = folder.write('up.txt', 'content');
    const { requests } = await heard([
      `curl ${server.url('/q?a=1')} -G -d b=2 ; curl ${server.url('/up/')} -T ${file} ; curl ${server.url('/3')} --data-raw @x -d @${file} --data-raw y`,
    ]);
    expect(requests).toMatchObject([
      { method: 'GET', target: '/q?a=1&b=2', body: '' },
      { method: 'PUT', target: '/up/up.txt', body: 'content' },
      { method: 'POST', target: '/3', body: '@x&content&y' },
    ]);
  });

  it('make an URL that cannot be sent a failure with its index', async () => {
    const { records } = await heard([`curl 'http://h:{99999,1}/' ; curl ${server.url()}`, '-n', '1']);
    expect(records).toMatchObject([{ index: 0, error: { phase: 'input' } }]);
  });

  it('have to agree about what holds for a run', async () => {
    const text = (flags: string) => `curl ${server.url()} ${flags}; curl ${server.url()}`;
    expect(await refused([text('-k')])).toBe(
      'flurry: the curl commands differ in --insecure, which holds for a whole run; run them one by one\n',
    );
    expect(await refused([text('--digest')])).toContain('--digest');
    expect(await refused([`curl h --digest -u a:b ; curl h --digest -u a:c`])).toContain('--user');
    expect(await refused([text('-m 5')])).toContain('--max-time');
    expect(
      (await heard([text('--compressed')])).requests.map(({ headers }) => 'accept-encoding' in headers),
    ).toEqual([true, false]);
  });
});

describe('what cannot be taken', () => {
  it.each<[string[], string, World?]>([
    [[], 'there is no command; paste the command behind --'],
    [['curl', 'http://h/'], 'these are several words'],
    [['curl'], 'these are several words'],
    [['a', '--', 'curl', 'http://h/'], 'a word stands before --'],
    [['--'], 'nothing stands behind --'],
    [['# nothing'], 'there is no curl command in it'],
    [['https://h/'], 'this is no curl command; a command begins with curl\n  …\n  ^'],
    [['curl $URL'], '$URL is not expanded here'],
    [['-'], 'standard input holds the command', { stdin: 'curl http://h/ -d @-' }],
    [['curl http://h/; curl http://h/ -d @-'], 'none can take its body from standard input'],
    [["curl 'http://h/[1-'"], 'unmatched bracket'],
    [['curl http://h/; curl http://h/', '-i', 'x'], '-i cannot stand beside several curl commands'],
    [["curl http://h/ -d $'\\xff'", '-d', 'x'], 'the curl command has a body already'],
    [['curl http://h/', '--bogus'], 'unknown option --bogus'],
  ])('%j', async (argv, message, world) => {
    expect(await refused(argv, world)).toContain(message);
  });
});

describe('help', () => {
  it('is found from all sides', async () => {
    const stdout = helpText('curl', 80);
    expect(stdout).toContain('flurry curl - ');
    for (const argv of [
      ['curl', '--help'],
      ['help', 'curl'],
      ['curl', '-h', 'x'],
    ]) {
      expect(await flurry(argv)).toEqual({ code: 0, stdout, stderr: '' });
    }
    expect(helpText(undefined, 100)).toContain('flurry curl <command>');
    expect((await flurry(['curl', '-V'])).stdout).toMatch(/^\d+\.\d+/);
    for (const width of [60, 100]) {
      for (const line of helpText('curl', width).split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    }
  });
});
