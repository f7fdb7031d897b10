// The contents of one simulated file: as a process sees them, and as they would be found after a loss of power. What
// was written and not synced is kept as a list of changes, each of which may or may not have reached the disk.

/** Octets written at a place, or the size that the file was cut or grown to. */
type Change =
  | { readonly type: 'write'; readonly at: number; readonly bytes: Uint8Array }
  | { readonly type: 'truncate'; readonly size: number };

export class FakeInode {
  readonly #seen = new GrowingBytes();
  readonly #durable = new GrowingBytes();
  #unsynced: Change[] = [];

  get bytes(): Uint8Array {
    return this.#seen.bytes;
  }

  write(bytes: Uint8Array, at: number): void {
    // Not slice(), which copies nothing of a Buffer.
    this.#change({ type: 'write', at, bytes: new Uint8Array(bytes) });
  }

  truncate(size: number): void {
    this.#change({ type: 'truncate', size });
  }

  sync(): void {
    for (const change of this.#unsynced) this.#durable.apply(change);
    this.#unsynced = [];
  }

  /** The loss of power finds the sync half done. */
  syncHalf(): void {
    const half = this.#unsynced.splice(0, this.#unsynced.length >> 1);
    for (const change of half) this.#durable.apply(change);
  }

  /** As after an fsync that failed: the system holds the pages for clean, and no later sync writes them. */
  forgetUnsynced(): void {
    this.#unsynced = [];
  }

  copy(): FakeInode {
    const copy = new FakeInode();
    copy.#seen.set(this.#seen.bytes);
    copy.#durable.set(this.#durable.bytes);
    copy.#unsynced = [...this.#unsynced];
    return copy;
  }

  /** As it is found when power is back: what was synced, and any of the rest, whole or in part. */
  afterPowerLoss(random: () => number): FakeInode {
    const found = new GrowingBytes();
    found.set(this.#durable.bytes);
    // Nothing and everything are as likely as anything in between.
    const luck = random() < 0.5 ? Math.round(random()) : 0.5;
    for (const change of this.#unsynced) {
      if (random() >= luck) continue;
      const torn = luck !== 1 && change.type === 'write' && random() < 0.3;
      found.apply(
        torn ? { ...change, bytes: change.bytes.subarray(0, random() * change.bytes.length) } : change,
      );
    }
    const inode = new FakeInode();
    inode.#seen.set(found.bytes);
    inode.#durable.set(found.bytes);
    return inode;
  }

  #change(change: Change): void {
    this.#seen.apply(change);
    this.#unsynced.push(change);
  }
}

class GrowingBytes {
  #room = new Uint8Array(64);
  #size = 0;

  get bytes(): Uint8Array {
    return this.#room.subarray(0, this.#size);
  }

  set(bytes: Uint8Array): void {
    this.#room = bytes.slice();
    this.#size = bytes.length;
  }

  apply(change: Change): void {
    if (change.type === 'write') {
      this.#resize(Math.max(this.#size, change.at + change.bytes.length));
      this.#room.set(change.bytes, change.at);
    } else this.#resize(change.size);
  }

  /** What is new is zeros, also where it had been cut off before. */
  #resize(size: number): void {
    if (size > this.#room.length) {
      const room = new Uint8Array(Math.max(size, this.#room.length * 2));
      room.set(this.bytes);
      this.#room = room;
    }
    if (size < this.#size) this.#room.fill(0, size, this.#size);
    this.#size = size;
  }
}
