// What values the settings of a server may have (RFC 9113 section 6.5.2). What they mean is the connection's matter.

import { type ConnectionFault, ErrorCode } from './errors.ts';
import { DEFAULT_FRAME_BYTES_MAX, FRAME_BYTES_MAX, Setting, WINDOW_MAX } from './frame-types.ts';

/** Undefined for every value of a setting that is not known: it is ignored. */
export function settingFault(id: number, value: number): ConnectionFault | undefined {
  if (id === Setting.ENABLE_PUSH && value !== 0) {
    const message = `SETTINGS with ENABLE_PUSH of ${value}, which no server may send`;
    return { code: ErrorCode.PROTOCOL_ERROR, message };
  }
  if (id === Setting.INITIAL_WINDOW_SIZE && value > WINDOW_MAX) {
    const message = `SETTINGS with INITIAL_WINDOW_SIZE of ${value}, where ${WINDOW_MAX} is the most`;
    return { code: ErrorCode.FLOW_CONTROL_ERROR, message };
  }
  if (id === Setting.MAX_FRAME_SIZE && (value < DEFAULT_FRAME_BYTES_MAX || value > FRAME_BYTES_MAX)) {
    const message = `SETTINGS with MAX_FRAME_SIZE of ${value}, where ${DEFAULT_FRAME_BYTES_MAX} to ${FRAME_BYTES_MAX} may be`;
    return { code: ErrorCode.PROTOCOL_ERROR, message };
  }
  return undefined;
}
