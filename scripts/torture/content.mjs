// What the target answers for an index, and what must therefore stand in its record. The same from the same seed.

import { createHash } from 'node:crypto';

const NOT_FOUND_EVERY = 50;

/** `padding`: characters of the body at most, besides its hash. */
export function contentOf(seed, index, padding) {
  const hash = createHash('sha1').update(`${seed}:${index}`).digest('hex');
  const length = Number.parseInt(hash.slice(0, 8), 16) % (padding + 1);
  return {
    status: index % NOT_FOUND_EVERY === 7 ? 404 : 200,
    hash,
    body: `{"hash":"${hash}","of":${index},"padding":"${'x'.repeat(length)}"}`,
  };
}
