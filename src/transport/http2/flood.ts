// What a peer may make us do for nothing (RFC 9113 section 10.5): so many frames without content or fields, and so many
// for streams that are no more, between two that bring something. Whoever reads asks after each read.

import { type ConnectionFault, ErrorCode } from './errors.ts';
import type { FrameReader } from './frame-reader.ts';

/** A peer that grants small windows sends two updates for each piece of a body, so that these are many. */
const CONTROL_FRAMES_MAX = 10_000;
/** Each costs its sender nine octets and brings nothing. */
const EMPTY_FRAMES_MAX = 1_000;
/** Streams that were reset may have much on its way yet: up to a window each. */
const STRAY_BLOCKS_MAX = 10_000;
const STRAY_DATA_MAX = 20_000;

export class Flood {
  /** Field blocks for streams that are no more. */
  strayBlocks = 0;

  /** Something has come, or has left, that a request is better for. */
  progress(reader: FrameReader): void {
    reader.controlFrames = 0;
    reader.emptyFrames = 0;
    reader.dataFrames = 0;
    this.strayBlocks = 0;
  }

  fault(reader: FrameReader): ConnectionFault | undefined {
    if (reader.controlFrames > CONTROL_FRAMES_MAX) return flood(CONTROL_FRAMES_MAX, 'control frames');
    if (reader.emptyFrames > EMPTY_FRAMES_MAX) return flood(EMPTY_FRAMES_MAX, 'empty DATA frames');
    if (this.strayBlocks > STRAY_BLOCKS_MAX) return flood(STRAY_BLOCKS_MAX, 'HEADERS on closed streams');
    // DATA for a stream that is open is progress.
    if (reader.dataFrames > STRAY_DATA_MAX) return flood(STRAY_DATA_MAX, 'DATA frames on closed streams');
    return undefined;
  }
}

function flood(limit: number, what: string): ConnectionFault {
  return { code: ErrorCode.ENHANCE_YOUR_CALM, message: `more than ${limit} ${what} that bring nothing` };
}
