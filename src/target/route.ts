// What a route is, what its handler is given, and how a request finds it. Knows no single route.

import type { IncomingMessage, ServerResponse } from 'node:http';
import { BadParameter } from './parameters.ts';

/** One row of the table that both dispatches requests and writes the page at `/`. */
export interface Route {
  /** Its key in `counts.routes`. */
  readonly name: string;
  /** `/name`, `/name/literal` or `/name/PARAMETER` (capitals), then the query it understands. */
  readonly pattern: string;
  /** A path to try; each is requested by a test. */
  readonly example: string;
  /** One sentence, without a full stop. */
  readonly sentence: string;
  /** True where the handler wants `body`; elsewhere it is read and thrown away. */
  readonly keepsBody?: boolean;
  readonly handle: (exchange: Exchange) => void;
}

const NO_BODY = Buffer.alloc(0);

/** One request and its response, on the way through a handler. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly queryText: string;
  body: Buffer = NO_BODY;
  readonly #rest: string;
  #query: URLSearchParams | undefined;

  constructor(request: IncomingMessage, response: ServerResponse, rest: string, queryText: string) {
    this.request = request;
    this.response = response;
    this.queryText = queryText;
    this.#rest = rest;
  }

  /** What follows `/name/` in the path, percent-decoded. Throws BadParameter where an escape is none. */
  get rest(): string {
    return this.#rest.includes('%') ? decodePath(this.#rest) : this.#rest;
  }

  get query(): URLSearchParams {
    this.#query ??= new URLSearchParams(this.queryText);
    return this.#query;
  }
}

/** A request-target taken apart: `/name/rest?query`. */
export interface Place {
  readonly name: string;
  readonly rest: string;
  readonly query: string;
}

const AUTHORITY = /^https?:\/\/[^/?]*/i;

/** Takes origin-form and absolute-form (RFC 9112 section 3.2); anything else is a name that no route has. */
export function placeOf(target: string): Place {
  if (target.charCodeAt(0) !== 47) return placeOfOther(target);
  const question = target.indexOf('?');
  const end = question === -1 ? target.length : question;
  const slash = target.indexOf('/', 1);
  const nameEnd = slash === -1 || slash > end ? end : slash;
  return {
    name: target.slice(1, nameEnd),
    rest: target.slice(nameEnd + 1, end),
    query: question === -1 ? '' : target.slice(question + 1),
  };
}

function placeOfOther(target: string): Place {
  const authority = AUTHORITY.exec(target)?.[0];
  if (authority === undefined) return { name: target, rest: '', query: '' };
  const path = target.slice(authority.length);
  return placeOf(path.startsWith('/') ? path : `/${path}`);
}

function decodePath(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new BadParameter('the path takes UTF-8 in percent-encoding, such as %C3%A9');
  }
}

/** A row with its pattern taken apart and its count. */
export class RouteEntry {
  readonly route: Route;
  requests = 0;
  /** The first segment of the pattern: no two routes share one. */
  readonly segment: string;
  /** What must follow it exactly; undefined where the handler takes whatever follows. */
  readonly #literal: string | undefined;

  constructor(route: Route) {
    this.route = route;
    const { name, rest } = placeOf(route.pattern);
    this.segment = name;
    this.#literal = rest !== '' && rest === rest.toUpperCase() ? undefined : rest;
  }

  accepts(rest: string): boolean {
    return this.#literal === undefined || this.#literal === rest;
  }
}
