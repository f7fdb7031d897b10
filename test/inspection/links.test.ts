import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type LinkOptions, links } from '../../src/inspection/links.ts';
import { type PageOptions, page } from './page.ts';

const urls = (html: string, options?: PageOptions, wanted?: LinkOptions) =>
  links(page(html, options), wanted).map(({ url }) => url);

describe('the links of a page', () => {
  it.each([
    ['absolute', '<a href="https://other/x?y=1">', ['https://other/x?y=1']],
    ['against the page', '<a href="next">', ['http://host/dir/next']],
    ['against the root, in capitals, without quotes', '<A HREF=/up>', ['http://host/up']],
    ['of a query alone', "<a href='?page=2'>", ['http://host/dir/page?page=2']],
    ['without their fragment', '<a href="x#part">', ['http://host/dir/x']],
    ['of another host on the same scheme', '<a href="//other/x">', ['http://other/x']],
    ['with entities', '<a href="/?a=1&amp;b=2&#x26;c=3&copy=4">', ['http://host/?a=1&b=2&c=3&copy=4']],
    ['with white space and line breaks in them', '<a href=" \n /a\tb\nc ">', ['http://host/abc']],
    ['with what has to be encoded', '<a href="/ä b">', ['http://host/%C3%A4%20b']],
    ['of areas', '<map><area href="/a" shape=rect></map>', ['http://host/a']],
    ['by the first of two attributes', '<a href="/1" href="/2">', ['http://host/1']],
    ['in tags that close themselves', '<a href="/1"/><a href=/2 />', ['http://host/1', 'http://host/2']],
    ['as often as they stand there', '<a href="/1"><a href="/1">', ['http://host/1', 'http://host/1']],
    ['of the page itself', '<a href=""><a href="#top">', ['http://host/dir/page', 'http://host/dir/page']],
    [
      'to where it goes by itself',
      '<meta http-equiv=Refresh content="5; URL=\'/new\' ">',
      ['http://host/new'],
    ],
    ['and without the word url', '<meta http-equiv=refresh content="0,/new">', ['http://host/new']],
    ['not of a page that loads itself again', '<meta http-equiv=refresh content="30">', []],
    ['not of other metas', '<meta name=refresh content="0;url=/x">', []],
    [
      'not to other schemes',
      '<a href="mailto:a@b"><a href="javascript:x"><a href="ftp://h/"><a href="data:,x">',
      [],
    ],
    ['not to what is no URL', '<a href="http://[/"><a href="//"><a href="http://:0x/">', []],
    ['not in comments', '<!-- <a href="/x"> --><a href="/y"><!-->', ['http://host/y']],
    [
      'not in scripts, styles and titles',
      '<script>"<a href=/1>"</script><title><a href=/2></title><a href=/3>',
      ['http://host/3'],
    ],
    ['not without href', '<a name=x><link rel=next>', []],
    ['of tags that never end', '<a href="/1"><a href="/2', ['http://host/1']],
  ])('are taken %s', (_what, html, expected) => {
    expect(urls(html)).toEqual(expected);
  });

  it('say what they are to it', () => {
    const html =
      '<a rel="NoFollow  next nofollow" href=/1><link rel=canonical href=/2><link href=/3><a href=/4>';
    expect(links(page(html))).toEqual([
      { url: 'http://host/1', rel: ['nofollow', 'next'] },
      { url: 'http://host/2', rel: ['canonical'] },
      { url: 'http://host/4', rel: [] },
    ]);
    expect(links(page('<meta http-equiv=refresh content="0;url=/x">'))[0]!.rel).toEqual(['refresh']);
  });

  it('are where it leads; with `all` also what it is made of', () => {
    const html =
      '<link rel="shortcut icon" href=/icon><link rel="alternate stylesheet" href=/css><link rel=alternate href=/feed>' +
      '<img src=/img><script src=/js></script><iframe src=/frame></iframe><a href=/page>';
    const at = (path: string) => `http://host/${path}`;
    expect(urls(html)).toEqual(['feed', 'page'].map(at));
    expect(urls(html, {}, { all: true })).toEqual(
      ['icon', 'css', 'feed', 'img', 'js', 'frame', 'page'].map(at),
    );
  });
});

