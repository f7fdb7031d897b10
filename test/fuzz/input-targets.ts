// What people and other programs give: URLs, templates, files of requests; and what pages link to.

import { parse } from 'csv-parse/sync';
import { links } from '../../src/inspection/links.ts';
import { EMPTY_HEADERS } from '../../src/model/header-block.ts';
import { InvalidRequest } from '../../src/model/invalid.ts';
import { normalisedUrl } from '../../src/model/normal-url.ts';
import { parseUrl } from '../../src/model/origin.ts';
import { RequestFactory } from '../../src/model/request.ts';
import { CsvRecords } from '../../src/sources/csv-records.ts';
import type { Form } from '../../src/sources/form.ts';
import { JsonLines } from '../../src/sources/json-lines.ts';
import { UrlLines } from '../../src/sources/lines.ts';
import { TemplateError } from '../../src/sources/template/error.ts';
import { page } from '../inspection/page.ts';
import { compile } from '../sources/template-fixture.ts';
import { latin1 } from '../transport/http1/observe.ts';
import { type FuzzTarget, holds, same } from './target.ts';

const asText = (input: string) => latin1(input).toString('utf8');
const PIECES_BYTES = [1, 5, 64];

const url: FuzzTarget = {
  name: 'url',
  corpus: [
    'http://user:pa%3Ass@Host.test:80/a/../b/%7e?x=1#f',
    'https://[::1]:8443?q',
    'http://h/%%34%31/.%2e/%',
    'HTTP://B\xc3\x9cCHER.test/\xc3\xa4 b',
    'http://0x7f.1/',
    'http://h\\@evil/',
  ],
  words: ['http://', 'https://', '/', '..', '%2e', '@', ':', '?', '#', '[', ']', '%', '\\'],
  check(input) {
    const text = asText(input);
    try {
      const { origin, target } = parseUrl(text);
      holds(/^\/[!-~]*$/.test(target) && !target.includes('#'), 'a target that a request line can hold');
      holds(!/[\s@/?#]/.test(origin.authority), 'an authority without userinfo');
      const shown = origin.key + target;
      same(parseUrl(shown).target, target, 'the target of what is shown');
      same(parseUrl(shown).origin.key, origin.key, 'the origin of what is shown');
      const normal = normalisedUrl(text);
      same(normalisedUrl(normal), normal, 'the normal form of the normal form');
      same(normalisedUrl(shown), normal, 'the normal form of what is sent');
    } catch (error) {
      if (!(error instanceof InvalidRequest)) throw error;
      holds(!/[\r\n\0]/.test(error.message), 'a message of one line');
      holds(error.message.length < 400 + text.length, 'a message that is no flood');
    }
  },
  floods: [
    ['http://h/', '../', ''],
    ['http://h/', '/.', ''],
    ['http://h/', '%2e', ''],
    ['http://h/', '%', ''],
    ['http://h/', '\xc3\xa4', ''],
    ['http://', '@', 'h/'],
    ['http://', 'a.', '/'],
    ['', '/', '@'],
  ],
};

const template: FuzzTarget = {
  name: 'template',
  corpus: [
    'http://h/[1-100]/{a,b}/[a-z:3]',
    'http://h/[00-99:7]?{x,y\\,z}',
    'http://[::1]/[a-z]{3}/[[:digit:]]{1,4}',
    'http://h/[1-9007199254740993]',
    'http://h/[A-Za-z0-9_]{1000}',
    'http://h/\\{\\[x\\]\\}[]',
  ],
  words: [
    '[',
    ']',
    '{',
    '}',
    ',',
    '-',
    ':',
    '\\',
    '<n>',
    '[0-9]',
    '{2}',
    '{1,3}',
    '{a,b}',
    '99999999999',
    '[:alpha:]',
  ],
  check(input) {
    const text = asText(input);
    try {
      const compiled = compile(text);
      holds(Number.isSafeInteger(compiled.count) && compiled.count >= 1, 'a count');
      for (const index of [0, compiled.count >> 1, compiled.count - 1]) {
        const one = compiled.at(Math.max(0, index));
        holds(one.length <= 1000 * text.length, 'no URL that is longer than repetitions make it');
        const plain = compiled.plain;
        if (plain !== undefined) {
          const short = plain.authority + plain.at(Math.max(0, index));
          holds(
            short === one || short.replace(/^([^?#]*?:\/\/[^/?#]*)\//, '$1') === one,
            'the short way is the same',
          );
        }
      }
      compiled.describe();
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      holds(error.message.length < 3 * text.length + 2000, 'a message that is no flood');
    }
  },
  floods: [
    ['', '[1-9]', ''],
    ['', '{a,b}', ''],
    ['{', 'a,', '}'],
    ['', '[', ''],
    ['', '[]', ''],
    ['', '\\', ''],
    ['[', '9', '-1]'],
    ['[1-', '9', ']'],
    ['[', 'a-z', ']{9}'],
    ['{', '\\,', ''],
    ['', '<', ''],
    ['', '{', ''],
  ],
  floodBytes: 6000,
};

const factory = new RequestFactory({ method: undefined, headers: EMPTY_HEADERS, body: undefined });

/** Every item as a line of text. */
function items(form: Form, octets: Buffer, pieceBytes: number): string[] {
  const found: string[] = [];
  const drain = () => {
    for (let item = form.next(found.length); item !== undefined; item = form.next(found.length)) {
      holds(item.index === found.length, 'indices without gaps');
      found.push(item.type === 'failure' ? `${item.url} ${item.message}` : `${item.method} ${item.url}`);
      holds(found.length <= octets.length + 1, 'no more items than octets');
    }
  };
  for (let at = 0; at < octets.length; at += pieceBytes) {
    form.push(Buffer.from(octets.subarray(at, at + pieceBytes)));
    drain();
  }
  form.finish();
  drain();
  return found;
}

function sameInPieces(open: () => Form, input: string): void {
  const octets = latin1(input);
  const whole = items(open(), octets, Math.max(1, octets.length));
  for (const pieceBytes of PIECES_BYTES)
    same(items(open(), octets, pieceBytes), whole, `in pieces of ${pieceBytes}`);
}

const jsonLines: FuzzTarget = {
  name: 'json-lines',
  corpus: [
    '{"url":"http://h/1","method":"PUT","headers":{"A":"b"},"json":{"x":[1]},"id":7}\n"http://h/2"\n\n',
    '{"url":"http://h/3","bodyBase64":"aGk=","headers":[["A","b"]]}\r\n[1]\nnull\n{',
    '{"url":"http://u:S3cret@h/","headers":{"Authorization":"S3cret\\u0000"}}\n{"URL":"http://h/"}\n',
  ],
  words: [
    '"',
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '\\u0000',
    'null',
    '1e999',
    '"url"',
    '"headers"',
    '"__proto__"',
    '\n',
  ],
  check(input) {
    sameInPieces(() => new JsonLines(factory, 200), input);
  },
  floods: [
    ['', '[', ''],
    ['{"url":', '[', ''],
    ['', '{"url":"http://h/"}\n', ''],
    ['"', '\\\\', '"'],
    ['', '\n', ''],
    ['', ' ', ''],
  ],
  floodBytes: 40_000,
};

const urlLines: FuzzTarget = {
  name: 'lines',
  corpus: ['http://h/1\nhttps://h/2\r\n# remark\n\n  http://h/3  ', '\xef\xbb\xbfhttp://h/\xff\nnot a url\n'],
  words: ['\n', '\r', '#', ' ', 'http://h/', '\t', '\0'],
  check(input) {
    sameInPieces(() => new UrlLines(factory, 100), input);
  },
  floods: [
    ['', 'http://h/\n', ''],
    ['', '\n', ''],
    ['http://h/', 'x', ''],
    ['', ' ', ''],
  ],
  floodBytes: 40_000,
};

/** Records, and what became of each, for input that comes in such pieces. */
function records(octets: Buffer, pieceBytes: number): string[] {
  const reader = new CsvRecords(parse, 150);
  const found: string[] = [];
  const drain = () => {
    for (let batch = reader.read(); batch.length > 0; batch = reader.read()) {
      for (const { line, fields, problem } of batch) {
        holds((fields === undefined) !== (problem === undefined), 'fields, or a problem');
        found.push(`${line} ${JSON.stringify(fields ?? 'none')}`);
      }
      holds(found.length <= octets.length + 1, 'no more records than octets');
    }
  };
  for (let at = 0; at < octets.length; at += pieceBytes) {
    reader.push(Buffer.from(octets.subarray(at, at + pieceBytes)));
    drain();
  }
  reader.finish();
  drain();
  return found;
}

const csv: FuzzTarget = {
  name: 'csv',
  corpus: [
    'url,id\nhttp://h/1,a\n"http://h/2","b ""x"""\r\n',
    'a,"b\nc",d\n"open\nhttp://h/3,x\n"\n',
    '"a"b,c\n,,,\n\n\xff,x\n"q""\n',
  ],
  words: ['"', '""', ',', '\n', '\r\n', '\r', ' ', '",', '\n"'],
  check(input) {
    const octets = latin1(input);
    const whole = records(octets, Math.max(1, octets.length));
    for (const pieceBytes of PIECES_BYTES)
      same(records(octets, pieceBytes), whole, `in pieces of ${pieceBytes}`);
  },
  floods: [
    ['', '"', ''],
    ['', '"\n', ''],
    ['', 'a"\n', ''],
    ['', ',', ''],
    ['', '\n', ''],
    ['"', 'x\n', ''],
    ['', '"x"y\n', ''],
  ],
  floodBytes: 2000,
};

const pageLinks: FuzzTarget = {
  name: 'links',
  corpus: [
    '<base href="/d/"><a href="x?a=1&amp;b" rel="next nofollow">x</a><link rel=canonical href=//o/>\n</n>; rel=next',
    '<meta http-equiv=refresh content="0; url=\'/x\'"><script>"<a href=y>"</script><!-- <a href=z> -->\n<1>;rel="a b";x',
    '<urlset><url><loc><![CDATA[http://h/]]></loc></url><image:loc>i</image:loc></urlset>\n<a,b>; title="x, <y>"; rel=n; anchor="#"',
    '<svg><title><a href=1></title></svg><title><a href=2></title><plaintext><a href=3>\n',
  ],
  words: [
    '<a href=',
    '<base href=',
    '"',
    "'",
    '>',
    '&amp;',
    '&#x110000;',
    '&#0;',
    '<!--',
    '-->',
    'http://',
    '</script>',
    '\n',
    '; rel=next',
    '<loc>',
    '</loc>',
    '<![CDATA[',
    ']]>',
  ],
  check(input) {
    const [html = '', ...fields] = input.split('\n');
    for (const type of ['text/html', 'text/xml']) {
      for (const all of [false, true]) {
        const response = page(latin1(html), { type, fields: fields.map((one) => `Link: ${asField(one)}`) });
        const found = links(response, { all, linksMax: 20 });
        holds(found.length <= 20, 'no more links than may be');
        for (const link of found) {
          same(new URL(link.url).href, link.url, 'an absolute URL');
          holds(/^https?:\/\/[^#]+$/.test(link.url), 'of http or https, without a fragment');
          holds(
            link.rel.every((one) => /^[^ \t\n\f\r]+$/.test(one)),
            'relations of one word',
          );
        }
      }
    }
  },
  floods: [
    ['', '<a>', ''],
    ['', '<b>', '</i></i></i>'],
    ['', '</b>', ''],
    ['', '<a href=x>', ''],
    ['<a href="', '&', '">'],
    ['<a href="', '&amp;', '">'],
    ['<a ', 'a=b ', '>'],
    ['<a ', 'href=', '>'],
    ['', '<', ''],
    ['', '<!--', ''],
    ['', '<!', ''],
    ['<a rel="', 'a ', '" href=x>'],
    ['<meta http-equiv=refresh content="', '0 ', '">'],
    ['<meta http-equiv=refresh content="', '1', '">'],
    ['', '<base href=/>', ''],
    ['', '<loc>', ''],
    ['', '<svg>', ''],
    ['', '<a href=mailto:x>', ''],
    [`<base href="/${'x'.repeat(60_000)}">`, '<a href=//[>', ''],
    ['\n', '<a>;rel=x,', ''],
    ['\n<a>', ';', ''],
    ['\n<a>;rel="', '\\', ''],
    ['\n<a>;rel="', 'x ', ''],
    ['\n<a>;x', ' ', '=y'],
    ['\n', '<', ''],
  ],
};

function asField(text: string): string {
  return text.replace(/[\0\r]/g, '');
}

export const INPUT_TARGETS: readonly FuzzTarget[] = [url, template, jsonLines, urlLines, csv, pageLinks];
