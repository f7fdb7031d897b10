// The three forms of a date in HTTP (RFC 9110 section 5.6.7), to milliseconds since 1970. Anything else is undefined:
// Date.parse would make something of nearly every text, in the local time zone.

const MONTHS = 'jan feb mar apr may jun jul aug sep oct nov dec'.split(' ');
const TIME = '(\\d{2}):(\\d{2}):(\\d{2})';
/** Sun, 06 Nov 1994 08:49:37 GMT */
const IMF_FIXDATE = new RegExp(`^[a-z]{3}, (\\d{2}) ([a-z]{3}) (\\d{4}) ${TIME} (?:gmt|utc)$`, 'i');
/** Sunday, 06-Nov-94 08:49:37 GMT */
const RFC_850 = new RegExp(`^[a-z]{6,9}, (\\d{2})-([a-z]{3})-(\\d{2}) ${TIME} (?:gmt|utc)$`, 'i');
/** Sun Nov  6 08:49:37 1994 */
const ASCTIME = new RegExp(`^[a-z]{3} ([a-z]{3}) ([ \\d]\\d) ${TIME} (\\d{4})$`, 'i');
const TEXT_LENGTH_MAX = 40;

/** `wallMs`: now, which says what century a year of two digits belongs to. */
export function parseHttpDate(text: string, wallMs: number): number | undefined {
  if (text.length > TEXT_LENGTH_MAX) return undefined;
  let match = IMF_FIXDATE.exec(text);
  if (match !== null) return time(Number(match[3]), match[2]!, match[1]!, match.slice(4));
  match = RFC_850.exec(text);
  if (match !== null) return time(fullYear(Number(match[3]), wallMs), match[2]!, match[1]!, match.slice(4));
  match = ASCTIME.exec(text);
  return match === null ? undefined : time(Number(match[6]), match[1]!, match[2]!, match.slice(3, 6));
}

/** More than 50 years ahead means the past century. */
function fullYear(twoDigits: number, wallMs: number): number {
  const thisYear = new Date(wallMs).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

function time(year: number, monthName: string, day: string, clock: readonly string[]): number | undefined {
  const month = MONTHS.indexOf(monthName.toLowerCase());
  const [hours, minutes, seconds] = clock.map(Number) as [number, number, number];
  // 60 is a leap second.
  if (month === -1 || hours > 23 || minutes > 59 || seconds > 60) return undefined;
  const midnight = new Date(0);
  midnight.setUTCFullYear(year, month, Number(day));
  if (midnight.getUTCMonth() !== month || Number(day) === 0) return undefined;
  return midnight.getTime() + ((hours * 60 + minutes) * 60 + seconds) * 1000;
}
