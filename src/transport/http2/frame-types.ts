// Numbers of HTTP/2's framing layer (RFC 9113 sections 4 and 6). Does nothing.

export const FRAME_HEAD_BYTES = 9;
/** What a frame may hold before SETTINGS say otherwise, and the least that they may say (section 4.2). */
export const DEFAULT_FRAME_BYTES_MAX = 16_384;
/** The most that SETTINGS_MAX_FRAME_SIZE may say. */
export const FRAME_BYTES_MAX = 16_777_215;
/** The most that a flow-control window may be (section 6.9.1). */
export const WINDOW_MAX = 0x7fff_ffff;
/** What a window is before SETTINGS and WINDOW_UPDATE say otherwise (section 6.9.2). */
export const DEFAULT_WINDOW = 65_535;

export const FrameType = {
  DATA: 0x0,
  HEADERS: 0x1,
  PRIORITY: 0x2,
  RST_STREAM: 0x3,
  SETTINGS: 0x4,
  PUSH_PROMISE: 0x5,
  PING: 0x6,
  GOAWAY: 0x7,
  WINDOW_UPDATE: 0x8,
  CONTINUATION: 0x9,
} as const;

const NAMES = Object.keys(FrameType);

export function frameName(type: number): string {
  return NAMES[type] ?? `type 0x${type.toString(16)}`;
}

export const Flag = {
  ACK: 0x1,
  END_STREAM: 0x1,
  END_HEADERS: 0x4,
  PADDED: 0x8,
  PRIORITY: 0x20,
} as const;

export const Setting = {
  HEADER_TABLE_SIZE: 0x1,
  ENABLE_PUSH: 0x2,
  MAX_CONCURRENT_STREAMS: 0x3,
  INITIAL_WINDOW_SIZE: 0x4,
  MAX_FRAME_SIZE: 0x5,
  MAX_HEADER_LIST_SIZE: 0x6,
} as const;
