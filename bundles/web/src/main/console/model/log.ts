// SPDX-License-Identifier: Apache-2.0
// What has happened in the fleet, in words.

import type { AuditEntry, Host, Migration, PairChanged, PastFinding, Vm } from './types.ts';

export interface LogEntry {
  at: string;
  kind: 'vm' | 'host' | 'migration' | 'pair' | 'finding' | 'action';
  /** What it is about, and its page if it has one. */
  object: string;
  link?: { page: 'vm'; uuid: string; host: string } | { page: 'migration'; id: string } | { page: 'hosts'; host: string };
  text: string;
  /** Whether it needs the attention of an admin. */
  bad: boolean;
}

/** More are forgotten. */
export const LONGEST = 1000;

const GOOD_HEALTH = new Set(['active', 'off']);

export function vmChange(before: Vm | undefined, after: Vm | undefined, at: string): LogEntry | undefined {
  const vm = after ?? before;
  if (!vm || before?.state === after?.state) return undefined;
  const text = !before ? `appeared on ${vm.host}, ${state(vm)}` : !after ? `is no longer on ${vm.host}` : `${state(before)} → ${state(after)}`;
  return { at, kind: 'vm', object: vm.name, link: { page: 'vm', uuid: vm.uuid, host: vm.host }, text, bad: after?.state === 'unknown' };
}

function state(vm: Vm): string {
  return vm.state === 'shutoff' ? 'shut off' : vm.state;
}

export function pairChange({ vm, host, from, pair }: PairChanged, uuid: string, at: string): LogEntry {
  return {
    at, kind: 'pair', object: vm, link: { page: 'vm', uuid, host },
    text: `pair ${pair.standby}: ${words(from)} → ${words(pair.health)}${pair.details ? `. ${pair.details}` : ''}`,
    bad: pair.health === 'fault' || (!GOOD_HEALTH.has(pair.health) && GOOD_HEALTH.has(from) && pair.health === 'partial'),
  };
}

export function hostChange(before: Host | undefined, after: Host | undefined, at: string): LogEntry | undefined {
  const host = after ?? before;
  if (!host || before?.available === after?.available) return undefined;
  const text = !after ? 'is no longer configured' : `is ${after.available ? 'available' : 'unavailable'}`;
  return { at, kind: 'host', object: host.name, link: { page: 'hosts', host: host.name }, text, bad: after?.available === false };
}

/** The start and the end of a migration. */
export function migrationEntries(migration: Migration): LogEntry[] {
  const entry = (at: string, text: string, bad: boolean): LogEntry =>
    ({ at, kind: 'migration', object: migration.vm, link: { page: 'migration', id: migration.id }, text, bad });
  const way = `${migration.source} → ${migration.destination}`;
  const entries = [entry(migration.started, `migration ${way} started`, false)];
  if (migration.ended && migration.outcome) {
    entries.push(entry(migration.ended, `migration ${way}: ${words(migration.outcome)}`,
      migration.outcome === 'needs-attention' || migration.outcome === 'failed-on-source'));
  }
  return entries;
}

/** From when it appeared until it was gone. */
export function findingEntries({ severity, subject, message, host, vm, uuid, appeared, ended }: PastFinding): LogEntry[] {
  const entry = (at: string, text: string, bad: boolean): LogEntry => ({
    at, kind: 'finding', object: vm ?? host ?? subject, text, bad,
    ...(host === undefined ? {} : { link: uuid === undefined ? { page: 'hosts', host } : { page: 'vm', uuid, host } }),
  });
  return [
    entry(appeared, message, severity === 'error'),
    ...(ended === undefined ? [] : [entry(ended, `ended: ${message}`, false)]),
  ];
}

export function actionEntry({ time, user, action, object, uuid, host, result, message }: AuditEntry): LogEntry {
  return {
    at: time, kind: 'action', object: object || words(action),
    text: `${user}: ${words(action)}, ${result}${message === '' ? '' : `. ${message}`}`, bad: result === 'failed',
    ...(uuid === undefined || host === undefined ? {} : { link: { page: 'vm', uuid, host } }),
  };
}

function words(value: string): string {
  return value.replaceAll('-', ' ');
}
