// What a peer may make us decode, and the words for what it may not. Never decodes.

export interface DecodingLimits {
  /** Codings on one body. */
  readonly codingsMax: number;
  /** Octets of decoded content, of the innermost and of every layer between; the limit on bodies, `bodyBytesMax`. */
  readonly decodedBytesMax: number;
  /** Decoded octets per encoded octet that has come so far; holds above RATIO_FLOOR_BYTES of decoded content. */
  readonly decodedRatioMax: number;
  /** Encoded octets up to which a body is decoded at once, on the thread that asks. */
  readonly syncBytesMax: number;
}

/** The message is the end of a sentence that names the peer: `host sent …`. */
export interface DecodeFault {
  readonly kind: 'protocol' | 'too-large';
  readonly message: string;
}

/** Up to here any ratio is fine: a short run of one character can be a thousand times smaller, and harms nobody. */
export const RATIO_FLOOR_BYTES = 1024 * 1024;

/**
 * Measured (bench/micro/decoding.mjs, two processors): this much gzip, 150 KB of JSON, takes 0.1 ms at once. Streamed it
 * is there after 0.3 ms and takes 0.16 ms of processor time, a quarter of it on this thread. Streaming decodes more a
 * second only from 100 KB on; the limit is lower because a body that is decoded at once holds up all others.
 */
export const SYNC_BYTES_MAX = 32 * 1024;

/** How many octets a body of so many encoded ones may become. */
export function decodedMax(limits: DecodingLimits, encodedBytes: number): number {
  const byRatio = Math.max(RATIO_FLOOR_BYTES, Math.floor(encodedBytes * limits.decodedRatioMax));
  return Math.min(limits.decodedBytesMax, byRatio);
}

/** The fault of a body that became more than `decodedMax`. */
export function decodedTooMuch(limits: DecodingLimits, encodedBytes: number): DecodeFault {
  if (decodedMax(limits, encodedBytes) === limits.decodedBytesMax) {
    return tooLarge(`decoded content beyond the limit of ${limits.decodedBytesMax} (bodyBytesMax)`);
  }
  return tooLarge(
    `content that grows to more than ${limits.decodedRatioMax} times its encoded size (decodedRatioMax)`,
  );
}

export function tooLarge(message: string): DecodeFault {
  return { kind: 'too-large', message };
}

export function undecodable(message: string): DecodeFault {
  return { kind: 'protocol', message };
}

export function endsEarly(coding: string): DecodeFault {
  return undecodable(`${coding} content that ends early`);
}

export function startsOtherwise(coding: string): DecodeFault {
  return undecodable(`content that does not start as ${coding} does`);
}

/** Zero padding is ignored, as gzip(1) and curl do; anything else may be a part that got lost, so it is no success. */
export function goesOn(coding: string): DecodeFault {
  return undecodable(`octets after the end of its ${coding} content`);
}

export function isPadding(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i] !== 0) return false;
  return true;
}
