// Names to addresses as a test says: at once, later, or never. Counts who asked.

import type { Address, Resolver } from '../../src/model/contracts.ts';
import { systemError } from './wire.ts';

type Answer = (error: Error | null, addresses: readonly Address[]) => void;

export const ADDRESS: Address = { address: '192.0.2.1', family: 4 };

export class FakeResolver implements Resolver {
  /** False: answers wait for `answer` or `fail`. */
  immediate = true;
  /** Every name asked for, in order. */
  readonly asked: string[] = [];
  readonly forgotten: string[] = [];
  readonly addresses = new Map<string, readonly Address[]>();
  #waiting: { readonly host: string; readonly done: Answer }[] = [];

  resolve(host: string, done: Answer): void {
    this.asked.push(host);
    if (this.immediate) done(null, this.#of(host));
    else this.#waiting.push({ host, done });
  }

  forget(host: string): void {
    this.forgotten.push(host);
  }

  /** Lookups that wait. */
  get waiting(): number {
    return this.#waiting.length;
  }

  answer(): void {
    for (const { host, done } of this.#take()) done(null, this.#of(host));
  }

  fail(error: Error = systemError('ENOTFOUND', 'getaddrinfo ENOTFOUND')): void {
    for (const { done } of this.#take()) done(error, []);
  }

  #take() {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting;
  }

  #of(host: string): readonly Address[] {
    return this.addresses.get(host) ?? [ADDRESS];
  }
}
