import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseHttpDate } from '../../../src/scheduler/rate/http-date.ts';

const NOW = Date.UTC(2026, 10, 22);
const THEN = Date.UTC(1994, 10, 6, 8, 49, 37);
const DAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];

describe('parseHttpDate', () => {
  it.each([
    'Sun, 06 Nov 1994 08:49:37 GMT',
    'Sunday, 06-Nov-94 08:49:37 GMT',
    'Sun Nov  6 08:49:37 1994',
    'sun, 06 nov 1994 08:49:37 gmt',
    'Sun, 06 Nov 1994 08:49:37 UTC',
  ])('reads %j', (text) => {
    expect(parseHttpDate(text, NOW)).toBe(THEN);
  });

  it('takes two digits for the year that is at most 50 years ahead', () => {
    expect(parseHttpDate('Friday, 06-Nov-76 00:00:00 GMT', NOW)).toBe(Date.UTC(2076, 10, 6));
    expect(parseHttpDate('Saturday, 06-Nov-77 00:00:00 GMT', NOW)).toBe(Date.UTC(1977, 10, 6));
  });

  it('knows leap days and leap seconds', () => {
    expect(parseHttpDate('Thu, 29 Feb 2024 23:59:60 GMT', NOW)).toBe(Date.UTC(2024, 2, 1));
    expect(parseHttpDate('Wed, 29 Feb 2023 00:00:00 GMT', NOW)).toBeUndefined();
  });

  it.each([
    '',
    '0',
    '120',
    'tomorrow',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 06 Nov 1994 08:49:37 CET',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:37 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 32 Dec 1994 08:49:37 GMT',
    'Sun, 06 Nix 1994 08:49:37 GMT',
    '1994-11-06T08:49:37Z',
    `Sun, 06 Nov 1994 08:49:37 GMT${' '.repeat(50)}`,
  ])('knows nothing of %j', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });

  it('reads every second in all three forms', () => {
    const date = fc.date({
      min: new Date(NOW - 40 * 365 * 86_400_000),
      max: new Date(NOW + 40 * 365 * 86_400_000),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(date, (at) => {
        const ms = Math.floor(at.getTime() / 1000) * 1000;
        const fixdate = new Date(ms).toUTCString();
        const [, day, month, year, time] = /^..., (..) (...) (....) (.{8}) GMT$/.exec(fixdate)!;
        const weekday = DAYS[new Date(ms).getUTCDay()]!;
        expect(parseHttpDate(fixdate, NOW)).toBe(ms);
        expect(parseHttpDate(`${weekday}, ${day}-${month}-${year!.slice(2)} ${time} GMT`, NOW)).toBe(ms);
        const asctime = `${weekday.slice(0, 3)} ${month} ${day!.replace(/^0/, ' ')} ${time} ${year}`;
        expect(parseHttpDate(asctime, NOW)).toBe(ms);
      }),
    );
  });
});
