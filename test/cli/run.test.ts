// Runs within this process: what they send, write and say, and the exit code.

import { existsSync, readdirSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { report } from '../../src/cli/report.ts';
import { startTarget, type Target } from '../../src/target/index.ts';
import { temporaryFolder } from './folder.ts';
import { flurry, surroundings, type World } from './in-process.ts';

const folder = temporaryFolder();
let target: Target;
let url = '';

beforeAll(async () => {
  target = await startTarget();
  url = target.url;
});

afterAll(() => target.close());

/** With the records in `out.jsonl`. */
async function flurryTo(out: string, argv: readonly string[], world: World = {}) {
  const ended = await flurry([...argv, '-o', folder.at(out)], world);
  return { ...ended, records: folder.records(out) };
}

/** Figures change from run to run; words do not. */
function withoutFigures(text: string): string {
  return text.replace(/\d[\d.,]*( (ms|s|µs|B|[KM]iB)\b|\/s)?/g, 'N');
}

describe('what is sent', () => {
  /** What the server heard, as it says itself. */
  async function heard(argv: readonly string[], world: World = {}) {
    const { code, stderr, records } = await flurryTo('heard.jsonl', ['-q', `${url}/echo`, ...argv], world);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const echo = records[0]!['body'] as { method: string; headers: [string, string][]; body: string };
    const headers: Record<string, string> = {};
    for (const [name, value] of echo.headers) {
      const key = name.toLowerCase();
      headers[key] = key in headers ? `${headers[key]}, ${value}` : value;
    }
    const { method, body } = echo;
    return { method, headers, body };
  }

  it('is a plain GET unless something else is asked for', async () => {
    const { method, headers } = await heard([]);
    expect(method).toBe('GET');
    expect(headers).toMatchObject({ 'user-agent': 'flurry', accept: '*/*' });
  });

  it('has header fields as in curl: set, removed, empty, repeated, from a file', async () => {
    const file = folder.write('fields.txt', 'X-File: yes\r\n\r\nX-Too: also\n');
    const { headers } = await heard([
      ...['-H', 'X-One: 1', '-H', 'x-one: 2', '-H', 'Accept:', '-H', 'X-Empty;', '-H', `@${file}`],
      ...['-A', 'me', '-H', 'Host: other'],
    ]);
    expect(headers).toMatchObject({
      'x-one': '1, 2',
      'x-empty': '',
      'x-file': 'yes',
      'x-too': 'also',
      'user-agent': 'me',
      host: 'other',
    });
    expect(headers).not.toHaveProperty('accept');
    expect((await heard(['-A', ''])).headers).not.toHaveProperty('user-agent');
  });

  it('has a body as in curl: joined by &, from a file without line ends, as bytes, from standard input', async () => {
    const file = folder.write('body.txt', 'b=2\r\nc=3\n');
    expect(await heard(['-d', 'a=1', '-d', `@${file}`])).toMatchObject({
      method: 'POST',
      body: 'a=1&b=2c=3',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'content-length': '10' },
    });
    expect((await heard(['-d', '@-'], { stdin: 'from=stdin\n' })).body).toBe('from=stdin');
    const bytes = folder.write('bytes', new Uint8Array([0xff, 0x00, 0xfe]));
    expect((await heard(['-d', `@${bytes}`])).headers).toMatchObject({ 'content-length': '2' });
    expect(await heard(['-X', 'PUT', '-d', ''])).toMatchObject({ method: 'PUT', body: '' });
  });

  it('has JSON as in curl, and a file as it is', async () => {
    expect(await heard(['--json', '{"a":1}', '-H', 'Content-Type: application/ld+json'])).toMatchObject({
      method: 'POST',
      body: '{"a":1}',
      headers: { 'content-type': 'application/ld+json', accept: 'application/json' },
    });
    const file = folder.write('body.json', '{\n}\n');
    expect((await heard(['--json', `@${file}`])).body).toBe('{\n}\n');
  });
});

