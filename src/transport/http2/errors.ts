// Error codes of HTTP/2 and their names (RFC 9113 section 7), and what is wrong with a connection or a stream.
// Decides nothing.

export const ErrorCode = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

const NAMES = Object.keys(ErrorCode);

/** `REFUSED_STREAM`, or `0x2a` for a code that the RFC does not know: such codes are no error (section 7). */
export function errorName(code: number): string {
  return NAMES[code] ?? `0x${code.toString(16)}`;
}

/** Why nothing more can be read from a peer: the connection ends with this code (section 5.4.1). The message says what
 *  was sent, as the end of a sentence that names the peer. */
export interface ConnectionFault {
  readonly code: number;
  readonly message: string;
}
