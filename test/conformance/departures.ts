// The public response cases of llhttp, and where this parser's verdict departs from llhttp's, with the clause that decides.
// The verdict in the file is one parser's. Checks nothing itself.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What comes of a stream that a server sends before it closes the connection. */
export type Verdict = 'complete' | 'incomplete' | 'reject';

export interface Case {
  readonly title: string;
  readonly bytes: string;
  readonly llhttp: Verdict;
  readonly statuses: readonly number[];
}

export interface Departure {
  readonly verdict: Verdict;
  readonly statuses: readonly number[];
  readonly body: string;
  /** Octets that belong to the message; undefined where only the end of the stream ends it, or nothing does. */
  readonly end: number | undefined;
  readonly fault: string | undefined;
  readonly why: string;
}

const file = fileURLToPath(new URL('../../../shared/conformance/llhttp-responses.json', import.meta.url));
/** True in a clone without the shared data: there is nothing to compare with. */
export const absent = !existsSync(file);
export const CASES: readonly Case[] = absent ? [] : JSON.parse(readFileSync(file, 'utf8')).cases;

const unasked: Departure = {
  verdict: 'reject',
  statuses: [],
  body: '',
  end: undefined,
  fault: '101 Switching Protocols, which nobody asked for',
  why: 'RFC 9110 section 7.8: a server must not switch to a protocol that the client did not name in Upgrade; none was sent.',
};
const LF_ALONE =
  'RFC 9112 section 2.2: a recipient may take a single LF as a line end; curl and browsers do, and servers send it.';
const ONE_RESPONSE =
  'RFC 9112 section 9.2: the first final response answers the one request; what follows answers nothing.';

export const DEPARTURES: Readonly<Record<string, Departure>> = {
  'HTTP 101 response with Upgrade and Content-Length header': unasked,
  'HTTP 101 response with Upgrade and Transfer-Encoding header': unasked,
  'HTTP 304 with Content-Length': {
    verdict: 'complete',
    statuses: [304],
    body: '',
    end: 49,
    fault: undefined,
    why: ONE_RESPONSE,
  },
  'HTTP 304 with Transfer-Encoding': {
    verdict: 'complete',
    statuses: [304],
    body: '',
    end: 57,
    fault: undefined,
    why: ONE_RESPONSE,
  },
  'Should parse multiple events': {
    verdict: 'complete',
    statuses: [200],
    body: 'AAA',
    end: 41,
    fault: undefined,
    why: ONE_RESPONSE,
  },
  'Only LFs present and no body': {
    verdict: 'complete',
    statuses: [200],
    body: '',
    end: 35,
    fault: undefined,
    why: LF_ALONE,
  },
  'Only LFs present': {
    verdict: 'complete',
    statuses: [200],
    body: 'BODY\n\\',
    end: undefined,
    fault: undefined,
    why: LF_ALONE,
  },
  'No carriage ret': {
    verdict: 'complete',
    statuses: [200],
    body: 'these headers are from http://news.ycombinator.com/',
    end: undefined,
    fault: undefined,
    why: LF_ALONE,
  },
  'RTSP response': {
    verdict: 'reject',
    statuses: [],
    body: '',
    end: undefined,
    fault: '"RTSP/1.1 200" in place of a status line of HTTP/1.0 or HTTP/1.1',
    why: 'RFC 9112 section 2.3: HTTP-name is "HTTP"; RTSP is another protocol.',
  },
  'ICE response': {
    verdict: 'reject',
    statuses: [],
    body: '',
    end: undefined,
    fault: '"ICE/1.1 200 " in place of a status line of HTTP/1.0 or HTTP/1.1',
    why: 'RFC 9112 section 2.3: HTTP-name is "HTTP"; ICE is another protocol.',
  },
  'HTTP version 0.9': {
    verdict: 'reject',
    statuses: [],
    body: '',
    end: undefined,
    fault: '"HTTP/0.9 200" in place of a status line of HTTP/1.0 or HTTP/1.1',
    why: 'RFC 9110 section 2.5: the major version tells the message syntax, and HTTP/0.9 has no status line at all.',
  },
};
