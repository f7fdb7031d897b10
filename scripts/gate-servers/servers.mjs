// The servers of the gate: what each is called, how it is installed, and what of the manifest it cannot do. Asks nothing.

import {
  startApache,
  startCaddy,
  startHaproxy,
  startLighttpd,
  startNghttpd,
  startNginx,
} from './starting.mjs';

/** How long each keeps an unused connection: so says its configuration. Less, and a busy machine would pause as long. */
export const IDLE_MS = 2_000;
const FILE_TO_POST = 'it gives a file to POST as it does to GET';
const BOTH_CONDITIONS =
  'it answers 304 only where tag and date both allow it, against RFC 9110 section 13.1.3';

export const NGINX_CANNOT = {
  tagBeforeDate: BOTH_CONDITIONS,
};

const NO_TAGS = 'it has no ETags';
const NO_RANGES = 'it knows no ranges';
const NO_REDIRECTS = 'it sends nobody elsewhere';
const NGHTTPD_CANNOT = {
  compressed: 'it compresses no files',
  chunked: 'it sends every file with its length',
  noContent: 'it has no way to answer 204',
  notModified: NO_TAGS,
  tagBeforeDate: NO_TAGS,
  range: NO_RANGES,
  ifRange: NO_RANGES,
  ranges: NO_RANGES,
  rangeUnsatisfiable: NO_RANGES,
  redirect: NO_REDIRECTS,
  abroad: NO_REDIRECTS,
  postRedirected: NO_REDIRECTS,
  postRepeated: NO_REDIRECTS,
  postRefused: 'it gives back what is posted, to any path',
};

/**
 * `cannot`: kinds of requests in whose place plain GETs are sent, each with its reason; `fieldsMayDiffer`: kinds whose
 * header fields are not looked at; `needs`: programs besides its own; `cannotOverHttp2`: what it cannot do there besides. `ways`: how it can be asked, if not in each way that
 * gate.mjs knows; `neverIdle`: it drops no unused connection.
 * `start` is of starting.mjs.
 */
export const SERVERS = [
  {
    name: 'nginx',
    program: 'nginx',
    package: 'nginx-extras',
    version: ['-v'],
    cannot: NGINX_CANNOT,
    start: startNginx,
  },
  {
    name: 'apache',
    program: 'apache2',
    package: 'apache2',
    version: ['-v'],
    cannot: {
      postRefused: FILE_TO_POST,
      tagBeforeDate: BOTH_CONDITIONS,
    },
    cannotOverHttp2: {
      compressedHead:
        'it sends content in responses to HEAD where it would compress, which RFC 9113 section 8.1 forbids',
    },
    start: startApache,
  },
  {
    name: 'haproxy',
    program: 'haproxy',
    package: 'haproxy',
    version: ['-v'],
    needs: ['nginx'],
    cannot: { tagBeforeDate: BOTH_CONDITIONS },
    start: startHaproxy,
  },
  {
    name: 'lighttpd',
    program: 'lighttpd',
    package: 'lighttpd',
    version: ['-v'],
    cannot: { postRefused: FILE_TO_POST },
    fieldsMayDiffer: { chunked: 'what a program has said whole before the server looks gets a length' },
    start: startLighttpd,
  },
  {
    name: 'caddy',
    program: 'caddy',
    package: 'caddy',
    version: ['version'],
    cannot: {
      chunked: 'it sends every file with its length; what it compresses comes chunked',
      postRefused: FILE_TO_POST,
      rangeUnknown: 'it answers 416 to an unknown range unit, which RFC 9110 section 14.2 has it ignore',
    },
    start: startCaddy,
  },
  {
    name: 'nghttpd',
    program: 'nghttpd',
    package: 'nghttp2-server',
    version: ['--version'],
    ways: ['h2', 'h2c'],
    neverIdle: true,
    cannot: NGHTTPD_CANNOT,
    start: startNghttpd,
  },
];