describe('base href', () => {
  it.each([
    ['is where links begin', '<base href="/other/"><a href="x">', 'http://host/other/x'],
    ['counts for the links in front of it, too', '<a href="x"><base href="/other/">', 'http://host/other/x'],
    ['may be another host', '<base href="https://cdn/a/b"><a href="x">', 'https://cdn/a/x'],
    ['counts once', '<base target=_top><base href="/1/"><base href="/2/"><a href="x">', 'http://host/1/x'],
    ['is passed over when it is none', '<base href="http://["><a href="x">', 'http://host/dir/x'],
    ['is passed over where no request can go', '<base href="data:,"><a href="x">', 'http://host/dir/x'],
  ])('%s', (_what, html, expected) => {
    expect(urls(html)).toEqual([expected]);
  });

  it('is not for the Link field', () => {
    const fields = ['Link: <x>; rel=next'];
    expect(urls('<base href="/other/">', { fields })).toEqual(['http://host/dir/x']);
  });
});

describe('a page', () => {
  it('is read in the charset that it came with', () => {
    const html = Buffer.from('<a href="/\xe4">', 'latin1');
    expect(links(page(html, { type: 'text/html; charset=iso-8859-1' }))[0]!.url).toBe('http://host/%C3%A4');
  });

  it.each(['text/plain', 'application/json', 'image/png', ''])('of type "%s" has no links inside', (type) => {
    expect(urls('<a href="/x">', { type })).toEqual([]);
    expect(urls('<a href="/x">', { type, fields: ['Link: </y>; rel=next'] })).toEqual(['http://host/y']);
  });

  it('in XHTML is read as HTML', () => {
    expect(urls('<a href="/x"/>', { type: 'application/xhtml+xml' })).toEqual(['http://host/x']);
  });
});

describe('the Link field', () => {
  const linked = (...fields: string[]) =>
    links(page('', { fields: fields.map((value) => `Link: ${value}`) })).map(({ url, rel }) =>
      [new URL(url).pathname, ...rel].join(' '),
    );

  it.each([
    ['one', ['</2>; rel="next"'], ['/2 next']],
    ['a token', ['</2>;rel=Next'], ['/2 next']],
    [
      'several, in one and in each',
      ['</2>; rel=next, </9>; rel=last', '</1>; rel=first'],
      ['/2 next', '/9 last', '/1 first'],
    ],
    ['several relations', ['</2>; rel="next  prefetch"'], ['/2 next prefetch']],
    [
      'commas and semicolons in quotes and targets',
      ['</a,b;c>; title="a, <x>; rel=\\"no\\""; rel=next'],
      ['/a,b;c next'],
    ],
    ['the first of two', ['</2>; rel=next; rel=prev'], ['/2 next']],
    ['white space where it may be', [' , </2> ;\trel = "next" ,, '], ['/2 next']],
    ['parameters without values', ['</2>; crossorigin; rel=next;'], ['/2 next']],
    ['a quote that nothing closes', ['</2>; rel="next'], ['/2 next']],
    ['octets in the target', ['</\xc3\xa4>; rel=next'], ['/%C3%A4 next']],
    ['nothing without a relation', ['</2>', '</3>; rel=""'], []],
    ['what stands in front of what is no link', ['</2>; rel=next, oops </3>; rel=x'], ['/2 next']],
    ['nothing without brackets', ['/2; rel=next', '</2; rel=next'], []],
    ['nothing that a page is made of', ['</style.css>; rel=preload; as=style'], []],
    ['nothing about another resource', ['</2>; rel=next; anchor="/elsewhere"'], []],
    ['what is about this one', ['</2>; rel=next; anchor="#part"'], ['/2 next']],
  ])('gives %s', (_what, fields, expected) => {
    expect(linked(...fields)).toEqual(expected);
  });

  it('comes before the page', () => {
    expect(urls('<a href="/2">', { fields: ['Link: </1>; rel=next'] })).toEqual([
      'http://host/1',
      'http://host/2',
    ]);
  });
});

