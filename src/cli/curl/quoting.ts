// A word as a POSIX shell takes it. Plain words stay bare, everything else stands in single quotes; $'…' (POSIX.1-2024,
// and every common shell for long) where a control character or an octet that is no text has to be written.

const BARE = /^[A-Za-z0-9_@%+=:,./-]+$/;
const CONTROL = /[\u0000-\u001f\u007f]/;
const NAMED: Readonly<Record<number, string>> = {
  9: '\\t',
  10: '\\n',
  13: '\\r',
  39: "\\'",
  92: '\\\\',
};

/** Of text; it must not hold NUL, which no word can. */
export function quoted(text: string): string {
  if (BARE.test(text)) return text;
  if (CONTROL.test(text)) return dollarQuoted(Buffer.from(text, 'utf8'), true);
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Of octets, each of them one character of `latin1`. */
export function quotedOctets(latin1: string): string {
  if (/^[\x00-\x7f]*$/.test(latin1)) return quoted(latin1);
  const octets = Buffer.from(latin1, 'latin1');
  const text = octets.toString('utf8');
  return Buffer.from(text, 'utf8').equals(octets) ? quoted(text) : dollarQuoted(octets, false);
}

/** Octal escapes have three digits at most, so nothing behind one is taken for part of it. */
function dollarQuoted(octets: Buffer, isText: boolean): string {
  let inside = '';
  for (const octet of octets) {
    const plain = (octet >= 0x20 && octet < 0x7f) || (isText && octet >= 0x80);
    inside +=
      NAMED[octet] ?? (plain ? String.fromCharCode(octet) : `\\${octet.toString(8).padStart(3, '0')}`);
  }
  return `$'${isText ? Buffer.from(inside, 'latin1').toString('utf8') : inside}'`;
}
