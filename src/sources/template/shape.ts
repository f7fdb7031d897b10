// What may be promised of texts that nobody has listed: whether they go into a request line as they are.
// Promises too little rather than too much; it decides only how fast a URL is taken apart.

/** What holds for every text (`sendable`) or may hold for some of them (the rest). */
export interface Shape {
  /** Only characters of RFC 3986 paths and queries, none percent-encoded: nothing to encode, nothing to cut. */
  readonly sendable: boolean;
  readonly empty: boolean;
  readonly startsWithDot: boolean;
  readonly endsWithSlash: boolean;
  /** Holds `/.`: perhaps a dot segment. */
  readonly slashDot: boolean;
}

// unreserved / sub-delims / ":" / "@" / "/" / "?" (RFC 3986 sections 2.2, 2.3, 3.3 and 3.4).
const SENDABLE = /^[A-Za-z0-9\-._~!$&'()*+,;=:@/?]*$/;

const NOTHING: Shape = {
  sendable: true,
  empty: true,
  startsWithDot: false,
  endsWithSlash: false,
  slashDot: false,
};

export const DIGITS: Shape = { ...NOTHING, empty: false };

export function shapeOf(text: string): Shape {
  return {
    sendable: SENDABLE.test(text),
    empty: text === '',
    startsWithDot: text.startsWith('.'),
    endsWithSlash: text.endsWith('/'),
    slashDot: text.includes('/.'),
  };
}

/** Of any one of these texts. */
export function eitherOf(texts: readonly string[]): Shape {
  const shape = { ...NOTHING, empty: false };
  for (const text of texts) {
    if (shape.sendable && !SENDABLE.test(text)) shape.sendable = false;
    if (text === '') shape.empty = true;
    if (text.startsWith('.')) shape.startsWithDot = true;
    if (text.endsWith('/')) shape.endsWithSlash = true;
    if (text.includes('/.')) shape.slashDot = true;
  }
  return shape;
}

/** Of one text of each, written one behind the other. */
export function inSequence(shapes: readonly Shape[]): Shape {
  return shapes.reduce(
    (before, after) => ({
      sendable: before.sendable && after.sendable,
      empty: before.empty && after.empty,
      startsWithDot: before.startsWithDot || (before.empty && after.startsWithDot),
      endsWithSlash: after.endsWithSlash || (after.empty && before.endsWithSlash),
      slashDot: before.slashDot || after.slashDot || (before.endsWithSlash && after.startsWithDot),
    }),
    NOTHING,
  );
}

/** Of `min` to `max` texts, each one of these. */
export function repeated(texts: readonly string[], min: number, max: number): Shape {
  const one = eitherOf(texts);
  return {
    ...one,
    empty: one.empty || min === 0,
    slashDot: one.slashDot || (max > 1 && one.endsWithSlash && one.startsWithDot),
  };
}

/** Of these texts behind encodeURIComponent, which leaves dots as they are and never writes `%2e`. */
export function encoded(shape: Shape): Shape {
  return { ...shape, sendable: true, endsWithSlash: false, slashDot: false };
}
