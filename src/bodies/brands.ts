// Which kind of body an object is, by what the standards have it say of itself. Not by `instanceof`: that loads Node's
// whole fetch for the first FormData it asks about, and knows no other implementation's.

export function isFormData(value: object): value is FormData {
  return brand(value) === 'FormData' && Symbol.iterator in value;
}

/** A File is one too. */
export function isBlob(value: unknown): value is Blob {
  if (typeof value !== 'object' || value === null) return false;
  const name = brand(value);
  return (name === 'Blob' || name === 'File') && 'stream' in value;
}

function brand(value: object): unknown {
  return (value as { readonly [Symbol.toStringTag]?: unknown })[Symbol.toStringTag];
}
