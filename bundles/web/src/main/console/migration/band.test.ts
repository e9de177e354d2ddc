// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Migration, StepReport } from '../model/types.ts';
import { band, sums, ticks } from './band.ts';

const START = Date.parse('2026-11-30T10:00:00.000Z');
const at = (ms: number) => new Date(START + ms).toISOString();

function step(name: string, state: string, from?: number, durationMs?: number, facts: Record<string, string> = {}): StepReport {
  return { step: name, state, facts, ...(from === undefined ? {} : { started: at(from) }), ...(durationMs === undefined ? {} : { durationMs }) };
}

function migration(steps: StepReport[], more: Partial<Migration> = {}): Migration {
  return {
    id: 'm', revision: 1, vm: 'web1', source: 'alpha', destination: 'beta', primaries: ['vf'], started: at(0), steps,
    networkGap: { kind: 'not-measured', reason: 'no probe' }, findings: [], ...more,
  };
}

const COMPLETED = [
  step('preflight', 'done', 0, 100), step('lease', 'done', 100, 100), step('to-standby', 'done', 200, 300),
  step('copy', 'done', 500, 2000), step('switch', 'done', 2500, 100), step('to-primary', 'done', 2600, 400), step('release', 'done', 3000, 100)];

function shown(one: Migration, since = 0) {
  return band(one, since).segments.map(({ path, from, to, measured }) => [path, from, to, measured]);
}

test('a completed migration: primary, standby, pause within the switch, standby, primary', () => {
  const done = migration(COMPLETED, { ended: at(3100), outcome: 'completed', downtimeMs: 60, onStandbyMs: 2450 });
  assert.deepEqual(shown(done), [
    ['primary', 0, 500, false], ['standby', 500, 2500, true], ['paused', 2500, 2560, true], ['standby', 2560, 2950, true],
    ['primary', 2950, 3100, false]]);
  assert.equal(band(done).total, 3100);
  assert.equal(sums(band(done).segments).get('standby'), 2390);
});

test('without measurements the ends of the steps are the boundaries, and no pause is drawn', () => {
  const done = migration(COMPLETED, { ended: at(3100), outcome: 'completed' });
  assert.deepEqual(shown(done), [['primary', 0, 500, false], ['standby', 500, 3000, false], ['primary', 3000, 3100, false]]);
});

test('a running migration grows between two updates', () => {
  const running = migration([...COMPLETED.slice(0, 3), step('copy', 'running', 500, 1000), ...['switch', 'to-primary', 'release'].map((s) => step(s, 'pending'))]);
  assert.deepEqual(shown(running, 250), [['primary', 0, 500, false], ['standby', 500, 1750, false]]);
});

test('traffic is on the primary until the guest has released it', () => {
  const unplugging = migration([...COMPLETED.slice(0, 2), step('to-standby', 'running', 200, 50)]);
  assert.deepEqual(shown(unplugging), [['primary', 0, 250, false]]);
});

test('a VM that arrives without a VF stays on standby', () => {
  const degraded = migration([...COMPLETED.slice(0, 5), step('to-primary', 'failed', 2600, 400)], { ended: at(3000), outcome: 'completed-degraded' });
  assert.deepEqual(shown(degraded), [['primary', 0, 500, false], ['standby', 500, 3000, false]]);
});

test('a failed unplug leaves the traffic on the primary; a rolled back one was on standby', () => {
  const refused = migration([...COMPLETED.slice(0, 2), step('to-standby', 'failed', 200, 300)], { ended: at(600), outcome: 'failed-on-source' });
  assert.deepEqual(shown(refused), [['primary', 0, 600, false]]);
  const rolledBack = migration([...COMPLETED.slice(0, 2), step('to-standby', 'undone', 200, 300), step('copy', 'failed', 500, 200)],
    { ended: at(900), outcome: 'failed-on-source' });
  assert.deepEqual(shown(rolledBack), [['primary', 0, 500, false], ['standby', 500, 900, false]]);
});

test('a VM without a pair has one NIC', () => {
  assert.deepEqual(shown(migration(COMPLETED, { primaries: [], ended: at(3100), outcome: 'completed', downtimeMs: 60 })),
    [['plain', 0, 2500, false], ['paused', 2500, 2560, true], ['plain', 2560, 3100, false]]);
});

test('a guest without its primary was on standby from the start', () => {
  const without = migration([step('preflight', 'done', 0, 100), step('lease', 'done', 100, 100), step('to-standby', 'skipped', 200, 0),
    ...COMPLETED.slice(3)], { ended: at(3100), outcome: 'completed' });
  assert.deepEqual(shown(without), [['standby', 0, 3000, false], ['primary', 3000, 3100, false]]);
});

test('a migration that has just been requested has a band', () => {
  assert.equal(band(migration([step('preflight', 'pending')])).total, 1);
});

test('the axis has round labels', () => {
  assert.deepEqual(ticks(3100), [0, 1000, 2000, 3000]);
  assert.deepEqual(ticks(47), [0, 10, 20, 30, 40]);
});
