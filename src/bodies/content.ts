// What a request names as its body, in any of the ways it may, as octets to send. The factory of requests is given this
// by the engine, because the model knows no files and no streams.

import { InvalidRequest } from '../model/invalid.ts';
import type { Content, ContentKind, FormFields, MultipartFields } from '../model/request.ts';
import { fileBody } from './file-body.ts';
import { FORM_TYPE, formText } from './form.ts';
import { multipart } from './multipart.ts';
import { contentOfStream, webBody } from './web-body.ts';

const encoder = new TextEncoder();

/** Throws InvalidRequest for what cannot be sent. */
export function contentOf(kind: ContentKind, value: unknown): Content {
  try {
    return convert(kind, value);
  } catch (error) {
    if (error instanceof InvalidRequest) throw error;
    throw new InvalidRequest(error instanceof Error ? error.message : String(error));
  }
}

function convert(kind: ContentKind, value: unknown): Content {
  switch (kind) {
    case 'body':
      // Text goes out as it is: what it means, its Content-Type says, and only the caller knows that.
      return typeof value === 'string' ? { body: encoder.encode(value) } : webBody(value);
    case 'form':
      return { body: encoder.encode(formText(value as FormFields)), contentType: FORM_TYPE };
    case 'multipart':
      return contentOfStream(multipart(value as MultipartFields | FormData));
    case 'bodyFile':
      if (typeof value !== 'string') throw new InvalidRequest('bodyFile is the path of a file');
      return contentOfStream(fileBody(value));
    default:
      return kind satisfies never;
  }
}
