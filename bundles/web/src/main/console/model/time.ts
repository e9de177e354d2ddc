// SPDX-License-Identifier: Apache-2.0
// Times and durations for display.

const pad = (value: number, digits = 2) => String(Math.trunc(value)).padStart(digits, '0');

/** The offset of the local time, such as UTC+2 or UTC−3:30. */
export function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  if (minutes === 0) return 'UTC';
  const size = Math.abs(minutes);
  return `UTC${minutes < 0 ? '−' : '+'}${Math.floor(size / 60)}${size % 60 ? `:${pad(size % 60)}` : ''}`;
}

/** 12:03:10 */
export function clock(date: Date): string {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** 2026-11-30 12:03:10 UTC+1 */
export function full(date: Date): string {
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())} ${clock(date)} ${zone(date)}`;
}

/** The local start of a day such as 2026-11-30, in RFC 3339; empty for none. */
export function startOfDay(day: string): string {
  const date = new Date(`${day}T00:00`);
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

/** 2026-12-01 for 2026-11-30; empty for none. */
export function dayAfter(day: string): string {
  const date = new Date(`${day}T12:00Z`);
  if (Number.isNaN(date.getTime())) return '';
  date.setUTCDate(date.getUTCDate() + 1);
  return date.toISOString().slice(0, 10);
}

const UNITS: [number, string][] = [[86_400, 'day'], [3600, 'h'], [60, 'min'], [1, 's']];

/** 5 min ago, in 3 h, now */
export function ago(date: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - date.getTime()) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) return 'now';
  const [unit, name] = UNITS.find(([length]) => size >= length) ?? [1, 's'];
  const count = Math.floor(size / unit);
  const text = `${count} ${name === 'day' && count > 1 ? 'days' : name}`;
  return seconds < 0 ? `in ${text}` : `${text} ago`;
}

/** 0.4 ms, 87 ms, 1.37 s, 2 min 5 s; the text for a missing value otherwise. */
export function duration(ms: number | undefined, missing = 'unknown'): string {
  if (ms === undefined) return missing;
  if (ms < 10) return `${Math.round(ms * 10) / 10} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 3600
    ? `${Math.floor(seconds / 60)} min ${seconds % 60} s`
    : `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}
