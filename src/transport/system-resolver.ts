// Names to addresses as the system does it (hosts file included). Caches nothing.

import { type LookupOptions, lookup } from 'node:dns';
import { isIP } from 'node:net';
import type { Address, Resolver } from '../model/contracts.ts';
import { ofFamily } from './wire-errors.ts';

export class SystemResolver implements Resolver {
  readonly #options: LookupOptions & { all: true };

  readonly #family: 'any' | '4' | '6';

  constructor(family: 'any' | '4' | '6') {
    this.#family = family;
    this.#options = { all: true, family: family === 'any' ? 0 : Number(family) };
  }

  resolve(host: string, done: (error: Error | null, addresses: readonly Address[]) => void): void {
    const literal = isIP(host);
    if (literal !== 0) {
      done(null, [{ address: host, family: literal as 4 | 6 }]);
      return;
    }
    lookup(host, this.#options, (error, found) => {
      if (error !== null) done(ofFamily(error, this.#family), []);
      else done(null, found as Address[]);
    });
  }

  forget(): void {}
}
