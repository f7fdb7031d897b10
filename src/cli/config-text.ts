// --print-config: every option by the name it has in config files, its flag, its value as it would be written, and
// where that is from. Shows no secret.

import { type OptionRow, showBytes, showMs } from '../model/option-kinds.ts';
import { OPTION_NAMES, OPTIONS, type OptionName } from '../model/options.ts';
import type { Layered } from './layers.ts';
import { redacted } from './redacted.ts';
import { RUN_SWITCHES } from './run-flags.ts';

const HIDDEN = '(hidden)';
/** A longer value does not push the others' sources out of sight. */
const VALUE_WIDTH_MAX = 30;
const SHOWN_MAX = 200;

export function configText({ settings, from }: Layered): string {
  const names = OPTION_NAMES.filter((name) => OPTIONS[name].scope !== 'code');
  const rows = names.map((name) => {
    const flag = RUN_SWITCHES.find((one) => one.name === name)?.long ?? '';
    return [name, flag, shown(name, settings[name]), from.get(name) ?? 'default'];
  });
  rows.unshift(['option', 'flag', 'value', 'from']);
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => row[at]!.length)));
  widths[2] = Math.min(VALUE_WIDTH_MAX, widths[2]!);
  return rows.map((row) => `${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}\n`).join('');
}

function shown(name: OptionName, value: unknown): string {
  const row: OptionRow = OPTIONS[name];
  if (value === undefined) return 'none';
  if (typeof value === 'number') {
    if (row.kind === 'duration') return showMs(value);
    return row.kind === 'bytes' ? showBytes(value) : String(value);
  }
  const open = row.secret ? withoutSecrets(name, value) : value;
  const text = redacted(JSON.stringify(open));
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}…` : text;
}

/** Names of header fields stay: they tell which value is meant. */
function withoutSecrets(option: OptionName, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => withoutSecrets(option, one));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.keys(value).map((name) => [name, HIDDEN]));
  }
  const line = option === 'header' && typeof value === 'string' ? value : '';
  const name = /^[\w-]+(?=:)/.exec(line)?.[0];
  return name === undefined ? HIDDEN : `${name}: ${HIDDEN}`;
}
