// A raw server that answers by the path, and what a caller of fetch sees of an answer, as plain data to compare.

import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { type RawPeer, type RawRequest, RawServer } from '../server/raw-server.ts';

export type Fetch = typeof globalThis.fetch;

const CONTENT = JSON.stringify({ text: 'Grüße', list: [1, 2, 3] });

/** Whole responses by path; a path may go on with a query. */
const ANSWERS: Readonly<Record<string, string>> = {
  '/plain': ok('X-A: 1\r\nx-b: two\r\n', 'hello'),
  '/json': ok('Content-Type: application/json; charset=utf-8\r\n', latin1(CONTENT)),
  '/bom': ok('', '\xef\xbb\xbftext'),
  '/empty': ok('', ''),
  '/form': ok('Content-Type: application/x-www-form-urlencoded\r\n', 'a=1&b=2&a=3'),
  '/multi': ok('X-M: 1\r\nX-M: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2; Path=/\r\nX-L: caf\xe9\r\n', 'x'),
  '/chunked': 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n',
  '/no-reason': 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi',
  '/reason': 'HTTP/1.1 200 All is well\r\nContent-Length: 2\r\n\r\nhi',
  '/204': 'HTTP/1.1 204 No Content\r\n\r\n',
  '/205': 'HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n',
  '/304': 'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
  '/404': 'HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone',
  '/500': 'HTTP/1.1 500 Oh\r\nContent-Length: 3\r\n\r\nbad',
  '/599': 'HTTP/1.1 599 Last\r\nContent-Length: 3\r\n\r\nend',
  '/600': 'HTTP/1.1 600 Beyond\r\nContent-Length: 3\r\n\r\nodd',
  '/999': 'HTTP/1.1 999 Denied\r\nContent-Length: 2\r\n\r\nno',
  '/401': 'HTTP/1.1 401 Who\r\nWWW-Authenticate: Basic realm="x"\r\nContent-Length: 3\r\n\r\nyou',
  '/gzip': coded('gzip', gzipSync(CONTENT)),
  '/x-gzip': coded('x-gzip', gzipSync(CONTENT)),
  '/deflate': coded('deflate', deflateSync(CONTENT)),
  '/br': coded('br', brotliCompressSync(CONTENT)),
  '/two': coded('deflate, gzip', gzipSync(deflateSync(CONTENT))),
  '/unknown': coded('snappy', Buffer.from(CONTENT)),
  '/identity': coded('identity', Buffer.from(CONTENT)),
  '/to-nowhere': 'HTTP/1.1 302 Found\r\nContent-Length: 4\r\n\r\nhere',
  '/to-ftp': 'HTTP/1.1 302 Found\r\nLocation: ftp://host/\r\nContent-Length: 0\r\n\r\n',
  '/to-fragment': 'HTTP/1.1 302 Found\r\nLocation: /plain?q#new\r\nContent-Length: 0\r\n\r\n',
  '/to-bad': 'HTTP/1.1 302 Found\r\nLocation: http://[\r\nContent-Length: 0\r\n\r\n',
  '/garbage': 'this is no HTTP\r\n\r\n',
};

function ok(fields: string, body: string): string {
  return `HTTP/1.1 200 OK\r\n${fields}Content-Length: ${body.length}\r\n\r\n${body}`;
}

function coded(coding: string, body: Buffer): string {
  return ok(`Content-Encoding: ${coding}\r\n`, body.toString('latin1'));
}

function latin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}

export function openFetchServer(): Promise<RawServer> {
  return RawServer.open(answer);
}

function answer(peer: RawPeer, request: RawRequest): void {
  const [path = '', query = ''] = request.target.split('?', 2);
  const known = ANSWERS[path];
  if (known !== undefined) return peer.send(request.method === 'HEAD' ? headOf(known) : known);
  if (path === '/close') return peer.end('HTTP/1.1 200 OK\r\n\r\nuntil the end');
  if (path === '/short') return peer.end('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc');
  if (path === '/gone') return peer.end();
  if (path === '/reset') return peer.reset();
  if (path === '/method') return peer.send(ok('', `${request.method} ${request.body}`));
  if (path === '/target') return peer.send(ok('', request.target));
  const [, kind, number] = path.split('/');
  if (kind === 'to') return peer.send(redirect(Number(number), query === '' ? '/method' : query));
  if (kind === 'hops') {
    return peer.send(number === '0' ? ok('', 'there') : redirect(302, `/hops/${Number(number) - 1}`));
  }
  if (kind === 'field') {
    const field = new RegExp(`^${number}: (.*)\r$`, 'im').exec(request.head)?.[1] ?? 'none';
    return peer.send(ok('', field));
  }
  peer.send('HTTP/1.1 404 No Such Path\r\nContent-Length: 0\r\n\r\n');
}

function headOf(response: string): string {
  return response.slice(0, response.indexOf('\r\n\r\n') + 4);
}

function redirect(status: number, location: string): string {
  return `HTTP/1.1 ${status} Moved\r\nLocation: ${location}\r\nContent-Length: 5\r\n\r\nmoved`;
}

/** All that a caller can tell of a response, or of the error in its place. */
export async function seen(call: () => Promise<globalThis.Response>): Promise<unknown> {
  try {
    const response = await call();
    const { status, statusText, ok: isOk, url, redirected, type, headers } = response;
    const hasBody = response.body !== null;
    const told = { status, statusText, isOk, url, redirected, type, headers: [...headers], hasBody };
    return { ...told, isResponse: response instanceof Response, ...(await bodyOf(response)) };
  } catch (error) {
    return shown(error);
  }
}

async function bodyOf(response: globalThis.Response): Promise<object> {
  try {
    const text = await response.text();
    return { text, bodyUsed: response.bodyUsed };
  } catch (error) {
    return { broken: shown(error) };
  }
}

/** Of the cause only whether there is one: its words are everybody's own. */
export function shown(error: unknown): unknown {
  if (!(error instanceof Error)) return { thrown: error };
  return { name: error.name, message: error.message, hasCause: error.cause !== undefined };
}