describe('a sitemap', () => {
  it('is its locations', () => {
    const xml = `<?xml version="1.0"?><urlset xmlns="x"><url><loc> http://host/1?a=1&amp;b=2
      </loc><image:image><image:loc>http://host/i</image:loc></image:image></url>
      <url><loc><![CDATA[http://host/2]]></loc></url><ns0:url><ns0:loc>http://host/3</ns0:loc></ns0:url>
      <url><loc/><location>http://host/4</location><!-- <loc>http://host/5</loc> --></url></urlset>`;
    for (const type of ['application/xml', 'text/xml; charset=utf-8']) {
      expect(urls(xml, { type })).toEqual(['http://host/1?a=1&b=2', 'http://host/2', 'http://host/3']);
    }
    expect(urls(xml, { type: 'text/xml' }, { all: true })).toContain('http://host/i');
  });
});

describe('what a page can make us hold', () => {
  it('is linksMax links, the first ones', () => {
    const html = Array.from({ length: 20_000 }, (_, i) => `<a href="/${i}">`).join('');
    expect(urls(html)).toHaveLength(10_000);
    expect(urls(html, {}, { linksMax: 2 })).toEqual(['http://host/0', 'http://host/1']);
    const fields = ['Link: </a>; rel=next, </b>; rel=prev, </c>; rel=up'];
    expect(urls(html, { fields }, { linksMax: 2 })).toEqual(['http://host/a', 'http://host/b']);
    expect(urls(html, { fields }, { linksMax: 4 })).toHaveLength(4);
    expect(urls(html, {}, { linksMax: 0 })).toEqual([]);
    for (const linksMax of [-1, 0.5, Number.NaN])
      expect(() => urls('', {}, { linksMax })).toThrow(RangeError);
  });

  it('is no URL beyond 64 KiB', () => {
    const long = (n: number) => `<a href="/${'x'.repeat(n)}">`;
    expect(urls(`${long(65_000)}${long(65_530)}${long(65_536)}${long(70_000)}<a href="/y">`)).toHaveLength(2);
  });

  it('is 16 Mi characters of URLs, however long the base that they begin with', () => {
    const html = `<base href="/${'b'.repeat(60_000)}/">${'<a href=x>'.repeat(10_000)}`;
    const found = urls(html);
    expect(found.length).toBeGreaterThan(100);
    expect(found.reduce((sum, url) => sum + url.length, 0)).toBeLessThan(16 * 1024 * 1024);
    expect(urls(`<base href="/${'b'.repeat(70_000)}/"><a href=x>`)).toEqual(['http://host/dir/x']);
  });
});

describe('links', () => {
  const pieces = fc.constantFrom(
    ...[
      '<a href=',
      '<base href=',
      '<link rel=next href=',
      '<meta http-equiv=refresh content=',
      '</a>',
      '>',
      '"',
    ],
    ...["'", '/', '//', '#', '?', ':', '%', '&amp;', '&#0;', '&#x110000;', '<!--', '-->', '<![CDATA[', ']]>'],
    ...[
      '<script>',
      '</script>',
      'http://',
      'https:',
      'javascript:',
      '0;url=',
      '\0',
      '\n',
      ' ',
      'ä',
      '\ud800',
      'x',
      '[',
    ],
    ...['<loc>', '</loc>', 'rel=next', ';', ',', '<', '\\'],
  );

  it('never throw, and are what they say, whatever comes', () => {
    const text = fc.array(pieces, { maxLength: 25 }).map((list) => list.join(''));
    const type = fc.constantFrom('text/html', 'text/xml', 'text/html; charset=utf-16', 'text/plain');
    fc.assert(
      fc.property(text, text, type, fc.boolean(), (html, field, type, all) => {
        const fields = [`Link: ${field.replace(/[^\t -~]/g, '')}`];
        for (const { url, rel } of links(page(html, { type, fields }), { all })) {
          expect(new URL(url).href).toBe(url);
          expect(url).toMatch(/^https?:\/\/[^#]+$/);
          expect(rel.join(' ')).toMatch(/^(?:[^\sA-Z]+(?: [^\sA-Z]+)*)?$/);
        }
      }),
      { numRuns: 1500 },
    );
  });
});
