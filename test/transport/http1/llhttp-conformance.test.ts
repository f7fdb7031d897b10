// The public response cases of llhttp, given to the parser whole, byte by byte and cut at every place. Where its verdict
// departs from llhttp's, the table in test/conformance says so, with the clause that decides and what is made of the
// stream instead.

import { describe, expect, it } from 'vitest';
import { absent, CASES, DEPARTURES } from '../../conformance/departures.ts';
import { type Observed, observe, observeAll } from './observe.ts';

/** What another response would look like, and what no response does. */
const TRAILING = ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nno', '\r\n', '\0\xff'];

function verdictOf(seen: Observed) {
  return { verdict: seen.verdict, statuses: seen.statuses };
}

describe.skipIf(absent)('the response cases of llhttp, from ../shared/conformance', () => {
  it('are all here, and every departure names one of them and its reason', () => {
    expect(CASES).toHaveLength(64);
    expect(new Set(CASES.map((one) => one.title)).size).toBe(64);
    const titles = new Set(CASES.map((one) => one.title));
    for (const [title, departure] of Object.entries(DEPARTURES)) {
      expect(titles).toContain(title);
      expect(departure.why).toMatch(/^RFC \d+ section [\d.]+: /);
    }
  });

  it.each(CASES.map((one) => [one.title, one] as const))('%s', (title, one) => {
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

  it.each(CASES.map((one) => [one.title, one] as const))('%s, and octets behind it', (_title, one) => {
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
