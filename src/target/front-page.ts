// The page at `/`: every route with an example, written from the table that dispatches. For people, and for `--help`.

import { escapeHtml, replyHtml, replyText } from './reply.ts';
import type { Exchange, Route } from './route.ts';

const TITLE = 'flurry target: an HTTP server for demos, examples and tests';
const RULES = [
  'Any method is answered alike, HEAD without the body. Query parameters may be left out; a value that cannot be used is',
  'answered with 400 and what is expected, an unknown path with 404. Parameters that a route does not know are ignored.',
].join('\n');

/** The row of `/` for a table that holds it too. */
export function frontPage(table: readonly Route[]): Route {
  const own: Route = {
    name: 'front-page',
    pattern: '/',
    example: '/',
    sentence: 'this page; as HTML for browsers',
    handle: (exchange) => show(exchange, [own, ...table]),
  };
  return own;
}

function show({ request, response }: Exchange, table: readonly Route[]): void {
  if ((request.headers.accept ?? '').includes('text/html')) replyHtml(response, asHtml(table));
  else replyText(response, 200, asText(table));
}

function asText(table: readonly Route[]): string {
  const rows = table.map((route) => `${route.pattern}\n    ${route.sentence}\n    try ${route.example}\n`);
  return `${TITLE}\n\n${RULES}\n\n${rows.join('\n')}`;
}

function asHtml(table: readonly Route[]): string {
  const rows = table.map(({ pattern, sentence, example }) => {
    const link = `<a href="${escapeHtml(example)}">${escapeHtml(example)}</a>`;
    return `<dt><code>${escapeHtml(pattern)}</code></dt>\n<dd>${escapeHtml(sentence)}<br>try ${link}</dd>\n`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>${TITLE}</title>
<h1>${TITLE}</h1>
<p>${RULES}</p>
<dl>
${rows.join('')}</dl>
</html>
`;
}
