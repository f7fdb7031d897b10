// A pasted text to words, as bash and cmd.exe read it.

import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readPasted } from '../../src/cli/curl/commands.ts';
import { formatOf, readFormat } from '../../src/cli/curl/printf.ts';
import { quoted, quotedOctets } from '../../src/cli/curl/quoting.ts';
import { octetsOf } from '../../src/cli/curl/word.ts';
import { Exit } from '../../src/cli/exit-codes.ts';

const wordsOf = (text: string) =>
  readPasted(text).commands.map(({ words }) => words.slice(1).map((word) => word.text));

function problem(text: string): string {
  try {
    readPasted(text);
  } catch (error) {
    if (error instanceof Exit) return error.message;
    throw error;
  }
  throw new Error('it was taken');
}

/** What bash itself gives to a program; undefined where this machine has none. */
function bash(command: string): string[] | undefined {
  const script = `curl() { printf '%s\\0' "$@"; }; ${command}`;
  const env = { PATH: process.env['PATH'], LC_ALL: 'C.UTF-8' };
  const { status, stdout } = spawnSync('bash', ['--norc', '-c', script], { encoding: 'latin1', env });
  return status === 0 ? stdout.split('\0').slice(0, -1) : undefined;
}

describe('words as in bash', () => {
  it.each<[string, string[]]>([
    ['curl a  b\tc', ['a', 'b', 'c']],
    ['curl \'a b\' "c d" e\\ f', ['a b', 'c d', 'e f']],
    ['curl \'a\'b"c"\\d', ['abcd']],
    ['curl \'\' ""', ['', '']],
    ['curl "\\"\\\\\\a\\$"', ['"\\\\a$']],
    ["curl 'it'\\''s'", ["it's"]],
    ["curl $'a\\n\\t\\'\\x41\\101\\u00e9\\U0001F600\\e\\cA\\q'", ["a\n\t'AAé😀\x1b\x01\\q"]],
    ["curl $'\\u0021'", ['!']],
    ["curl $'\\303\\251'", ['é']],
    ['curl a \\\n  -H b', ['a', '-H', 'b']],
    ['curl "a\\\nb"', ['ab']],
    ["curl 'a\nb'", ['a\nb']],
    ['curl a#b #c', ['a#b']],
    ['curl https://h/?a=b*c[1-3]{x,y}', ['https://h/?a=b*c[1-3]{x,y}']],
    ['curl $ "a$" a$', ['$', 'a$', 'a$']],
    ['curl a~b', ['a~b']],
    ['curl "`\'"'.replace('`', '!'), ["!'"]],
    ['curl $"a b"', ['a b']],
  ])('%j', (text, words) => {
    expect(wordsOf(text)).toEqual([words]);
    const inBash = /[*{]/.test(text) ? undefined : bash(text);
    if (inBash !== undefined)
      expect(inBash.map((word) => Buffer.from(word, 'latin1').toString('utf8'))).toEqual(words);
  });

  it('takes line ends of Windows behind a backslash, and a prompt in front', () => {
    expect(wordsOf("$ curl a \\\r\n -H 'b'\r\n")).toEqual([['a', '-H', 'b']]);
  });

  it('puts halves of a surrogate pair together', () => {
    expect(wordsOf("curl $'\\ud83d\\ude00'")).toEqual([['😀']]);
  });

  it('keeps octets that are no text', () => {
    const [command] = readPasted("curl $'\\xff\\x00fe'".replace('\\x00', '\\x01')).commands;
    expect([...octetsOf(command!.words[1]!)]).toEqual([0xff, 1, 0x66, 0x65]);
  });

  it.each([
    ['curl $TOKEN', '$TOKEN is not expanded here', '  curl $TOKEN …', '       ^'],
    ['curl "a${B}"', '${B} is not expanded', '  curl ${B} …', '       ^'],
    ['curl -H \'A: secret\' "$(cat x)"', '$( is not expanded', '  curl -H … $( …', '            ^'],
    ['curl `date`', '` is not expanded', '  curl ` …', '       ^'],
    ["curl 'https://h/", "this ' is never closed", "  curl ' …", '       ^'],
    ['curl "secret', 'this " is never closed', '  curl " …', '       ^'],
    ["curl $'secret", "this $' is never closed", "  curl $' …", '       ^'],
    ["curl $'a\\0b'", 'no word of a command can hold NUL', '  curl \\0', '       ^'],
    ['curl ~/x', '~ is not expanded', '  curl ~', '       ^'],
    ['curl ‘https://h/’', '‘ is a typographic quote', '  curl ‘', '       ^'],
    ['curl a < b', 'flurry does not read with <', '  curl … <', '         ^'],
    ['curl a || b', "|| is the shell's own", '  curl … ||', '         ^'],
    ['(curl a)', "( is the shell's own", '  (', '  ^'],
    ['wget a', 'this is no curl command', '  … …', '  ^'],
    ['curl a\n-H b', 'does the line before it end with a backslash?', '  -H …', '  ^'],
    ['curl http://h/?a=1&b=2', 'put the URL in quotes', '  …', '  ^'],
    ['curl a >', 'nothing stands behind >', '  curl … >', '         ^'],
  ])('%j is refused, under the exact spot', (text, message, line, caret) => {
    const lines = problem(text).split('\n');
    expect(lines[0]).toContain(message);
    expect(lines.slice(1)).toEqual([line, caret]);
    expect(problem(text)).not.toContain('secret');
  });

  it('shows of a long command what stands before the spot', () => {
    const lines = problem(`curl ${"-H 'a' ".repeat(100)}$X`).split('\n');
    expect(lines[1]!.length).toBeLessThan(100);
    expect(lines[1]).toMatch(/^ {2}… -H … .*-H … \$X …$/);
    expect(lines[1]![lines[2]!.length - 1]).toBe('$');
  });

  it('gives back every word that was quoted for it', () => {
    const octets = fc.uint8Array().map((bytes) => Buffer.from(bytes).toString('utf8').replaceAll('\0', '😀'));
    const text = fc.oneof(fc.string(), octets);
    fc.assert(
      fc.property(fc.array(text), (words) => {
        expect(wordsOf(`curl ${words.map(quoted).join(' ')}`)).toEqual([words]);
      }),
    );
  });

  it('gives back all octets, and printf takes them too', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        expect(readFormat(Buffer.from(formatOf(bytes)))).toEqual(Buffer.from(bytes));
        const octets = Buffer.from(bytes.filter((octet) => octet !== 0));
        const [command] = readPasted(`curl ${quotedOctets(octets.toString('latin1'))}`).commands;
        expect(octetsOf(command!.words[1]!).equals(octets)).toBe(true);
      }),
    );
  });

  it('quotes as bash reads it', () => {
    const words = [
      "it's",
      'a b',
      '$x `y` "z" \\',
      'é',
      'a\nb\tc\x01\x7f',
      '',
      '-n',
      '~',
      '{a,b}',
      '*',
      '!',
      '#',
    ];
    const read = bash(`curl ${words.map(quoted).join(' ')}`);
    if (read === undefined) return;
    expect(read.map((word) => Buffer.from(word, 'latin1').toString('utf8'))).toEqual(words);
    expect(bash(`curl ${quotedOctets('X: \xff1\xe9')}`)).toEqual(['X: \xff1\xe9']);
  });
});

