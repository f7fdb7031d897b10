// Characters for property tests: those that formats treat specially, often, and all others, halves of pairs included.
// (fast-check's own unit `binary` takes 0.6 s to set up in each test file.)

import fc from 'fast-check';

const special = fc.constantFrom(
  ...'"\\/\n\r\t,;{}[]\u0000\u001f\u007f\u0085\u2028\u2029\ufeff\ufffd',
  '\ud83c',
  '\udf28',
);

export const character: fc.Arbitrary<string> = fc.oneof(
  special,
  fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
  fc.integer({ min: 0, max: 0x10ffff }).map((code) => String.fromCodePoint(code)),
);
