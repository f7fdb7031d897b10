// Subresource Integrity, as `init.integrity` asks for it: whether content has one of the hashes that were named
// (https://w3c.github.io/webappsec-subresource-integrity/).

/** From weak to strong: only the strongest kind that is named counts. */
const ALGORITHMS = ['sha256', 'sha384', 'sha512'] as const;
const METADATA = /^(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+)={0,2}(?:\?.*)?$/i;

/** True also where no hash that is known here is named: the standard has it so. */
export function hasIntegrity(content: Uint8Array, metadata: string): boolean {
  const wanted = new Map<string, Set<string>>();
  for (const item of metadata.split(/[\t\n\f\r ]+/)) {
    const match = METADATA.exec(item);
    if (match === null) continue;
    const algorithm = match[1]!.toLowerCase();
    const hashes = wanted.get(algorithm) ?? new Set();
    wanted.set(algorithm, hashes.add(match[2]!.replaceAll('+', '-').replaceAll('/', '_')));
  }
  const strongest = ALGORITHMS.findLast((algorithm) => wanted.has(algorithm));
  if (strongest === undefined) return true;
  // Loaded when it is first asked for: few calls name a hash.
  const { createHash } = process.getBuiltinModule('node:crypto');
  return wanted.get(strongest)!.has(createHash(strongest).update(content).digest('base64url'));
}
