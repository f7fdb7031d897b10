// Holds one outcome against what the manifest expects of it. Judges; neither asks nor prints.

import { sha256 } from './site.mjs';

const SHOWN_MAX = 160;

/** What differs, each as `{ what, expected, got }`. `urls`: of the server, by scheme; `scheme`: of the run. */
export function differences(one, outcome, urls, scheme) {
  if (outcome.type === 'failure') {
    const got = `failure ${outcome.phase}/${outcome.kind} (sent ${outcome.sent}): ${outcome.message}`;
    return [{ what: 'outcome', expected: `status ${one.expect.status}`, got }];
  }
  const found = [];
  const compare = (what, expected, got) => {
    if (expected !== got) found.push({ what, expected: shown(expected), got: shown(got) });
  };
  const { expect } = one;
  const allowed = [expect.status].flat();
  if (!allowed.includes(outcome.status)) compare('status', allowed.join(' or '), outcome.status);
  compare('redirects', expect.hops.join(' '), outcome.redirects.map((hop) => hop.status).join(' '));
  compare('final url', endUrl(one, urls, scheme), outcome.url);
  if (found.length > 0) return found;
  for (const [name, values] of Object.entries(expect.fields)) {
    const value = outcome.header(name) ?? null;
    if (!values.includes(value)) {
      compare(name, values.map((text) => text ?? 'no field').join(' or '), value ?? 'no field');
    }
  }
  compareBody(expect, outcome, compare);
  return found;
}

function shown(value) {
  const text = String(value);
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** Each step abroad changes the scheme. */
function endUrl({ path, expect }, urls, scheme) {
  const abroad = path.split('/abroad/').length - 1;
  const other = scheme === 'http' ? 'https' : 'http';
  return urls[abroad % 2 === 0 ? scheme : other] + expect.end;
}

function compareBody(expect, outcome, compare) {
  const { body } = outcome;
  if (expect.body === 'any') return;
  if (expect.text !== undefined) return compare('text', expect.text, body.toString());
  if (expect.body === 'none') return compare('octets of body', 0, body.length);
  if (expect.body === 'ranges') return compareRanges(expect, outcome, compare);
  const hash = sha256(body);
  if (hash !== expect.body) {
    compare('SHA-256', expect.body, `${hash} (${body.length} octets)`);
  }
}

/** RFC 9110 sections 14.2 and 15.3.7: parts, one part that covers all, or the whole. */
function compareRanges({ ranges, file }, outcome, compare) {
  if (outcome.status === 200) return compare('SHA-256', file.sha256, sha256(outcome.body));
  const boundary = /^multipart\/byteranges;\s*boundary="?([^";]+)"?/i.exec(
    outcome.header('content-type') ?? '',
  );
  if (boundary === null) {
    const single = /^bytes (\d+)-(\d+)\//.exec(outcome.header('content-range') ?? '');
    if (single === null)
      return compare('Content-Type', 'multipart/byteranges', outcome.header('content-type'));
    const [, from, to] = single.map(Number);
    compare('range covers all', true, from <= ranges[0][0] && to >= ranges.at(-1)[1]);
    return compare('SHA-256', sha256(file.bytes.subarray(from, to + 1)), sha256(outcome.body));
  }
  const parts = partsOf(outcome.body.toString('latin1'), boundary[1]);
  compare('ranges', ranges.map((range) => range.join('-')).join(), parts.map((one) => one.range).join());
  for (const [i, { content }] of parts.entries()) {
    const [from, to] = ranges[i] ?? [0, -1];
    const expected = file.bytes.toString('latin1', from, to + 1);
    compare(`part ${i}`, expected, content);
  }
}

function partsOf(text, boundary) {
  const pieces = `\r\n${text}`.split(`\r\n--${boundary}`);
  return pieces.slice(1, -1).map((piece) => {
    const end = piece.indexOf('\r\n\r\n');
    const range = /^content-range: bytes (\d+-\d+)\//im.exec(piece.slice(0, end))?.[1];
    return { range, content: piece.slice(end + 4) };
  });
}
