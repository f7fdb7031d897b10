// The store of bodies that nobody wants: their octets are counted and dropped as they arrive. Never holds one.

import type { BodyStore, BodyWriter, DurableSink } from '../model/contracts.ts';
import type { StoredBody } from '../model/outcome.ts';

class NoBody implements BodyWriter {
  bytes = 0;

  append(_: Buffer, start: number, end: number): boolean {
    this.bytes += end - start;
    return true;
  }

  restart(): void {
    this.bytes = 0;
  }

  finish(_: string, done: (error: undefined, stored: StoredBody) => void): void {
    done(undefined, { bytes: this.bytes, file: '' });
  }

  remove(done: () => void): void {
    done();
  }
}

/** One for all: who has it keeps nothing, so that limits on what is kept say nothing here. */
export const NO_BODIES: BodyStore = {
  open: () => new NoBody(),
  discard() {},
};

/** The same sink, whose records show nothing of bodies but their length. */
export function withoutBodies(sink: DurableSink): DurableSink {
  return Object.assign(sink, { bodies: NO_BODIES });
}
