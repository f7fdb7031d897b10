// Bodies that go where the sink keeps them while they arrive, or where nobody does, and not into memory. It stands
// between the transport and the run: an outcome passes when its body is stored.

import type { BodyStore, Clock, ContentTaker, Done } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import type { Request } from '../model/request.ts';
import { decodedMax, decodedTooMuch } from '../session/coding-limits.ts';
import type { DecodingLimits } from '../session/decoding.ts';
import { NO_BODIES } from '../sinks/no-bodies.ts';
import { TimerWheel } from '../transport/timer-wheel.ts';
import { Download, type DownloadTools, isCollected } from './download.ts';

/** Up to here a body is cheaper in memory: its file is opened, written and closed in one go. */
const HELD_BYTES_MAX = 64 * 1024;

type DownloadSettings = Pick<
  Settings,
  | 'downloadBytesMax'
  | 'downloadResumes'
  | 'bodyBytesMax'
  | 'compressed'
  | 'timeoutMs'
  | 'pipeline'
  | 'shouldRetry'
>;

interface DownloadRun {
  readonly clock: Clock;
  readonly done: Done;
  /** The request is to be admitted anew. */
  readonly again: (request: Request) => void;
}

export class Downloads {
  readonly #tools: DownloadTools;
  /** For all requests: most bodies are small, and only one that may not be has a download made for it. */
  readonly #usher: ContentTaker;

  private constructor(tools: DownloadTools) {
    this.#tools = tools;
    this.#usher = {
      onHead(request, head, control) {
        if (isCollected(request, head, tools)) return false;
        // Whoever takes the content is asked of the request once it is known that somebody does.
        const download = new Download(tools);
        request.taker = download;
        return download.onHead(request, head, control);
      },
      onContent: () => true,
    };
  }

  /** Undefined where bodies come with their outcomes. */
  static of(
    bodies: BodyStore | undefined,
    settings: DownloadSettings,
    decoding: DecodingLimits,
    run: DownloadRun,
  ): Downloads | undefined {
    if (bodies === undefined) return undefined;
    if (bodies !== NO_BODIES) return new Downloads({ ...kept(bodies, settings, decoding), ...run });
    // The caller's function may look at any body, and what is taken as it arrives is not pipelined.
    if (settings.shouldRetry !== undefined || settings.pipeline > 1) return undefined;
    return new Downloads({ ...dropped(settings, decoding, run.clock), ...run });
  }

  /** Before it is sent. One that takes another's place, after a redirect, has its taker already. */
  prepare(request: Request): void {
    if (request.method !== 'HEAD') request.taker ??= this.#usher;
  }

  /** What the transport is given in place of the run's own. */
  readonly onDone: Done = (request, outcome) => {
    const { taker } = request;
    if (taker instanceof Download) taker.end(request, outcome);
    else this.#tools.done(request, outcome);
  };
}

type Terms = Omit<DownloadTools, 'done' | 'again'>;

function kept(
  bodies: BodyStore,
  { downloadBytesMax, downloadResumes, bodyBytesMax, compressed }: DownloadSettings,
  decoding: DecodingLimits,
): Terms {
  return {
    bodies,
    bytesMax: downloadBytesMax,
    limitedBy: 'downloadBytesMax',
    contentBytesMax: Number.MAX_SAFE_INTEGER,
    resumesMax: downloadResumes,
    heldBytesMax: Math.min(HELD_BYTES_MAX, bodyBytesMax, downloadBytesMax),
    // The limit on what is decoded is the one on what is kept.
    decoding: compressed ? { ...decoding, decodedBytesMax: Number.MAX_SAFE_INTEGER } : undefined,
    faultOf: () => undefined,
    deadlines: undefined,
  };
}

/** The limits are those of a body in memory, so that nothing comes to another end because nobody wants its body. */
function dropped(
  { bodyBytesMax, compressed, timeoutMs }: DownloadSettings,
  decoding: DecodingLimits,
  clock: Clock,
): Terms {
  return {
    bodies: NO_BODIES,
    bytesMax: bodyBytesMax,
    limitedBy: 'bodyBytesMax',
    contentBytesMax: bodyBytesMax,
    // There is nothing that the rest could be put to.
    resumesMax: 0,
    heldBytesMax: Math.min(HELD_BYTES_MAX, bodyBytesMax),
    // In memory the ratio is that of the whole body; its beginning may well grow to more.
    decoding: compressed ? { ...decoding, decodedRatioMax: Number.MAX_SAFE_INTEGER } : undefined,
    faultOf: (decodedBytes, contentBytes) =>
      decodedBytes > decodedMax(decoding, contentBytes) ? decodedTooMuch(decoding, contentBytes) : undefined,
    deadlines: { wheel: new TimerWheel(clock), timeoutMs },
  };
}
