// Bodies that go where the sink keeps them while they arrive, and not into memory. It stands between the transport and
// the run: an outcome passes when its body is stored.

import type { BodyStore, Done } from '../model/contracts.ts';
import type { Settings } from '../model/options.ts';
import type { Request } from '../model/request.ts';
import type { DecodingLimits } from '../session/decoding.ts';
import { Download, type DownloadTools } from './download.ts';

/** Up to here a body is cheaper in memory: its file is opened, written and closed in one go. */
const HELD_BYTES_MAX = 64 * 1024;

type DownloadSettings = Pick<
  Settings,
  'downloadBytesMax' | 'downloadResumes' | 'bodyBytesMax' | 'compressed'
>;

export class Downloads {
  readonly #tools: DownloadTools;

  /** `again`: the request is to be admitted anew. */
  constructor(
    bodies: BodyStore,
    settings: DownloadSettings,
    decoding: DecodingLimits,
    run: { readonly done: Done; readonly again: (request: Request) => void },
  ) {
    this.#tools = {
      bodies,
      bytesMax: settings.downloadBytesMax,
      resumesMax: settings.downloadResumes,
      heldBytesMax: Math.min(HELD_BYTES_MAX, settings.bodyBytesMax, settings.downloadBytesMax),
      // The limit on what is decoded is the one on what is kept.
      decoding: settings.compressed ? { ...decoding, decodedBytesMax: Number.MAX_SAFE_INTEGER } : undefined,
      ...run,
    };
  }

  /** Before it is sent. One that takes another's place, after a redirect, has its taker already. */
  prepare(request: Request): void {
    if (request.method !== 'HEAD') request.taker ??= new Download(this.#tools);
  }

  /** What the transport is given in place of the run's own. */
  readonly onDone: Done = (request, outcome) => {
    const { taker } = request;
    if (taker instanceof Download) taker.end(request, outcome);
    else this.#tools.done(request, outcome);
  };
}
