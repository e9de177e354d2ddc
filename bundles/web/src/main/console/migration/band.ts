// SPDX-License-Identifier: Apache-2.0
// Where the traffic of a VM ran during a migration, to scale. Boundaries are the ends of steps; lengths that the server has
// measured replace them.

import type { Migration, StepReport } from '../model/types.ts';

export type BandPath = 'primary' | 'standby' | 'plain' | 'paused';

export interface Segment {
  path: BandPath;
  /** Milliseconds since the start of the migration. */
  from: number;
  to: number;
  /** Whether the server has measured the length; false if the ends of steps are used instead. */
  measured: boolean;
}

export interface StepSpan {
  step: string;
  from: number;
  to: number;
}

export interface Band {
  /** Length of the whole band in milliseconds. */
  total: number;
  segments: Segment[];
  steps: StepSpan[];
}

function find(migration: Migration, step: string): StepReport | undefined {
  return migration.steps.find((report) => report.step === step);
}

/**
 * The band of a migration.
 *
 * @param sinceUpdate milliseconds since the status was received: a running step goes on between two updates
 */
export function band(migration: Migration, sinceUpdate = 0): Band {
  const start = Date.parse(migration.started);
  const steps = migration.steps.filter((report) => report.started !== undefined && report.state !== 'pending')
    .map((report) => span(report, start, sinceUpdate));
  const lastStep = Math.max(0, ...steps.map((one) => one.to));
  const total = Math.max(lastStep, migration.ended === undefined ? 0 : Date.parse(migration.ended) - start, 1);
  return { total, steps, segments: paused(migration, steps, carriers(migration, steps, total)) };
}

function span(report: StepReport, start: number, sinceUpdate: number): StepSpan {
  const from = Math.max(0, Date.parse(report.started!) - start);
  const running = report.state === 'running' ? sinceUpdate : 0;
  return { step: report.step, from, to: from + (report.durationMs ?? 0) + running };
}

function carriers(migration: Migration, steps: StepSpan[], total: number): Segment[] {
  if (migration.primaries.length === 0) return [{ path: 'plain', from: 0, to: total, measured: false }];
  const unplug = find(migration, 'to-standby');
  const facts = unplug?.facts ?? {};
  if (unplug?.state === 'skipped') return segments([{ path: 'standby', from: 0, to: backAt(migration, steps, 0, total).at, measured: false }], total);
  const released = unplug?.state === 'done' || unplug?.state === 'undone' || 'evidence' in facts;
  const unplugged = steps.find((one) => one.step === 'to-standby');
  if (!released || unplugged === undefined) return [{ path: 'primary', from: 0, to: total, measured: false }];
  const back = backAt(migration, steps, unplugged.to, total);
  return segments([
    { path: 'primary', from: 0, to: unplugged.to, measured: false },
    { path: 'standby', from: unplugged.to, to: back.at, measured: back.measured },
  ], total);
}

/** When the traffic is on a primary again. */
function backAt(migration: Migration, steps: StepSpan[], released: number, total: number): { at: number; measured: boolean } {
  if (migration.onStandbyMs !== undefined) return { at: Math.min(released + migration.onStandbyMs, total), measured: true };
  const plug = steps.find((one) => one.step === 'to-primary');
  const plugged = find(migration, 'to-primary')?.state === 'done';
  return { at: plugged && plug !== undefined ? plug.to : total, measured: false };
}

/** Adds the primary after the last segment, and leaves out empty ones. */
function segments(before: Segment[], total: number): Segment[] {
  const last = before[before.length - 1]!;
  return [...before, { path: 'primary' as const, from: last.to, to: total, measured: false }].filter((one) => one.to > one.from);
}

/** The time in which the vCPUs were paused replaces the carrier: no NIC carries traffic then. It lies in step 5. */
function paused(migration: Migration, steps: StepSpan[], carried: Segment[]): Segment[] {
  const switching = steps.find((one) => one.step === 'switch');
  if (switching === undefined || migration.downtimeMs === undefined) return carried;
  const gap: Segment = { path: 'paused', from: switching.from, to: switching.from + migration.downtimeMs, measured: true };
  const result = carried.flatMap((one) => [
    { ...one, to: Math.min(one.to, gap.from) },
    { ...one, from: Math.max(one.from, gap.to) },
  ]).filter((one) => one.to > one.from);
  return [...result, gap].sort((a, b) => a.from - b.from);
}

/** The total time on each path. */
export function sums(segmentList: readonly Segment[]): Map<BandPath, number> {
  const result = new Map<BandPath, number>();
  for (const one of segmentList) result.set(one.path, (result.get(one.path) ?? 0) + one.to - one.from);
  return result;
}

const TICKS = [1, 2, 5];

/** Round positions for the labels of the axis, at most `most` after zero. */
export function ticks(total: number, most = 6): number[] {
  let step = 1;
  for (let power = 0; total / step > most; power++) step = TICKS[power % 3]! * 10 ** Math.floor(power / 3);
  const result: number[] = [];
  for (let at = 0; at <= total; at += step) result.push(at);
  return result;
}
