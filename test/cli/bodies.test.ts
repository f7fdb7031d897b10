// -d and its like, -F, -T, -G, -I and -e: which octets, fields and URLs come of them. What is expected is what curl 7.88
// sends for the same words.

import { describe, expect, it } from 'vitest';
import { readWords } from '../../src/cli/arguments.ts';
import { report } from '../../src/cli/report.ts';
import { withRequestOptions, withTargets } from '../../src/cli/request-options.ts';
import { RUN_SWITCHES, readRunWords } from '../../src/cli/run-flags.ts';
import { requestsFor } from '../../src/cli/sources.ts';
import { openSource } from '../../src/engine/source-of.ts';
import { resolveOptions, type Settings } from '../../src/model/options.ts';
import type { Request } from '../../src/model/request.ts';
import { octets } from '../bodies/collected.ts';
import { temporaryFolder } from './folder.ts';
import { surroundings } from './in-process.ts';

const folder = temporaryFolder();

/** The settings that come of the words, and the requests. */
async function made(
  argv: readonly string[],
  stdin = '',
): Promise<{ settings: Settings; requests: Request[] }> {
  const { around } = surroundings({ stdin });
  const words = readRunWords(argv);
  const urls = words.urls.length === 0 ? ['http://h/a'] : words.urls;
  const order = readWords(argv, RUN_SWITCHES, 'run').given.map(({ option }) => option.name);
  const given = { order, openStdin: () => around.stdin };
  const readStdin = () => Promise.resolve(Buffer.from(stdin));
  const settings = await withRequestOptions(resolveOptions(words.flags, 'cli'), readStdin, given);
  const source = openSource(withTargets(requestsFor(urls, settings, around), settings).definition, settings);
  const requests: Request[] = [];
  for (let pulled = source.pull(); pulled.type === 'request'; pulled = source.pull()) requests.push(pulled);
  return { settings, requests };
}

async function sent(argv: readonly string[], stdin?: string) {
  const [request] = (await made(argv, stdin)).requests;
  const { method, target, headers, body, stream } = request!;
  const bytes = stream === undefined ? Buffer.from(body ?? []) : await octets(stream);
  return {
    method,
    target,
    type: headers.get('content-type'),
    headers,
    body: bytes.toString('latin1'),
    bytes,
  };
}

/** Without the random boundary. */
async function form(argv: readonly string[], stdin?: string): Promise<string> {
  const { method, type, body } = await sent(argv, stdin);
  expect(method).toBe('POST');
  const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(type!)![1]!;
  return body.replaceAll(boundary, 'B');
}

/** One part as `form` shows it. */
function part(disposition: string, type: string | undefined, content: string): string {
  const fields = type === undefined ? '' : `Content-Type: ${type}\r\n`;
  return `--B\r\nContent-Disposition: form-data; ${disposition}\r\n${fields}\r\n${content}\r\n`;
}

/** What is said, where it is refused. */
async function refused(argv: readonly string[]): Promise<string> {
  const caught = surroundings();
  const code = await made(argv).then(
    () => 0,
    (error: unknown) => report(error, caught.around),
  );
  expect(code).toBe(2);
  return caught.stderr().trimEnd();
}

