// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ago, dayAfter, duration, full, startOfDay, zone } from './time.ts';

const NOW = new Date('2026-11-30T12:00:00Z');
const before = (seconds: number) => new Date(NOW.getTime() - seconds * 1000);

test('ago names one unit', () => {
  assert.equal(ago(before(2), NOW), 'now');
  assert.equal(ago(before(59), NOW), '59 s ago');
  assert.equal(ago(before(61), NOW), '1 min ago');
  assert.equal(ago(before(7300), NOW), '2 h ago');
  assert.equal(ago(before(86_400), NOW), '1 day ago');
  assert.equal(ago(before(200_000), NOW), '2 days ago');
  assert.equal(ago(before(-600), NOW), 'in 10 min');
});

test('a full time has date, time and zone', () => {
  assert.match(full(NOW), /^2026-\d\d-\d\d \d\d:\d\d:\d\d UTC/);
  assert.match(zone(NOW), /^UTC([+−]\d+(:\d\d)?)?$/);
});

test('durations have a fitting unit', () => {
  assert.equal(duration(0.44), '0.4 ms');
  assert.equal(duration(87.3), '87 ms');
  assert.equal(duration(1372), '1.37 s');
  assert.equal(duration(59_940), '59.9 s');
  assert.equal(duration(125_000), '2 min 5 s');
  assert.equal(duration(undefined, 'not measured'), 'not measured');
});

test('a day begins at its local midnight, and another day follows it', () => {
  assert.equal(startOfDay('2026-11-30'), new Date(2026, 10, 30).toISOString());
  assert.equal(startOfDay(''), '');
  assert.equal(dayAfter('2026-11-30'), '2026-12-01');
  assert.equal(dayAfter(''), '');
});
