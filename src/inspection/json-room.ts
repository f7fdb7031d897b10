// How much room extracted values take where they are written as JSON. What a peer nests or repeats without end stays out.

/** As in records: writers and readers of JSON call themselves once per level. */
export const JSON_DEPTH_MAX = 512;
/** Of all that one expression finds in one response: `$..*` finds the same text once per level around it. */
const CHARACTERS_MAX = 16 * 1024 * 1024;

export class JsonRoom {
  #left = CHARACTERS_MAX;

  /** False where the value does not fit, whereupon nothing does. */
  take(value: unknown): boolean {
    this.#left = leftBehind(value, this.#left, JSON_DEPTH_MAX);
    return this.#left >= 0;
  }
}

/** The value, or undefined where it does not fit. */
export function fitting(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return new JsonRoom().take(value) ? value : undefined;
}

/** What is left of so many characters behind the value, about; negative where it does not fit or has too many levels. */
function leftBehind(value: unknown, room: number, levels: number): number {
  if (typeof value === 'string') return room - value.length - 2;
  if (typeof value !== 'object' || value === null) return room - 4;
  if (levels === 0) return -1;
  let left = room - 2;
  for (const key in value) {
    left = leftBehind((value as Record<string, unknown>)[key], left - key.length, levels - 1);
    if (left < 0) return left;
  }
  return left;
}
