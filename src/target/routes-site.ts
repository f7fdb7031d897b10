// Routes that lead on: redirects, pages of links, and a small site to crawl. Every link of the site ends well.

import { refused, wholeNumber } from './parameters.ts';
import { replyHtml, replyText } from './reply.ts';
import type { Exchange, Route } from './route.ts';

const HOPS = { min: 1, max: 1_000 };
const REDIRECTS = ['301', '302', '303', '307', '308'];
const LINKS = { min: 0, max: 10_000 };
const DESTINATION = '/todos/1';
/** `/site/` itself, and this many under it. */
const PAGES = 100;

export function siteRoutes(): readonly Route[] {
  return [
    {
      name: 'redirect',
      pattern: '/redirect/N?to=/todos/1&status=302',
      example: '/redirect/3',
      sentence:
        'N redirects in a row, up to 1,000, the last to a path or URL of your own; status 301, 302, 303, 307 or 308',
      handle: redirect,
    },
    {
      name: 'links',
      pattern: '/links/N',
      example: '/links/10',
      sentence: 'an HTML page of N links, to /todos/1 up to /todos/N',
      handle: links,
    },
    {
      name: 'site',
      pattern: '/site/N',
      example: '/site/',
      sentence: `a site to crawl: /site/ and ${PAGES} HTML pages, /site/1 up to /site/${PAGES}, all within reach of the first`,
      handle: site,
    },
  ];
}

function redirect({ rest, query, queryText, response }: Exchange): void {
  const hops = wholeNumber('N', rest, HOPS);
  const status = query.get('status') ?? '302';
  if (!REDIRECTS.includes(status)) throw refused('status', `one of ${REDIRECTS.join(', ')}`, status);
  const end = destination(query.get('to') ?? DESTINATION);
  const next = hops === 1 ? end : `/redirect/${hops - 1}${queryText === '' ? '' : `?${queryText}`}`;
  replyText(response, Number(status), `go to ${next}`, ['Location', next]);
}

/** What a field may hold: printable ASCII, the rest percent-encoded. */
function destination(to: string): string {
  if (to === '' || /[\u0000-\u001f\u007f]/.test(to)) throw refused('to', 'a path or a URL', to);
  return to.replace(/[^\x21-\x7e]+/g, encodeURIComponent);
}

function links({ rest, response }: Exchange): void {
  const n = wholeNumber('N', rest, LINKS);
  const items = Array.from({ length: n }, (_, i) => `<li><a href="/todos/${i + 1}">todo ${i + 1}</a></li>\n`);
  replyHtml(response, page(`${n} links`, `<ul>\n${items.join('')}</ul>`));
}

function site({ rest, response }: Exchange): void {
  const n = rest === '' ? 0 : wholeNumber('N', rest, { min: 1, max: PAGES });
  const body = n === 0 ? `<p>A site of ${PAGES} pages.</p>\n${linksOf(0)}` : linksOf(n);
  replyHtml(response, page(n === 0 ? 'Home' : `Page ${n}`, body));
}

/**
 * Page n leads to 2n and 2n+1, so that every page is at most 7 links from home, besides to the next one and home. The
 * links are of all the kinds that a crawler has to resolve: absolute, relative, with a query, with a fragment.
 */
function linksOf(n: number): string {
  const next = n < PAGES ? n + 1 : 1;
  const hrefs = ['/site/', `/site/${next}`, `/site/${next}#top`, `/todos/${n + 1}`];
  if (n > 0) {
    hrefs.push(`../todos/${n}`);
    if (2 * n <= PAGES) hrefs.push(`${2 * n}`);
    if (2 * n + 1 <= PAGES) hrefs.push(`./${2 * n + 1}?from=${n}&amp;by=tree`);
  }
  return `<ul>\n${hrefs.map((href) => `<li><a href="${href}">${href}</a></li>\n`).join('')}</ul>`;
}

function page(title: string, body: string): string {
  return `<!doctype html>\n<html lang="en">\n<title>${title}</title>\n<h1 id="top">${title}</h1>\n${body}\n</html>\n`;
}