describe('several commands', () => {
  it.each([
    "curl 'a' ;\ncurl 'b'",
    'curl a && curl b',
    'curl a & curl b',
    'curl a\n\n# and then\ncurl b\n',
    'curl a > /dev/null 2>&1; curl b | jq . | head',
  ])('%j', (text) => {
    expect(wordsOf(text)).toEqual([['a'], ['b']]);
  });

  it('tells what was left out', () => {
    expect(readPasted('curl a > x | jq .').notes).toEqual([
      '> (records go where -o of flurry says)',
      'what stands behind | (pipe flurry itself)',
    ]);
  });

  it('takes octets out of printf, and of nothing else', () => {
    const { commands } = readPasted("printf '\\000%%\\377' | curl a --data-binary @-");
    expect(commands.map(({ stdin }) => [...stdin!])).toEqual([[0, 0x25, 0xff]]);
    expect(problem("printf '%s' x | curl a")).toContain('only its format is understood');
    expect(problem("printf '%d' | curl a")).toContain('octal escapes');
    expect(problem('cat x | curl a')).toContain('this is no curl command');
  });
});

describe('what browsers copy', () => {
  const HEADERS = ['-H', 'accept: */*', '-H', 'cookie: a="b"; c=100%'];
  const DATA = '{"a":"it\'s","b":"\\\\x"}\r\n!';

  it('as cURL (bash)', () => {
    const text = `curl 'https://h/x?a=1&b=%20' \\
  -H 'accept: */*' \\
  -H 'cookie: a="b"; c=100%' \\
  --data-raw $'{"a":"it\\'s","b":"\\\\\\\\x"}\\r\\n\\u0021' \\
  --compressed ;
curl 'https://h/y'`;
    expect(wordsOf(text)).toEqual([
      ['https://h/x?a=1&b=%20', ...HEADERS, '--data-raw', DATA, '--compressed'],
      ['https://h/y'],
    ]);
  });

  it('as cURL (cmd), with carets before quotes', () => {
    const text = `curl ^"https://h/x?a=1^&b=^%^20^" ^\r
  -H ^"accept: */*^" ^\r
  -H ^"cookie: a=^\\^"b^\\^"; c=100^%^" ^\r
  --data-raw ^"^{^\\^"a^\\^":^\\^"it's^\\^",^\\^"b^\\^":^\\^"^\\^\\^\\^\\x^\\^"^}^

^!^" &\r
curl ^"https://h/y^" --compressed\r
`;
    expect(wordsOf(text)).toEqual([
      ['https://h/x?a=1&b=%20', ...HEADERS, '--data-raw', DATA.replace('\r', '')],
      ['https://h/y', '--compressed'],
    ]);
  });

  it('as cURL (cmd) of older ones, with plain quotes', () => {
    const text = 'curl "https://h/?a=1&b=^2" ^\r\n  -H "x: \\"y\\" ""z"" \\\\" ^\r\n  -X POST';
    expect(wordsOf(text)).toEqual([['https://h/?a=1&b=^2', '-H', 'x: "y" "z" \\', '-X', 'POST']]);
  });

  it('leaves carets of bash alone', () => {
    expect(wordsOf("curl 'https://h/' \\\n  -d 'x ^\n^\"'")).toEqual([['https://h/', '-d', 'x ^\n^"']]);
  });
});