describe('where requests come from', () => {
  it('takes several URLs and templates one after another, without a scheme too', async () => {
    const bare = url.slice('http://'.length);
    const { records } = await flurryTo('urls.jsonl', [
      '-q',
      '-c',
      '1',
      `${bare}/todos/[1-2]`,
      `${url}/todos/{9,8}`,
    ]);
    expect(records.map((record) => record['url'])).toEqual(
      ['1', '2', '9', '8'].map((n) => `${url}/todos/${n}`),
    );
  });

  it('fills a template in from a CSV, in a file or piped in', async () => {
    const csv = 'id,name\n7,a\n8,b\n';
    const file = folder.write('ids.csv', csv);
    const paths = ['7', '8'].map((n) => `${url}/todos/${n}`);
    const inFile = await flurryTo('csv.jsonl', ['-q', '-c', '1', '-i', file, `${url}/todos/{id}`]);
    expect(inFile.records.map((record) => record['url'])).toEqual(paths);
    const options = ['-q', '-c', '1', '-i', '-', '--input-format', 'csv', `${url}/todos/{id}`];
    const piped = await flurryTo('csv.jsonl', options, { stdin: csv });
    expect(piped.records.map((record) => record['url'])).toEqual(paths);
  });

  it('reads what is piped in when no URL is given, and with -i - in any case', async () => {
    for (const argv of [['-q'], ['-q', '-i', '-']]) {
      const { code, records } = await flurryTo('piped.jsonl', argv, {
        stdin: `${url}/todos/1\n# no\n${url}/todos/2\n`,
      });
      expect([code, records.length]).toEqual([0, 2]);
    }
  });

  it('records lines that are no requests, and says so once', async () => {
    const { code, stderr, records } = await flurryTo('bad.jsonl', [], {
      stdin: `nonsense\n${url}/todos/1\nftp://h/\n`,
    });
    expect([code, records.length]).toEqual([0, 3]);
    expect(stderr).toMatch(/^3 requests, 1 response, 2 failures in /);
    expect(stderr).toContain(
      `\nfirst failure: 0 input/invalid line 1: no http:// or https:// URL: nonsense\nrecords in ${folder.at('bad.jsonl')}\n`,
    );
  });

  it('stops at the first of them with --strict-input', async () => {
    const list = folder.write('strict.txt', `${url}/todos/1\nnonsense\n${url}/todos/2\n`);
    const { code, stderr, records } = await flurryTo('strict.jsonl', ['-i', list, '-q', '--strict-input']);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `flurry: ${list}, line 2: no http:// or https:// URL: nonsense; mend it, or leave out --strict-input to have it recorded as a failure\n`,
    );
    // It is no record: who mends it, or leaves out the option, goes on with it.
    expect(records.map((record) => record['index']).sort()).toEqual([0]);
    // Once is enough, also below a summary.
    const told = await flurryTo('strict.jsonl', ['-i', list, '--strict-input', '--restart']);
    expect(told.stderr.match(/nonsense/g)).toHaveLength(1);
    expect(told.stderr).toMatch(/^2 requests, 1 response, 1 failure in /);
    expect(told.stderr.endsWith(stderr)).toBe(true);
  });

  it('says why an input cannot be read once it is open, and that nothing was sent', async () => {
    const gzip = folder.write('urls.gz', new Uint8Array([0x1f, 0x8b, 8, 0]));
    const { code, stderr } = await flurryTo('gz.jsonl', ['-i', gzip]);
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^flurry: \S+urls\.gz is compressed with gzip; unpack it on the way in: [^\n]+\n$/,
    );
  });

  it('records each line of a binary file as a failure', async () => {
    const binary = folder.write('image.png', new Uint8Array([0x89, 0x50, 0xff, 10, 0xfe, 10]));
    const { code, stderr, records } = await flurryTo('png.jsonl', ['-i', binary]);
    expect([code, records.length]).toEqual([0, 2]);
    expect(stderr).toContain(
      '\nfirst failure: 0 input/invalid line 1: not UTF-8; convert the input, for example with iconv -f LATIN1 -t UTF-8\n',
    );
  });
});

