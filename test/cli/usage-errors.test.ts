// Whatever is typed wrongly: one clear message that says what to type next, exit code 2, and nothing sent or written.

import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTarget, type Target } from '../../src/target/index.ts';
import { temporaryFolder } from './folder.ts';
import { flurry } from './in-process.ts';

const folder = temporaryFolder();
const out = folder.at('out.jsonl');
let target: Target;
let url = '';

beforeAll(async () => {
  target = await startTarget();
  url = `${target.url}/todos/1`;
});

afterAll(() => target.close());

/** Runs with a URL and an output, so that the mistake alone can be the reason for not sending. */
async function mistaken(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await flurry([...argv, url, '-o', out]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(existsSync(out)).toBe(false);
  expect(target.counts.requests).toBe(0);
  return stderr;
}

describe('options', () => {
  it.each([
    [['--concurency', '5'], 'unknown option --concurency; did you mean --concurrency?'],
    [['--no-such-thing=s3cret'], 'unknown option --no-such-thing; flurry run --help shows what there is'],
    [['-Z'], 'unknown option -Z; flurry run --help shows what there is'],
    [['-qZ'], 'unknown option -Z; flurry run --help shows what there is'],
    [['-output', 'x'], 'unknown option -output; did you mean --output?'],
    [['-c', 'many'], '--concurrency takes auto or a whole number from 1 to 65,535, not "many"'],
    [['-c', '0'], '--concurrency takes auto or a whole number from 1 to 65,535, not 0'],
    [['-n', '-1'], '--first takes a whole number from 0 to 9,007,199,254,740,991, not "-1"'],
    [['-m', 'soon'], '--max-time takes a duration from 1ms to 168h, such as 500ms, 10s or 2m, not "soon"'],
    [
      ['--max-filesize', '1x'],
      '--max-filesize takes a size from 0 to 2147483647, such as 64k, 10M or 1G, not "1x"',
    ],
    [['--body', 'txt'], '--body takes one of auto, text, json, base64, none, files, not "txt"'],
    [['--quiet=perhaps'], '--quiet takes true or false, not "perhaps"'],
    [['-o', '-q'], '-o takes <file>, not the option -q; if you mean it: --output=-q'],
    [['-d', 'x', '--json', 'y'], 'give either --data or --json, not both'],
  ])('%j', async (argv, message) => {
    expect(await mistaken(...argv)).toBe(`flurry: ${message}\n`);
  });

  it('tells what is missing behind the last word', async () => {
    expect(await flurry([url, '-o'])).toEqual({
      code: 2,
      stdout: '',
      stderr: 'flurry: -o needs <file> behind it\n',
    });
    expect((await flurry([url, '-c'])).stderr).toBe(
      'flurry: -c needs auto or a whole number from 1 to 65,535 behind it\n',
    );
  });

  it('takes a value that looks like an option when it is written in one word', async () => {
    const { stdout } = await flurry([url, '--output=-q', '--print-config']);
    expect(stdout).toMatch(/^output +--output +\["-q"\] +--output$/m);
  });
});

describe('conditions of --fail-if', () => {
  it('speak of the flag, not of the option', async () => {
    expect(await mistaken('--fail-if', 'p95')).toBe(
      "flurry: --fail-if takes a metric, an operator (>, >=, <, <=, == and !=) and a number, such as 'p95>500ms', 'failures>1%', 'status_5xx>0' or 'rps<1000', not \"p95\"\n",
    );
    expect(await mistaken('--fail-if', 'failure>1')).toMatch(
      /^flurry: --fail-if: there is no metric failure in "failure>1"; did you mean failures\? There are /,
    );
  });
});

describe('request options', () => {
  const HEADER_ADVICE = "write -H 'Name: value', -H 'Name:' to remove one, -H 'Name;' for an empty one";
  it.each([
    [['-X', 'G ET'], 'invalid method "G ET"'],
    [['-X', 'CONNECT'], 'CONNECT cannot be sent as a request'],
    [['-A', 'a\nb'], 'header User-Agent holds a character that cannot be sent'],
    [['-H', 'Authorization'], `the -H is no header field; ${HEADER_ADVICE}`],
    [['-H', 'A: b', '-H', 'Bearer s3cret'], `-H number 2 is no header field; ${HEADER_ADVICE}`],
    [['-H', 'Content-Length: 3'], 'header Content-Length is set by flurry from the body; leave it out'],
    [['-H', 'X: a\nb'], 'header X holds a character that cannot be sent'],
    [['-H', 'a b: c'], 'invalid header name "a b"'],
  ])('%j', async (argv, message) => {
    expect(await mistaken(...argv)).toBe(`flurry: ${message}\n`);
  });

  it('names the line of a file of header fields', async () => {
    const file = folder.write('headers.txt', 'A: b\n\nBearer s3cret\n');
    expect(await mistaken('-H', `@${file}`)).toBe(
      `flurry: ${file} line 3 is no header field; ${HEADER_ADVICE}\n`,
    );
  });

  it('wants standard input for one thing only', async () => {
    const expected =
      'flurry: standard input is the list of URLs and cannot be the body (@-) too; give one as a file\n';
    expect((await flurry(['-d', '@-'], { stdin: url })).stderr).toBe(expected);
    expect((await flurry(['-d', '@-', '-i', '-'], { stdin: url })).stderr).toBe(expected);
  });
});

describe('files that cannot be read', () => {
  it.each([
    [['-i', 'nofile'], 'there is no file nofile; check its path, or give - to read standard input'],
    [
      ['-i', 'nofile.csv', 'http://h/{id}'],
      'there is no file nofile.csv; check its path, or give - to read standard input',
    ],
    [
      ['-d', '@nofile', 'http://h/'],
      'cannot read nofile of --data: there is no such file; a body that starts with @ itself goes into a file',
    ],
    [
      ['--json', '@nofile', 'http://h/'],
      'cannot read nofile of --json: there is no such file; a body that starts with @ itself goes into a file',
    ],
    [['-H', '@nofile', 'http://h/'], 'cannot read nofile of -H: there is no such file'],
    [['--cacert', 'nofile', 'http://h/'], 'cannot read nofile of --cacert: there is no such file'],
    [['--cacert', '/', 'http://h/'], 'cannot read / of --cacert: it is a folder'],
    [['--config', 'nofile', 'http://h/'], 'cannot read the config file nofile: there is no such file'],
    [
      ['--config', '/dev/null/x', 'http://h/'],
      'cannot read the config file /dev/null/x: a part of its path is a file',
    ],
  ])('%j', async (argv, message) => {
    expect(await flurry(argv)).toEqual({ code: 2, stdout: '', stderr: `flurry: ${message}\n` });
  });

  it('refuses what is no certificate', async () => {
    const der = folder.write('ca.der', new Uint8Array([0x30, 0x82]));
    expect(await mistaken('--cacert', der)).toBe(
      `flurry: ${der} of --cacert holds no certificate in PEM; a DER file becomes one with: openssl x509 -inform der\n`,
    );
    const bad = folder.write('bad.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n');
    expect(await mistaken('--cacert', bad)).toBe(
      `flurry: ${bad} of --cacert cannot be read: certificate 1 in it is damaged\n`,
    );
  });
});

describe('requests', () => {
  it.each([
    [
      ['http://h/[5-'],
      'unmatched bracket: this [ is never closed; type \\[ for the character itself, or --globoff to take the whole URL as it is\n  http://h/[5-\n           ^',
    ],
    [
      ['http://u:s3cret@h/[5-'],
      'unmatched bracket: this [ is never closed; type \\[ for the character itself, or --globoff to take the whole URL as it is\n  http://***@h/[5-\n               ^',
    ],
    [
      ['http://h/{x}', '--var', 'x'],
      'a variable needs its values: name=1-100, name=red,green or name=@words.txt\n  x\n  ^',
    ],
    [
      ['http://h/{x}', '--var', 'x=@nofile'],
      'cannot read nofile: there is no such file\n  x=@nofile\n     ^',
    ],
    [
      ['http://h/{x}', '--var', 'x=[5'],
      'unmatched bracket: this [ is never closed; type \\[ for the character itself\n  x=[5\n    ^',
    ],
    [
      ['http://h/', '--var', 'x=1'],
      'variable x is used nowhere; write {x} in the URL where its values go\n  x=1\n  ^',
    ],
    [['-q', 'serve'], 'the command serve stands first: flurry serve [options]'],
    [
      ['-i', 'urls.txt', '--var', 'x=1'],
      'variable x is used nowhere: --var is for URLs that are given without -i',
    ],
    [[''], 'a URL is empty; in a script, perhaps its variable is not set'],
    [['htp://h/'], 'only http and https can be sent, not htp: htp://h'],
    [['http://u:s3cret@h:99999/'], 'no valid URL: http://h:99999'],
    [['http://h/', 'http://a b/'], 'no valid host in URL: http://a b'],
    [['-'], 'to read URLs from standard input give -i - in place of -'],
    [['sevre'], 'there is no command sevre; did you mean serve? (a host of that name is http://sevre/)'],
    [
      ['replay'],
      'there is no command replay, only run, resume, retry, report, curl, tune, serve, doctor, completion, help (a host of that name is http://replay/)',
    ],
    [
      ['-i', 'a.txt', 'http://x/', 'http://y/'],
      "beside -i at most one URL can be given, the template of a CSV's rows; here are 2",
    ],
    [
      ['-i', 'a.txt', 'http://x/'],
      "a URL beside -i is the template of a CSV's rows; if a.txt is CSV, add --input-format csv",
    ],
    [
      [],
      "give a URL, such as flurry 'http://localhost:8080/todos/[1-10]', or a list of them with -i FILE; see flurry --help",
    ],
  ])('%j', async (argv, message) => {
    expect(await flurry(argv)).toEqual({ code: 2, stdout: '', stderr: `flurry: ${message}\n` });
  });
});

describe('files in each other’s way', () => {
  it('keeps an input that would be emptied by the output', async () => {
    const list = folder.write('urls.txt', `${url}\n`);
    const { code, stderr } = await flurry(['-i', list, '-o', `${folder.path}/./urls.txt`]);
    expect(code).toBe(2);
    expect(stderr).toBe(
      `flurry: -i and -o are the same file, ${folder.path}/./urls.txt; name another one with -o\n`,
    );
    expect(readFileSync(list, 'utf8')).toBe(`${url}\n`);
  });

  it('keeps records and summary apart, also before there is a file', async () => {
    const { code, stderr } = await flurry([url, '-o', folder.at('x'), '--summary', folder.at('./x')]);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `flurry: -o and --summary are the same file, ${folder.at('x')}; name another one with --summary\n`,
    });
  });

  it('lets a device be several things at once', async () => {
    expect((await flurry([url, '-q', '-o', '/dev/null', '--summary', '/dev/null'])).code).toBe(0);
  });
});

describe('other commands', () => {
  it.each([
    [['serve', '--port', 'x'], '--port takes a whole number from 0 to 65535, not "x"'],
    [['serve', '--max-connections', '0'], '--max-connections takes a whole number from 1 to 65535, not "0"'],
    [['serve', '--prt', '5'], 'unknown option --prt; did you mean --port?'],
    [['serve', '--port'], '--port needs a port from 0 to 65,535 behind it'],
    [['serve', '9000'], 'serve takes options only, not 9000; see flurry serve --help'],
    [['completion'], 'completion takes one shell: flurry completion bash, zsh or fish'],
    [['completion', 'tcsh'], 'there is completion for bash, zsh and fish, not for "tcsh"'],
    [['help', 'replay'], 'there is no command replay to help with; flurry help shows what there is'],
  ])('%j', async (argv, message) => {
    expect(await flurry(argv)).toEqual({ code: 2, stdout: '', stderr: `flurry: ${message}\n` });
  });

  it('says who has the port', async () => {
    expect(await flurry(['serve', '--port', String(target.port)])).toEqual({
      code: 2,
      stdout: '',
      stderr: `flurry: cannot listen on 127.0.0.1 port ${target.port}: it is in use; take another port, or 0 for a free one\n`,
    });
  });
});
