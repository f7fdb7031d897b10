// Numbers as people read them. One form everywhere: progress, summary, errors.

/** 1234567 → `1,234,567`. Not by toLocaleString, whose first call loads 10 ms of language data. */
export function count(n: number | bigint): string {
  return String(typeof n === 'bigint' ? n : Math.round(n)).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** Three significant digits: `0.05 ms`, `12.3 ms`, `4.56 s`, `3m 20s`, `1h 02m`. */
export function milliseconds(ms: number): string {
  if (ms < 1000) return `${digits(ms)} ms`;
  const s = ms / 1000;
  if (s < 100) return `${digits(s)} s`;
  const whole = Math.round(s);
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor((whole % 3600) / 60);
  if (hours > 0) return `${hours}h ${String(minutes).padStart(2, '0')}m`;
  return `${minutes}m ${String(whole % 60).padStart(2, '0')}s`;
}

/** Powers of 1024: `66 B`, `1.5 KiB`, `38 MiB`. */
export function byteSize(n: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = n;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 ? String(value) : digits(value)} ${units[unit]}`;
}

function digits(n: number): string {
  if (n >= 100) return n.toFixed(0);
  if (n >= 10) return n.toFixed(1);
  return n.toFixed(2);
}