describe('runs of no request', () => {
  it.each([
    ['an empty standard input', [], '', 'standard input holds no request'],
    ['blank lines and comments', ['-i', '-'], '\n# a\n', 'standard input holds no request'],
    ['-n 0', ['http://h/[1-9]', '-n', '0'], undefined, '-n 0 asks for no request'],
  ])('%s', async (_, argv, stdin, reason) => {
    const { code, stderr, records } = await flurryTo(
      'none.jsonl',
      argv,
      stdin === undefined ? {} : { stdin },
    );
    expect({ code, stderr, records }).toEqual({
      code: 0,
      stderr: `nothing was sent: ${reason}\n`,
      records: [],
    });
  });

  it('names the file that is empty', async () => {
    const empty = folder.write('empty.txt', '');
    expect((await flurryTo('none.jsonl', ['-i', empty])).stderr).toBe(
      `nothing was sent: ${empty} holds no request\n`,
    );
  });
});

describe('what is said', () => {
  it('is a summary and where the records are', async () => {
    const { code, stdout, stderr } = await flurryTo('said.jsonl', [`${url}/todos/[1-3]`, '--body', 'files']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
    const out = folder.at('said.jsonl');
    expect(withoutFigures(stderr.replaceAll(out, 'OUT'))).toBe(
      `N requests, N responses in N — N per request, N
  statuses      N N
  latency       pN N   pN N   pN N   max N
  bodies        N   N per response
  cpu           N per request
  memory        N at most
  concurrency   N allowed, N at most in flight
records in OUT, bodies in OUT.bodies
to look into them: duckdb -c "SELECT status, count(*) FROM 'OUT' GROUP BY status"
`,
    );
    expect(readdirSync(`${out}.bodies/000`)).toHaveLength(3);
  });

  it('is nothing with -q', async () => {
    const { code, stdout, stderr } = await flurryTo('quiet.jsonl', ['-q', `${url}/todos/[1-3]`]);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: '', stderr: '' });
  });

  it('is the first failure in full, for who has not seen its record', async () => {
    const { code, stderr, records } = await flurryTo('refused.jsonl', ['http://127.0.0.1:1/']);
    expect(code).toBe(0);
    expect(records[0]).toMatchObject({ error: { phase: 'connect', kind: 'refused', sent: 'none' } });
    expect(stderr).toMatch(/^1 request, 0 responses, 1 failure in /);
    expect(stderr).toContain('\n  failures      connect/refused   1   ');
    expect(stderr).toContain(
      '\nfirst failure: 0 connect/refused http://127.0.0.1:1/: 127.0.0.1:1 refused the connection; does a server listen there?\n',
    );
  });

  it('is each failure with -v, in one line without control characters', async () => {
    const { stderr } = await flurryTo('verbose.jsonl', ['-q', '-v', '-c', '1', '--retry', '0'], {
      stdin: `http://u:s3cret@127.0.0.1:1/a\na\u001b[31mb\n${url}/status/500\n`,
    });
    expect(stderr).toBe(
      '0 connect/refused http://127.0.0.1:1/a: 127.0.0.1:1 refused the connection; does a server listen there?\n' +
        '1 input/invalid line 2: no http:// or https:// URL: a [31mb\n',
    );
    expect(folder.read('verbose.jsonl')).not.toContain('s3cret');
  });
});

