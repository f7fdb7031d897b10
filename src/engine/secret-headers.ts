// Names of fields that open doors, besides those that HTTP has for it. What becomes of them is for others to say.

import type { Settings } from '../model/options.ts';

/** What services commonly take for a login. */
const SECRET_HEADERS = ['x-api-key', 'x-auth-token'];

/** In lower case. */
export function secretHeaders(settings: Pick<Settings, 'secretHeaders'>): string[] {
  return [...SECRET_HEADERS, ...settings.secretHeaders.map((name) => name.toLowerCase())];
}
