// What happens next in virtual time: a binary heap of moments over typed arrays. Equal moments come in any fixed order.

export class EventQueue {
  #times = new Float64Array(1024);
  #items = new Int32Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get nextAtMs(): number {
    return this.#size === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  push(atMs: number, item: number): void {
    if (this.#size === this.#times.length) this.#grow();
    const times = this.#times;
    const items = this.#items;
    let at = this.#size++;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (times[parent]! <= atMs) break;
      times[at] = times[parent]!;
      items[at] = items[parent]!;
      at = parent;
    }
    times[at] = atMs;
    items[at] = item;
  }

  pop(): number {
    const times = this.#times;
    const items = this.#items;
    const popped = items[0]!;
    const size = --this.#size;
    const atMs = times[size]!;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && times[child + 1]! < times[child]!) child++;
      if (times[child]! >= atMs) break;
      times[at] = times[child]!;
      items[at] = items[child]!;
      at = child;
    }
    times[at] = atMs;
    items[at] = items[size]!;
    return popped;
  }

  #grow(): void {
    const times = new Float64Array(this.#times.length * 2);
    const items = new Int32Array(times.length);
    times.set(this.#times);
    items.set(this.#items);
    this.#times = times;
    this.#items = items;
  }
}