describe('records', () => {
  it('are CSV where the name or the option says so', async () => {
    await flurry(['-q', `${url}/todos/1`, '--body', 'none', '-o', folder.at('a.csv')]);
    expect(folder.read('a.csv')).toMatch(/^index,id,url,method,status,ms,.*\n0,,http/);
    await flurry(['-q', `${url}/todos/1`, '-o', folder.at('b.txt'), '--output-format', 'csv']);
    expect(folder.read('b.txt')).toMatch(/^index,id,url,/);
  });

  it('show bodies as asked for, header fields and timings too', async () => {
    const one = async (...argv: string[]) =>
      (await flurryTo('one.jsonl', ['-q', `${url}/todos/1`, ...argv])).records[0]!;
    expect((await one())['body']).toMatchObject({ id: 1 });
    expect((await one('--body', 'text'))['body']).toMatch(/^\{"userId"/);
    expect((await one('--body', 'base64'))['bodyBase64']).toMatch(/^eyJ/);
    expect(await one('--body', 'none')).not.toHaveProperty('body');
    expect((await one('--include'))['headers']).toContainEqual([
      'Content-Type',
      expect.stringContaining('json'),
    ]);
    expect((await one('--timings'))['timings']).toHaveProperty('firstByteMs');
  });
});

describe('outputs that cannot be written', () => {
  it.each([
    [
      ['-o', '/no/dir/x'],
      'cannot write /no/dir/x: there is no folder /no/dir; make it with: mkdir -p /no/dir',
    ],
    [['-o', '/'], 'cannot write /: it is a folder; name a file in it, such as -o /records.jsonl'],
    [
      ['--summary', '/no/dir/x'],
      'cannot write the summary to /no/dir/x: there is no folder /no/dir; make it with: mkdir -p /no/dir',
    ],
    [
      ['--summary', '/tmp/'],
      'cannot write the summary to /tmp/: it is a folder; name a file in it, such as --summary /tmp/summary.json',
    ],
    [
      ['--summary', '/dev/null/x'],
      'cannot write the summary to /dev/null/x: a part of this path is a file; name another one with --summary',
    ],
  ])('%j, before anything is sent', async (argv, message) => {
    const before = target.counts.requests;
    expect(await flurry([`${url}/todos/1`, ...argv])).toEqual({
      code: 3,
      stdout: '',
      stderr: `flurry: ${message}\n`,
    });
    expect(target.counts.requests).toBe(before);
  });

  it('leaves what an earlier run has written alone when one of them cannot be', async () => {
    const earlier = folder.write('earlier', 'earlier\n');
    await flurry([`${url}/todos/1`, '-o', earlier, '--summary', '/no/dir/x']);
    await flurry([`${url}/todos/1`, '-o', '/no/dir/x', '--summary', earlier]);
    expect(folder.read('earlier')).toBe('earlier\n');
  });

  it.skipIf(!existsSync('/dev/full'))('says in one line that the disk is full', async () => {
    expect(await flurry([`${url}/todos/[1-5]`, '-o', '/dev/full'])).toEqual({
      code: 3,
      stdout: '',
      stderr:
        'flurry: cannot write to /dev/full: the disk is full; free some space, or name a file elsewhere with -o\n',
    });
    const { code, stderr } = await flurryTo('full.jsonl', [`${url}/todos/1`, '-q', '--summary', '/dev/full']);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr:
        'flurry: cannot write the summary to /dev/full: the disk is full; free some space, or name a file elsewhere with --summary\n',
    });
  });
});

describe('--summary', () => {
  const KEYS = [
    ...[
      'requests',
      'responses',
      'failures',
      'statuses',
      'errors',
      'bytes',
      'wallMs',
      'rps',
      'cpuUsPerRequest',
    ],
    ...['latencyMs', 'concurrency', 'http', 'retries', 'peakRssBytes'],
  ];

  it('is one JSON object in place of what was there', async () => {
    const path = folder.write('summary.json', 'x'.repeat(10_000));
    await flurryTo('summed.jsonl', [
      '-q',
      `${url}/status/{200,404}`,
      'http://127.0.0.1:1/',
      '--summary',
      path,
    ]);
    const summary = JSON.parse(folder.read('summary.json'));
    for (const key of KEYS) expect(summary).toHaveProperty(key);
    expect(summary).toMatchObject({
      requests: 3,
      responses: 2,
      failures: 1,
      statuses: { 200: 1, 404: 1 },
      errors: { 'connect/refused': 1 },
    });
  });

  it.skipIf(!existsSync('/dev/full'))('is written when the output breaks, too', async () => {
    await flurry([`${url}/todos/1`, '-o', '/dev/full', '--summary', folder.at('broken.json')]);
    expect(JSON.parse(folder.read('broken.json'))).toMatchObject({ requests: 1 });
  });
});

