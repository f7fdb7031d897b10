// Folders for bodies. Never empties one.

import { mkdir } from 'node:fs';

export function makeFolder(path: string, done: (error: Error | null) => void): void {
  mkdir(path, { recursive: true }, (error) => done(error));
}