describe('data', () => {
  const file = folder.write('data.txt', 'a b\r\n&ü\n');

  it('are joined by & in the order in which they were typed', async () => {
    const words = [
      '-d',
      '1',
      '--data-urlencode',
      'n=2 2',
      '-d',
      '3',
      '--data-binary',
      '4',
      '--data-raw',
      '5',
      '-d',
      '6',
    ];
    const { method, type, body } = await sent(words);
    expect({ method, type, body }).toEqual({
      method: 'POST',
      type: 'application/x-www-form-urlencoded',
      body: '1&n=2+2&3&4&5&6',
    });
  });

  it.each([
    [['--data-raw', '@x'], '@x'],
    [['--data-binary', `@${file}`], 'a b\r\n&ü\n'],
    [['--data-binary', `@${file}`, '-d', 'x'], 'a b\r\n&ü\n&x'],
    [['--data-binary', '@-'], 'from\nstdin\n'],
    [['-d', '@-'], 'fromstdin'],
    [['--data-urlencode', 'a b~!*é'], 'a+b~%21%2A%C3%A9'],
    [['--data-urlencode', '=a=b@c'], 'a%3Db%40c'],
    [['--data-urlencode', 'n%20=a&b'], 'n%20=a%26b'],
    [['--data-urlencode', `@${file}`], 'a+b%0D%0A%26%C3%BC%0A'],
    [['--data-urlencode', `n@${file}`], 'n=a+b%0D%0A%26%C3%BC%0A'],
    [['--data-urlencode', 'n@-'], 'n=from%0Astdin%0A'],
    [['--data-urlencode', ''], ''],
  ])('%j', async (argv, expected) => {
    expect((await sent(argv, 'from\nstdin\n')).bytes.toString()).toBe(expected);
  });

  it('agree with URLSearchParams about what is encoded', async () => {
    const every = String.fromCharCode(...Array.from({ length: 0x7f }, (_, i) => i + 1));
    const { body } = await sent(['--data-urlencode', `n=${every}`]);
    expect(new URLSearchParams(body).get('n')).toBe(every);
  });

  it('of a large file are read while they are sent, a small one is held', async () => {
    const small = folder.write('small.bin', new Uint8Array(1024 * 1024));
    const large = folder.write('large.bin', new Uint8Array(1024 * 1024 + 1).fill(7));
    for (const flag of ['--data-binary', '-T', '-F']) {
      const sign = flag === '-T' ? '' : flag === '-F' ? 'f=@' : '@';
      const [held] = (await made([flag, sign + small])).requests;
      expect(held!.stream).toBeUndefined();
      expect(held!.body!.length).toBeGreaterThanOrEqual(1024 * 1024);
      const [streamed] = (await made([flag, sign + large])).requests;
      expect(streamed!.body).toBeUndefined();
      expect(streamed!.stream!.replayable).toBe(true);
      expect((await octets(streamed!.stream!)).length).toBe(streamed!.stream!.length);
    }
  });
});

