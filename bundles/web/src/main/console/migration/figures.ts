// SPDX-License-Identifier: Apache-2.0
// The figures of a migration as text. A figure that was not measured is shown as absent, with the reason.

import { duration } from '../model/time.ts';
import type { Migration } from '../model/types.ts';

export interface Figure {
  name: string;
  value: string;
  /** What it is, or why it is absent. */
  note: string;
  absent: boolean;
}

const PENDING = 'Measured at the end of the migration';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

export function bytes(count: number): string {
  let value = count;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** Name and value of a fact for display. Keys are stable names such as `totalBytes`; a key may be the alias of a primary. */
export function factText([key, value]: [string, string]): [string, string] {
  if (key.endsWith('Bytes')) return [words(key.slice(0, -5)), bytes(Number(value))];
  if (key === 'bytesPerSecond') return ['rate', `${bytes(Number(value))}/s`];
  if (key === 'dirtyBytesPerSecond') return ['written by guest', `${bytes(Number(value))}/s`];
  if (key === 'remainingMs') return ['time left', duration(Number(value))];
  return [words(key), value];
}

function words(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function fact(migration: Migration, step: string, key: string): string | undefined {
  return migration.steps.find((report) => report.step === step)?.facts[key];
}

function pending(migration: Migration): string | undefined {
  return migration.outcome === undefined ? PENDING : undefined;
}

function measured(name: string, ms: number, note: string): Figure {
  return { name, value: duration(ms), note, absent: false };
}

function absent(name: string, why: string): Figure {
  return { name, value: why === PENDING ? 'not yet measured' : 'not measured', note: why, absent: true };
}

export function figures(migration: Migration): Figure[] {
  return [networkGap(migration), downtime(migration), onStandby(migration)];
}

function networkGap(migration: Migration): Figure {
  const gap = migration.networkGap;
  if (gap.kind === 'not-measured') return absent('Network gap', pending(migration) ?? gap.reason);
  return measured('Network gap', gap.longestGapMs,
    `${gap.lost} of ${gap.sent} packets lost, ${gap.duplicated} duplicated, ${gap.reordered} reordered;`
    + ` ${gap.method} every ${duration(gap.intervalMs)}`);
}

function downtime(migration: Migration): Figure {
  if (migration.downtimeMs !== undefined) return measured('Downtime', migration.downtimeMs, 'vCPUs paused');
  const qemu = fact(migration, 'switch', 'downtimeByQemu');
  const why = fact(migration, 'switch', 'downtimeFrom') ?? pending(migration) ?? 'The VM was not switched to the destination';
  return absent('Downtime', qemu === undefined ? why : `${why}. QEMU reports ${qemu}`);
}

function onStandby(migration: Migration): Figure {
  if (migration.onStandbyMs !== undefined) return measured('On standby', migration.onStandbyMs, 'without the primary');
  if (migration.primaries.length === 0 && migration.outcome !== undefined) return absent('On standby', 'The VM has no failover pair');
  const why = fact(migration, 'to-primary', 'onStandby') ?? pending(migration) ?? 'No primary carried traffic on the destination';
  return absent('On standby', why);
}

/** The live figures of the copy step; an absent one has no text. */
export interface Copy {
  percent: number;
  total?: string;
  remaining?: string;
  rate?: string;
  dirtyRate?: string;
  left?: string;
}

/** In the first pass the server does not know yet what the guest writes. */
function timeLeft(ms: number | undefined, dirty: number | undefined): { left?: string } {
  if (ms !== undefined) return { left: dirty === undefined ? `at least ${duration(ms)}` : duration(ms) };
  return dirty === undefined ? {} : { left: 'no end at these rates' };
}

/** Figures of the copy step while it runs; the server publishes them as facts of the step. */
export function copy(migration: Migration): Copy | undefined {
  const step = migration.steps.find((report) => report.step === 'copy');
  if (step?.state !== 'running' || migration.progress === undefined) return undefined;
  const number = (key: string): number | undefined => {
    const text = step.facts[key];
    return text === undefined || text === '' || Number.isNaN(Number(text)) ? undefined : Number(text);
  };
  const [total, remaining, rate, dirty, left] =
    ['totalBytes', 'remainingBytes', 'bytesPerSecond', 'dirtyBytesPerSecond', 'remainingMs'].map(number);
  return {
    percent: migration.progress,
    ...(total === undefined ? {} : { total: bytes(total) }),
    ...(remaining === undefined ? {} : { remaining: bytes(remaining) }),
    ...(rate === undefined ? {} : { rate: `${bytes(rate)}/s` }),
    ...(dirty === undefined ? {} : { dirtyRate: `${bytes(dirty)}/s` }),
    ...timeLeft(left, dirty),
  };
}
