// Fields of a form as application/x-www-form-urlencoded, the way URLSearchParams writes them.

import type { FormFields } from '../model/request.ts';

export const FORM_TYPE = 'application/x-www-form-urlencoded';

const EXPECTED = 'text, a number, true or false, or a list of these';

/** `{ a: 1, b: ['x', 'y'] }` → `a=1&b=x&b=y`. Undefined fields are left out. Throws TypeError for any other value. */
export function formText(fields: FormFields): string {
  if (typeof fields !== 'object' || fields === null || Array.isArray(fields)) {
    throw new TypeError('form takes an object of names and values');
  }
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, fieldText(name, one));
  }
  return params.toString();
}

function fieldText(name: string, value: unknown): string {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value);
  throw new TypeError(`field ${JSON.stringify(name.slice(0, 60))} of form takes ${EXPECTED}`);
}