describe('--form', () => {
  const page = folder.write('page.html', '<b>');
  const odd = folder.write('a;b,"c.bin', 'odd');
  const plain = folder.write('plain', 'text\n');

  it('keeps the order of -F and --form-string', async () => {
    expect(await form(['-F', 'a=1', '--form-string', 'b=@x;type=y', '-F', 'c=3'])).toBe(
      `${part('name="a"', undefined, '1')}${part('name="b"', undefined, '@x;type=y')}${part('name="c"', undefined, '3')}--B--\r\n`,
    );
  });

  it.each<[string, string]>([
    ['a= 1 ', part('name="a"', undefined, '1')],
    ['a=" 1; "', part('name="a"', undefined, ' 1; ')],
    ['a="x\\"y\\\\z\\n"', part('name="a"', undefined, 'x"y\\z\\n')],
    ['a="never closed', part('name="a"', undefined, '"never closed')],
    ['a=1;type=text/x-a', part('name="a"', 'text/x-a', '1')],
    ['a=1;type=text/x-a;charset=utf-8', part('name="a"', 'text/x-a;charset=utf-8', '1')],
    ['a=1;filename=x.png', part('name="a"; filename="x.png"', 'image/png', '1')],
    ['a=1;filename="x;y.z";type=a/b', part('name="a"; filename="x;y.z"', 'a/b', '1')],
    ['a=1;filename=x', part('name="a"; filename="x"', undefined, '1')],
    ['a=1;type=a/b; c="d"; e=f;filename=q', part('name="a"; filename="q"', 'a/b; c="d"; e=f', '1')],
    ['a=', part('name="a"', undefined, '')],
    ['a=1;', part('name="a"', undefined, '1')],
    ['q"n=1', part('name="q%22n"', undefined, '1')],
    [`f=@${page}`, part('name="f"; filename="page.html"', 'text/html', '<b>')],
    [`f=@${plain}`, part('name="f"; filename="plain"', 'application/octet-stream', 'text\n')],
    [`f=@${page};type=a/b;filename=n.pdf`, part('name="f"; filename="n.pdf"', 'a/b', '<b>')],
    [`f=@${plain};filename=n.pdf`, part('name="f"; filename="n.pdf"', 'application/pdf', 'text\n')],
    [`f=<${plain}`, part('name="f"', undefined, 'text\n')],
    [`f=<${plain};type=text/x-a`, part('name="f"', 'text/x-a', 'text\n')],
    [
      `f=@"${odd.replace('"', '\\"')}"`,
      part('name="f"; filename="a;b,%22c.bin"', 'application/octet-stream', 'odd'),
    ],
    [`f=@${page};filename=n`, part('name="f"; filename="n"', 'text/html', '<b>')],
    ['f=@-', part('name="f"; filename="-"', undefined, 'piped')],
    ['f=<-', part('name="f"', undefined, 'piped')],
  ])('%s', async (field, expected) => {
    expect(await form(['-F', field], 'piped')).toBe(`${expected}--B--\r\n`);
  });

  it('sends the same with each request, and gives its boundary to another Content-Type', async () => {
    const { requests } = await made(['http://h/[1-2]', '-F', 'a=1']);
    expect(requests[0]!.body).toBe(requests[1]!.body);
    expect(requests[0]!.headers).toBe(requests[1]!.headers);
    const typed = await sent(['-F', 'a=1', '-H', 'Content-Type: multipart/related']);
    expect(typed.type).toMatch(/^multipart\/related; boundary=----flurry/);
    expect(typed.body).toContain(/boundary=(.*)/.exec(typed.type!)![1]!);
    const bounded = 'multipart/related; boundary=mine';
    expect((await sent(['-F', 'a=1', '-H', `Content-Type: ${bounded}`])).type).toBe(bounded);
  });

  it.each([
    ['s3cret', "--form takes name=content, such as 'comment=hello' or 'photo=@photo.png'"],
    ['=s3cret', "--form takes name=content, such as 'comment=hello' or 'photo=@photo.png'"],
    [
      'a=s3cret;b',
      `behind the content of -F a only ;type= and ;filename= can stand; put quotes around a content or name with ; or , such as 'name="a;b"'`,
    ],
    [
      'a=1;encoder=base64',
      `behind the content of -F a only ;type= and ;filename= can stand; put quotes around a content or name with ; or , such as 'name="a;b"'`,
    ],
    ['a=1;type=text', 'the ;type= of -F a is no media type, such as text/plain'],
    [
      'a=@x,y',
      `-F a=@ takes one file; give -F once for each, or put quotes around a content or name with ; or , such as 'name="a;b"'`,
    ],
    ['a=<x;filename=y', '-F a=< takes the text of a file and no ;filename=; to attach the file write a=@'],
    ['a="x"y', 'behind closing quotes in -F only ; can stand; a quote within them is written \\"'],
    ['a=@nofile', 'cannot read nofile of --form: there is no such file'],
    ['a=@/', 'cannot read / of --form: it is a folder'],
  ])('refuses %s', async (field, message) => {
    expect(await refused(['-F', field])).toBe(`flurry: ${message}`);
  });
});

describe('--upload-file', () => {
  const file = folder.write('näme 1.txt', 'up');

  it('sends a file as it is, by PUT, without a type', async () => {
    const { method, target, type, body } = await sent(['-T', file]);
    expect({ method, target, type, body }).toEqual({
      method: 'PUT',
      target: '/a',
      type: undefined,
      body: 'up',
    });
    expect((await sent(['-T', file, '-X', 'PATCH'])).method).toBe('PATCH');
  });

  it('puts its name behind every URL that ends in a slash', async () => {
    const { requests } = await made([
      '-T',
      file,
      'http://h/[1-2]/',
      'http://h',
      'http://h/x',
      'http://h/d/?q=/',
    ]);
    expect(requests.map(({ target }) => target)).toEqual([
      '/1/n%C3%A4me%201.txt',
      '/2/n%C3%A4me%201.txt',
      '/n%C3%A4me%201.txt',
      '/x',
      '/d/n%C3%A4me%201.txt?q=/',
    ]);
  });

  it('sends standard input as it comes, for one request', async () => {
    const { requests } = await made(['-T', '-', 'http://h/d/'], 'piped');
    expect(requests[0]).toMatchObject({ method: 'PUT', target: '/d/', body: undefined });
    expect(requests[0]!.stream).toMatchObject({ length: undefined, replayable: false });
    expect((await octets(requests[0]!.stream!)).toString()).toBe('piped');
    expect(await refused(['-T', '-', 'http://h/[1-2]'])).toMatch(
      /the body can be read only once, so it goes with one request alone; for more of them give a file/,
    );
    expect((await made(['-T', '-', '-n', '1', 'http://h/[1-2]'])).requests).toHaveLength(1);
  });

  it('names a file that is not there', async () => {
    expect(await refused(['-T', 'nofile'])).toBe(
      'flurry: cannot read nofile of --upload-file: there is no such file',
    );
  });
});

