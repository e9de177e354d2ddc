// SPDX-License-Identifier: Apache-2.0
// Which migrations a list shows, and in which order.

import type { Migration } from '../model/types.ts';

export interface MigrationFilter {
  text: string;
  /** An outcome, `running`, or empty for all. */
  outcome: string;
  /** A source or destination, or empty for all. */
  host: string;
}

/** Running ones first, then the newest. */
export function select(migrations: readonly Migration[], { text, outcome, host }: MigrationFilter): Migration[] {
  const words = text.toLowerCase().split(/\s+/);
  return migrations.filter((one) => {
    if (outcome !== '' && (one.outcome ?? 'running') !== outcome) return false;
    if (host !== '' && one.source !== host && one.destination !== host) return false;
    const all = [one.vm, one.id, one.uuid, one.source, one.destination, one.findings[0]?.message].join('\n').toLowerCase();
    return words.every((word) => all.includes(word));
  }).sort((a, b) => Number(a.outcome !== undefined) - Number(b.outcome !== undefined) || Date.parse(b.started) - Date.parse(a.started));
}

/** The migrations of one VM, newest first; records of an earlier version have no UUID. */
export function ofVm(vm: { name: string; uuid: string; host: string }, migrations: Iterable<Migration>): Migration[] {
  return [...migrations].filter((one) => (one.uuid === undefined
    ? one.vm === vm.name && (one.source === vm.host || one.destination === vm.host)
    : one.uuid === vm.uuid)).sort((a, b) => Date.parse(b.started) - Date.parse(a.started));
}

/** The one that started last, in its last revision. */
export function newest(migrations: readonly Migration[]): Migration | undefined {
  return migrations.reduce<Migration | undefined>((best, one) => {
    if (best === undefined) return one;
    if (one.id === best.id) return one.revision > best.revision ? one : best;
    return Date.parse(one.started) > Date.parse(best.started) ? one : best;
  }, undefined);
}
