// Whom a reader of frames tells what it reads (RFC 9113 section 6), and how much it may hold. Does nothing.

export interface FrameLimits {
  /** Octets of a field block as it is sent, over HEADERS and all its CONTINUATION frames. */
  readonly headerBlockBytesMax: number;
  /** CONTINUATION frames behind one HEADERS frame. */
  readonly continuationsMax: number;
}

/**
 * Hears of frames in the order in which they came. Octets are valid during the call only. Streams are not known here:
 * whether one is open, idle or closed is for whoever hears of it. No method may throw.
 */
export interface FrameVisitor {
  /** A piece of a DATA frame as it comes; `start` may be `end`. `flowBytes`: how much of the windows it takes, padding
   *  included; the sum over all pieces is the frame's length. `endStream`: the last piece of the stream's last frame. */
  onData(
    streamId: number,
    b: Buffer,
    start: number,
    end: number,
    flowBytes: number,
    endStream: boolean,
  ): void;
  /** A whole field block: of a response, of an interim one, or trailers. */
  onHeaders(streamId: number, b: Buffer, start: number, end: number, endStream: boolean): void;
  onRstStream(streamId: number, code: number): void;
  /** One setting, also one that is not known, which is to be ignored. */
  onSetting(id: number, value: number): void;
  /** Its settings were told: they are to be acknowledged. */
  onSettings(): void;
  onSettingsAck(): void;
  /** The eight octets from `start` on are to be sent back. */
  onPing(b: Buffer, start: number): void;
  onPingAck(b: Buffer, start: number): void;
  /** `start` to `end`: what the peer says about it, for people. */
  onGoaway(lastStreamId: number, code: number, b: Buffer, start: number, end: number): void;
  /** Stream 0 is the connection. */
  onWindowUpdate(streamId: number, increment: number): void;
  /** Something is wrong that concerns this stream alone (section 5.4.2). */
  onStreamFault(streamId: number, code: number, message: string): void;
}