describe('--get', () => {
  it('puts the data into the query of every URL, whatever stands in it', async () => {
    const { requests } = await made([
      ...['-G', '-d', 'a={1,2}', '--data-urlencode', 'b=c d', '--data-raw', '[#] ü%20'],
      ...['http://h/[1-2]', 'http://h/x?y', 'http://h/x?y&', 'http://h', 'http://u:p@h/?#f'],
    ]);
    const query = 'a=%7B1,2%7D&b=c+d&[%23]%20%C3%BC%20';
    expect(requests.map(({ target }) => target)).toEqual([
      `/1?${query}`,
      `/2?${query}`,
      `/x?y&${query}`,
      `/x?y&${query}`,
      `/?${query}`,
      `/?${query}`,
    ]);
    for (const { method, body, headers } of requests) {
      expect({ method, body }).toEqual({ method: 'GET', body: undefined });
      expect(headers.has('content-type')).toBe(false);
    }
    expect(requests.at(-1)!.headers.get('authorization')).toBe('Basic dTpw');
  });

  it('gives way to -X, and stands beside -I', async () => {
    expect(await sent(['-G', '-d', 'a', '-X', 'DELETE'])).toMatchObject({
      method: 'DELETE',
      target: '/a?a',
      body: '',
    });
    expect(await sent(['-G', '-d', 'a', '-I'])).toMatchObject({ method: 'HEAD', target: '/a?a', body: '' });
    expect(await sent(['-G'])).toMatchObject({ method: 'GET', target: '/a', body: '' });
  });
});

describe('--head and --referer', () => {
  it('set the method and the field, unless another is given', async () => {
    expect((await sent(['-I'])).method).toBe('HEAD');
    expect((await sent(['-I', '-X', 'GET'])).method).toBe('GET');
    expect((await sent(['-e', 'http://from/'])).headers.get('referer')).toBe('http://from/');
    expect((await sent(['-e', 'x', '-H', 'Referer: y'])).headers.get('referer')).toBe('y');
    expect((await sent(['-e', 'x', '-H', 'Referer:'])).headers.has('referer')).toBe(false);
    expect(await refused(['-e', 'http://from/;auto'])).toMatch(
      /^flurry: --referer takes a URL; that of the page/,
    );
  });
});

describe('what does not go together', () => {
  it.each([
    [['-d', 'x', '--json', 'y'], 'give either --data or --json, not both'],
    [['-F', 'a=b', '-d', 'x'], 'give either --data or --form, not both'],
    [
      ['--form-string', 'a=b', '--data-urlencode', 'x'],
      'give either --data-urlencode or --form-string, not both',
    ],
    [['-T', 'x', '-d', 'x'], 'give either --data or --upload-file, not both'],
    [['-T', 'x', '-F', 'a=b'], 'give either --form or --upload-file, not both'],
    [
      ['-G', '-F', 'a=b'],
      '--get puts --data into the URL, and --form cannot go there; leave one of them out',
    ],
    [
      ['-G', '--json', '1'],
      '--get puts --data into the URL, and --json cannot go there; leave one of them out',
    ],
    [
      ['-I', '-d', 'x'],
      '--head asks for a head and sends no --data; to send it all the same give -X HEAD in its place',
    ],
    [
      ['-I', '-T', 'x'],
      '--head asks for a head and sends no --upload-file; to send it all the same give -X HEAD in its place',
    ],
  ])('%j', async (argv, message) => {
    expect(await refused(argv)).toBe(`flurry: ${message}`);
  });
});
