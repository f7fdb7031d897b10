// The public response cases of llhttp. Its verdict is one parser's: where ours departs, the table below says so,
// with the clause that decides and what we make of the stream instead.

import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { type Observed, observe, observeAll } from './observe.ts';

interface Case {
  readonly title: string;
  readonly bytes: string;
  readonly llhttp: Observed['verdict'];
  readonly statuses: readonly number[];
}

interface Departure {
  readonly verdict: Observed['verdict'];
  readonly statuses: readonly number[];
  readonly body: string;
  /** Octets that belong to the message; undefined where only the end of the stream ends it, or nothing does. */
  readonly end: number | undefined;
  readonly fault: string | undefined;
  readonly why: string;
}

const file = fileURLToPath(new URL('../../../../shared/conformance/llhttp-responses.json', import.meta.url));
const absent = !existsSync(file);
const cases: readonly Case[] = absent ? [] : JSON.parse(readFileSync(file, 'utf8')).cases;

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

const DEPARTURES: Readonly<Record<string, Departure>> = {
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

/** What another response would look like, and what no response does. */
const TRAILING = ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno', '\r\n', '\0\xff'];

function verdictOf(seen: Observed) {
  return { verdict: seen.verdict, statuses: seen.statuses };
}

// A clone without the shared data has nothing to compare with.
describe.skipIf(absent)('the response cases of llhttp, from ../shared/conformance', () => {
  it('are all here, and every departure names one of them and its reason', () => {
    expect(cases).toHaveLength(64);
    expect(new Set(cases.map((one) => one.title)).size).toBe(64);
    const titles = new Set(cases.map((one) => one.title));
    for (const [title, departure] of Object.entries(DEPARTURES)) {
      expect(titles).toContain(title);
      expect(departure.why).toMatch(/^RFC \d+ section [\d.]+: /);
    }
  });

  it.each(cases.map((one) => [one.title, one] as const))('%s', (title, one) => {
    const octets = Buffer.from(one.bytes, 'base64');
    const whole = observeAll(octets);
    const departure = DEPARTURES[title];
    if (departure === undefined) {
      expect(verdictOf(whole)).toEqual({ verdict: one.llhttp, statuses: one.statuses });
    } else {
      const { why, fault, ...rest } = departure;
      expect(whole, why).toMatchObject(rest);
      expect(whole.fault?.message, why).toBe(fault);
      const agrees = one.llhttp === whole.verdict && `${one.statuses}` === `${whole.statuses}`;
      expect(agrees, 'a departure that departs from nothing').toBe(false);
    }
  });

  it.each(cases.map((one) => [one.title, one] as const))('%s, and octets behind it', (_title, one) => {
    const octets = Buffer.from(one.bytes, 'base64');
    const alone = observe(octets);
    for (const extra of TRAILING) {
      const longer = Buffer.concat([octets, Buffer.from(extra, 'latin1')]);
      const whole = observeAll(longer);
      // What has ended or failed does not change; where the stream's end ends the body, they are part of it.
      if (alone.end !== undefined || alone.verdict === 'reject') expect(whole).toEqual(alone);
      else if (alone.verdict === 'complete') {
        expect(whole).toMatchObject({ verdict: 'complete', end: undefined, body: alone.body + extra });
      }
    }
  });
});
