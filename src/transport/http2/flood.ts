// What a peer may make us do for nothing (RFC 9113 section 10.5): so many frames without content or fields, and so many
// for streams that are no more, between two that bring something. Whoever reads asks after each read.

import { type ConnectionFault, ErrorCode } from './errors.ts';
import type { FrameReader } from './frame-reader.ts';

/** A peer that grants small windows sends two updates for each piece of a body, so that these are many. */
const CONTROL_FRAMES_MAX = 10_000;
/** Each costs its sender nine octets and brings nothing. */
const EMPTY_FRAMES_MAX = 1_000;
/** Streams that were reset may have much on its way yet. */
const STRAY_FRAMES_MAX = 10_000;

export class Flood {
  /** Frames for streams that are no more. */
  strays = 0;

  /** Something has come, or has left, that a request is better for. */
  progress(reader: FrameReader): void {
    reader.controlFrames = 0;
    reader.emptyFrames = 0;
    this.strays = 0;
  }

  fault(reader: FrameReader): ConnectionFault | undefined {
    if (reader.controlFrames > CONTROL_FRAMES_MAX) return flood(CONTROL_FRAMES_MAX, 'control frames');
    if (reader.emptyFrames > EMPTY_FRAMES_MAX) return flood(EMPTY_FRAMES_MAX, 'empty DATA frames');
    if (this.strays > STRAY_FRAMES_MAX) return flood(STRAY_FRAMES_MAX, 'frames on closed streams');
    return undefined;
  }
}

function flood(limit: number, what: string): ConnectionFault {
  return { code: ErrorCode.ENHANCE_YOUR_CALM, message: `more than ${limit} ${what} that bring nothing` };
}
