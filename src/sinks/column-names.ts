// What CSV and tables call their columns where options say which ones there are.

import type { BodyForm } from './shown-body.ts';

export const TIMING_COLUMNS = ['queue_ms', 'dns_ms', 'connect_ms', 'tls_ms', 'first_byte_ms'];

/** Text and base64 stand in columns of their own: nobody could tell them apart in one. */
export function bodyColumns(form: BodyForm): readonly string[] {
  switch (form) {
    case 'auto':
      return ['body', 'body_base64', 'body_error'];
    case 'text':
    case 'json':
      return ['body', 'body_error'];
    case 'base64':
      return ['body_base64', 'body_error'];
    case 'files':
      return ['body_file'];
    case 'none':
      return [];
    default:
      return form satisfies never;
  }
}
