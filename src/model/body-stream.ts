// A body that is produced while it is sent: from a file, a stream, several parts. Only shapes.

/** Octets of a request body that are not all in memory. */
export interface BodyStream {
  /** Octets in all; undefined where only the end will tell: it then goes out chunked (RFC 9112 section 7.1). */
  readonly length: number | undefined;
  /** True where `open` may be called again and gives the same octets: only such a body can be sent again. */
  readonly replayable: boolean;
  /** The media type to send, unless the request says another. */
  readonly contentType: string | undefined;
  /** Begins at the first octet. Never throws: what is wrong comes from the first read. */
  open(): BodyReader;
}

export interface BodyReader {
  /**
   * Asks for the next octets and calls back exactly once, perhaps at once; one call at a time. No octets: the end.
   * What it gave stays valid, and is never empty.
   */
  read(done: (error: Error | undefined, bytes: Uint8Array | undefined) => void): void;
  /** It is not needed any more; safe to call twice, and while a read is under way, which then never calls back. */
  close(): void;
}

export function isBodyStream(value: unknown): value is BodyStream {
  return typeof value === 'object' && value !== null && 'open' in value && 'replayable' in value;
}
