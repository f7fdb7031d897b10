// The flags of a curl command to options of flurry: every flag that curl has, and what becomes of it.

import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { readPasted } from '../../src/cli/curl/commands.ts';
import { CURL_FLAGS } from '../../src/cli/curl/flag-table.ts';
import { readFlags } from '../../src/cli/curl/read-flags.ts';
import { type Translated, translate } from '../../src/cli/curl/translate.ts';
import { Exit } from '../../src/cli/exit-codes.ts';
import { RUN_SWITCHES, readRunWords } from '../../src/cli/run-flags.ts';

function translated(text: string): Translated[] {
  return readPasted(text).commands.flatMap(({ words, stdin }) =>
    readFlags(words).map((given) => translate(given, words, stdin)),
  );
}

const one = (text: string) => {
  const all = translated(text);
  expect(all).toHaveLength(1);
  return all[0]!;
};

function problem(text: string): string {
  try {
    translated(text);
  } catch (error) {
    if (error instanceof Exit) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

describe('the table', () => {
  it('names each flag once', () => {
    const names = CURL_FLAGS.flatMap(({ long, short }) => [long, ...(short === undefined ? [] : [short])]);
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  });

  it('has every flag of the curl on this machine, with its letter and its value', () => {
    const { status, stdout } = spawnSync('curl', ['--help', 'all'], { encoding: 'utf8' });
    if (status !== 0) return;
    const rows = new Map(CURL_FLAGS.map((flag) => [flag.long, flag]));
    const listed = [...stdout.matchAll(/^ *(?:(-\S), +)?(--[\w.-]+)((?: [<[]\S[^>]*>?)?)/gm)];
    expect(listed.length).toBeGreaterThan(200);
    for (const [, short, long, value] of listed) {
      const row = rows.get(long!);
      expect({ long, short: row?.short, takesValue: row?.takesValue }).toEqual({
        long,
        short,
        takesValue: value !== '',
      });
    }
  });

  it('gives only words that flurry takes', () => {
    for (const flag of CURL_FLAGS) {
      const { becomes } = flag;
      if (becomes.kind === 'same') {
        const ours = RUN_SWITCHES.find(({ long }) => long === flag.long);
        expect(ours, flag.long).toBeDefined();
        expect(ours!.expects !== undefined, flag.long).toBe(flag.takesValue);
      }
      if (becomes.kind === 'words') expect(() => readRunWords(becomes.make('7'))).not.toThrow();
    }
  });
});

describe('flags', () => {
  it.each<[string, string[]]>([
    ['-sSLk', ['--location', '--insecure']],
    ['-XPOST', ['--request=POST']],
    ['-X POST', ['--request=POST']],
    ["-d'x' -d y", ['--data=x', '--data=y']],
    ['--data-ascii x', ['--data=x']],
    ['--data-binary @f', ['--data-binary=@f']],
    ['--data-urlencode a=b -G', ['--get', '--data-urlencode=a=b']],
    ['-d a --data-raw @b --data-binary c', ['--data=a', '--data-raw=@b', '--data-binary=c']],
    ['-d @f --data-raw x', ['--data=@f', '--data-raw=x']],
    ['-G -d a --data-raw b', ['--get', '--data=a', '--data-raw=b']],
    ["--json '{' --json '}'", ['--json={}']],
    ["-H 'A: b' -H@f", ['--header=A: b', '--header=@f']],
    ["-H 'A: é'", ['--header=A: Ã©']],
    ['-m5 --connect-timeout 2.5', ['--max-time=5', '--connect-timeout=2.5']],
    ['-4 --tlsv1.3', ['--ip=4', '--tls-min=1.3']],
    ['--http2', []],
    ['--http1.1', ['--http-version=1.1']],
    ['--no-alpn', ['--http-version=1.1']],
    ['--http1.1 --http2-prior-knowledge', ['--http-version=1.1', '--http-version=2']],
    ['-r 0-9', ['--header=Range: bytes=0-9']],
    ['-c jar', ['--cookie-jar=jar']],
    ["-b 'a=1;' -b b=2", ['--header=Cookie: a=1; b=2']],
    ["-b a=1 -H 'cookie: x=y'", ['--header=cookie: x=y']],
    ['-b file', ['--cookie=file']],
    ["-b ''", ['--cookies']],
    ["-e 'http://r/;auto'", ['--referer=http://r/']],
    ['--socks5-hostname h:1', ['--proxy=socks5h://h:1']],
    ['--max-redirs -1', ['--max-redirs=1000']],
    ['--no-location --no-buffer --buffer', ['--location=false']],
    ['-u me:pw --digest', ['--user=me:pw', '--digest']],
    ['-F a=@b --form-string c=d', ['--form=a=@b', '--form-string=c=d']],
  ])('%s', (flags, words) => {
    expect(one(`curl ${flags} h`)).toMatchObject({ urls: ['h'], words, body: undefined });
  });

  it('takes URLs wherever they stand, and everything behind -- for one', () => {
    expect(one('curl a --url b -k c -- -d').urls).toEqual(['a', 'b', 'c', '-d']);
  });

  it('begins another request with --next', () => {
    expect(
      translated('curl a -X PUT --next b -: c -d x').map(({ urls, words }) => [...urls, ...words]),
    ).toEqual([['a', '--request=PUT'], ['b'], ['c', '--data=x']]);
  });

  it('takes a body of octets, out of a word or a pipe', () => {
    expect([...one("curl h -d $'\\xff\\n'").body!]).toEqual([0xff, 0x0a]);
    expect([...one("printf 'a\\n\\000'| curl h --data-binary @-".replace('\\n', '\\012')).body!]).toEqual([
      97, 10, 0,
    ]);
    expect([...one("printf 'a\\012\\000' | curl h -d @- -H 'Content-Type: x/y'").body!]).toEqual([97]);
    expect(one("printf 'a' | curl h -d @- -H 'Content-Type: x/y'").words).toEqual([
      '--header=Content-Type: x/y',
    ]);
  });

  it('leaves framing to flurry, and says what it left out', () => {
    const { words, notes } = one(
      "curl h -s -o x -w '%{http_code}' --http2 --http3 -H 'content-length: 3' -H ':authority: h' -H 'A: b'",
    );
    expect(words).toEqual(['--header=A: b']);
    expect(notes).toEqual([
      '-o (records go where -o of flurry says)',
      '-w (status, sizes and times stand in the records)',
      '--http3 (flurry speaks HTTP/2 and HTTP/1.1)',
      'content-length (it follows from the body)',
      'pseudo header fields (they follow from method and URL)',
    ]);
  });

  it.each([
    [
      'curl h --bogus',
      'curl has no flag --bogus; options of flurry go behind the command',
      '  curl … --bogus',
    ],
    ['curl h --inscure', 'curl has no flag --inscure; did you mean --insecure?', '  curl … --inscure'],
    ['curl --max-time=5 h', 'as the next word, not behind =', '  curl … …'],
    ['curl -sJ% h', 'curl has no flag -%', '  curl -s… …'],
    ['curl h -K x', "-K cannot be taken over: flurry does not read curl's config files", '  curl … -K …'],
    ['curl h --ntlm', '--ntlm cannot be taken over', '  curl … --ntlm'],
    ['curl h -H', '-H needs a value behind it', '  curl … -H'],
    ['curl -k', 'this curl command has no URL', '  curl -k'],
    ['curl h -b a -b b', 'one file of cookies', '  curl … -b … -b …'],
    ["curl h -X $'\\xff'", 'the value of -X is no UTF-8 text', '  curl … -X …'],
    ["curl h -d @f -d $'\\xff'", '-d cannot be put together', '  curl … -d …'],
    ['printf x | curl h -d x --json y', '--json cannot be put', '  curl … -d … --json …'],
    ['curl h -u @s3cret', 'has to stand in a file', '  curl … -u …'],
    ['curl -', 'a lone - means nothing', '  curl …'],
  ])('%s is refused, under the exact spot', (text, message, line) => {
    const lines = problem(text).split('\n');
    expect(lines[0]).toContain(message);
    expect(lines[1]).toBe(line);
    expect(lines[2]).toMatch(/^ +\^$/);
  });

  it('repeats nothing of a command but the names of flags', () => {
    const message = problem("curl https://u:s3cret@h -H 'Cookie: s3cret' -us3cret -d s3cret --bogus");
    expect(message).not.toContain('s3cret');
    expect(message).toContain('curl … -H … -u… -d … --bogus');
  });
});
