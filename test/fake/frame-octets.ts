// Frames and field blocks as octets (RFC 9113 section 4, RFC 7541 section 6), written down by hand: nothing here shares
// code with what is tested. Checks nothing, so that a test can make anything of it.

export type Pair = readonly [name: string, value: string];

export const Type = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

export const ACK = 0x1;
export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const PRIORITY = 0x20;

export const Id = {
  HEADER_TABLE_SIZE: 1,
  ENABLE_PUSH: 2,
  MAX_CONCURRENT_STREAMS: 3,
  INITIAL_WINDOW_SIZE: 4,
  MAX_FRAME_SIZE: 5,
  MAX_HEADER_LIST_SIZE: 6,
} as const;

export const Code = {
  NO_ERROR: 0,
  PROTOCOL_ERROR: 1,
  INTERNAL_ERROR: 2,
  FLOW_CONTROL_ERROR: 3,
  SETTINGS_TIMEOUT: 4,
  STREAM_CLOSED: 5,
  FRAME_SIZE_ERROR: 6,
  REFUSED_STREAM: 7,
  CANCEL: 8,
  COMPRESSION_ERROR: 9,
  CONNECT_ERROR: 10,
  ENHANCE_YOUR_CALM: 11,
  INADEQUATE_SECURITY: 12,
  HTTP_1_1_REQUIRED: 13,
} as const;

export const WINDOW = 65_535;
export const WINDOW_MAX = 2 ** 31 - 1;
export const FRAME_MAX = 16_384;
export const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

export function frameOf(type: number, flags: number, streamId: number, payload: Uint8Array): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

export function uint32(...values: readonly number[]): Buffer {
  const octets = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => {
    octets.writeUInt32BE(value >>> 0, 4 * i);
  });
  return octets;
}

export function settingsOf(settings: readonly (readonly [id: number, value: number])[]): Buffer {
  const octets = Buffer.alloc(6 * settings.length);
  settings.forEach(([id, value], i) => {
    octets.writeUInt16BE(id, 6 * i);
    octets.writeUInt32BE(value, 6 * i + 2);
  });
  return octets;
}

/** With the octet that says how long the padding is in front. */
export function padded(payload: Uint8Array, padding: number): Buffer {
  return Buffer.concat([Buffer.from([padding]), payload, Buffer.alloc(padding)]);
}

/** Every field a literal with a new name: `indexed` ones go into the table, the first of them as entry 62. */
export function blockOf(fields: readonly Pair[], indexed = false): Buffer {
  const first = Buffer.from([indexed ? 0x40 : 0x00]);
  return Buffer.concat(fields.flatMap(([name, value]) => [first, textOf(name), textOf(value)]));
}

function textOf(text: string): Buffer {
  return Buffer.concat([Buffer.from(integerOf(text.length, 7)), Buffer.from(text, 'latin1')]);
}

/** RFC 7541 section 5.1, the bits in front of the prefix 0. */
function integerOf(value: number, prefixBits: number): number[] {
  const most = 2 ** prefixBits - 1;
  if (value < most) return [value];
  const octets = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) + 128);
  return [...octets, rest];
}
