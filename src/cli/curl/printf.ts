// Octets as the format of printf(1), both ways: the one way to give a program octets that no word can hold. POSIX, so
// every shell has it built in, without a limit on its length.

const BACKSLASH = 0x5c;
const PERCENT = 0x25;
const QUOTE = 0x27;
const DASH = 0x2d;

/**
 * Fit for single quotes, which it is without. Everything that is no plain character of ASCII is an octal escape; so is
 * a quote, and a dash where it could begin an option.
 */
export function formatOf(octets: Uint8Array): string {
  let format = '';
  for (const octet of octets) {
    if (octet === PERCENT) format += '%%';
    else if (octet === BACKSLASH) format += '\\\\';
    else if (octet >= 0x20 && octet < 0x7f && octet !== QUOTE && !(octet === DASH && format === ''))
      format += String.fromCharCode(octet);
    // Always three digits, so that a digit behind it is not taken for part of it.
    else format += `\\${octet.toString(8).padStart(3, '0')}`;
  }
  return format;
}

/** Undefined where the format holds anything but octal escapes, `\\` and `%%`. */
export function readFormat(format: Buffer): Buffer | undefined {
  const octets = Buffer.alloc(format.length);
  let length = 0;
  for (let at = 0; at < format.length; at++) {
    let octet = format[at]!;
    if (octet === PERCENT) {
      if (format[++at] !== PERCENT) return undefined;
    } else if (octet === BACKSLASH) {
      if (format[at + 1] === BACKSLASH) {
        at++;
      } else {
        const digits = /^[0-7]{1,3}/.exec(format.toString('latin1', at + 1, at + 4))?.[0];
        if (digits === undefined) return undefined;
        octet = Number.parseInt(digits, 8) & 0xff;
        at += digits.length;
      }
    }
    octets[length++] = octet;
  }
  return octets.subarray(0, length);
}