describe('exit codes', () => {
  it('are 0 for HTTP error statuses, 4 with --check-status', async () => {
    const urls = [`${url}/status/{200,399,400,503}`, 'http://127.0.0.1:1/'];
    expect(await flurryTo('status.jsonl', ['-q', ...urls])).toMatchObject({ code: 0, stderr: '' });
    expect(await flurryTo('status.jsonl', ['-q', '--check-status', ...urls])).toMatchObject({
      code: 4,
      stderr: 'flurry: --check-status: 3 of 5 requests failed or were answered with 400 or more\n',
    });
    expect(await flurryTo('status.jsonl', ['-q', '--check-status', `${url}/todos/1`])).toMatchObject({
      code: 0,
      stderr: '',
    });
  });

  it('are 99 where a --fail-if holds, with what its metric came to, before all others', async () => {
    const argv = [
      '-q',
      '--check-status',
      `${url}/status/{500,200}`,
      '--fail-if',
      'status_5xx>=50%',
      '--fail-if',
      'p50>1h',
    ];
    expect(await flurryTo('threshold.jsonl', [...argv, '--fail-if', 'failures==0'])).toMatchObject({
      code: 99,
      stderr:
        'flurry: --fail-if status_5xx>=50% holds: status_5xx is 50.00%\n' +
        'flurry: --fail-if failures==0 holds: failures is 0\n',
    });
  });

  it('are 7 where --duration ended the run, and every request sent has its record', async () => {
    const { code, stderr, records } = await flurryTo('limit.jsonl', [
      ...['-q', '-c', '2', '--duration', '20ms', '--body', 'none', `${url}/todos/[1-9000000]`],
    ]);
    expect(code).toBe(7);
    expect(stderr).toBe(
      `flurry: stopped by --duration 20ms after ${records.length.toLocaleString('en-US')} of 9,000,000 requests\n`,
    );
  });
});

describe('--dry-run', () => {
  it('shows what was understood, sends nothing and writes nothing', async () => {
    const before = target.counts.requests;
    const argv = [
      `${url.replace('//', '//user:s3cret@')}/{a,b}/{n}`,
      ...['--var', 'n=1-2000', '-H', 'Cookie: s3cret', '-d', 'xyz'],
      ...['--dry-run', '--per-host', '4', '-o', folder.at('dry.csv')],
    ];
    const { code, stdout, stderr } = await flurry(argv);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout.replace(folder.path, 'DIR').replaceAll(url, 'URL')).toBe(
      `requests      4,000
template      URL/{a,b}/{n}
                {a,b}  set of 2
                {n}  numbers from 1 to 2000: 2,000
first         POST URL/a/1  with a body of 3 B
              POST URL/a/2  with a body of 3 B
              POST URL/a/3  with a body of 3 B
headers       User-Agent, Accept, Content-Type, Cookie, Authorization
concurrency   auto, 4 per host
records       CSV to DIR/dry.csv
estimate      40.0 s at 100/s, 4.00 s at 1,000/s, 400 ms at 10,000/s
nothing was sent (--dry-run)
`,
    );
    expect(existsSync(folder.at('dry.csv'))).toBe(false);
    expect(target.counts.requests).toBe(before);
  });

  it('reads the beginning of an input', async () => {
    const { stdout } = await flurry(['--dry-run', '-n', '2'], {
      stdin: 'http://h/1\nnonsense\nhttp://h/3\n',
    });
    expect(stdout).toBe(
      `requests      as many as standard input holds
first         GET http://h/1
              no request: line 2: no http:// or https:// URL: nonsense
headers       User-Agent, Accept
concurrency   auto
records       JSON Lines to standard output
nothing was sent (--dry-run)
`,
    );
  });

  it('says why an input cannot be read', async () => {
    const { code, stderr } = await flurry(['--dry-run'], { stdin: '\u001f\ufffd' });
    expect([code, stderr]).toEqual([0, '']);
    const csv = folder.write('nourl.csv', 'a,b\n1,2\n');
    const broken = await flurry(['--dry-run', '-i', csv]);
    expect(broken.code).toBe(2);
    expect(broken.stderr).toMatch(/^flurry: \S+nourl\.csv has no column called url: /);
  });
});

it('reports what nobody expected with exit code 1, and with the stack', () => {
  const { around, stderr } = surroundings();
  expect(report(new RangeError('out of luck at http://u:s3cret@h/'), around)).toBe(1);
  expect(stderr()).toMatch(
    /^flurry: unexpected, a fault of flurry itself: RangeError: out of luck at http:\/\/\*\*\*@h\/\n {4}at /,
  );
});
