// SPDX-License-Identifier: Apache-2.0
// The rows of the table of VMs: search, filter, sort and group.

import type { Vm, VmReadiness } from './types.ts';

export type SortKey = 'name' | 'state' | 'health' | 'pool' | 'host' | 'ready';
export type GroupKey = '' | 'host' | 'pool' | 'health' | 'state' | 'ready';

export interface Query {
  text: string;
  host: string;
  pool: string;
  health: string;
  state: string;
  ready: string;
  sort: SortKey;
  descending: boolean;
  group: GroupKey;
}

export const EVERYTHING: Query = {
  text: '', host: '', pool: '', health: '', state: '', ready: '', sort: 'name', descending: false, group: '',
};

/** Health of a VM without a pair. */
export const NO_PAIR = 'none';

export interface VmRow {
  kind: 'vm';
  key: string;
  vm: Vm;
  /** The worst of its pairs. */
  health: string;
  pool: string;
  ready: string;
  /** The code of the first finding that prevents a migration. */
  obstacle: string;
}

export interface GroupRow {
  kind: 'group';
  key: string;
  value: string;
  count: number;
}

export type Row = VmRow | GroupRow;

interface Facts {
  text: string;
  health: string;
  healthRank: number;
  pool: string;
}

const HEALTHS = ['fault', 'partial', 'hidden', 'on-standby', 'unplugging', 'pending-restart', 'off', 'active', NO_PAIR];
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** Objects are never changed, so what is derived from one stays valid as long as it exists. */
const facts = new WeakMap<Vm, Facts>();

function factsOf(vm: Vm): Facts {
  let known = facts.get(vm);
  if (!known) {
    const ranks = vm.pairs.map((pair) => Math.max(0, HEALTHS.indexOf(pair.health)));
    const healthRank = Math.min(...ranks, HEALTHS.length - 1);
    const pools = [...new Set(vm.pairs.flatMap((pair) => (pair.pool ? [pair.pool] : [])))].sort();
    known = {
      text: [vm.name, vm.uuid, vm.host, ...pools, ...vm.nics.map((nic) => nic.mac ?? '')].join('\n').toLowerCase(),
      health: vm.pairs.length === 0 ? NO_PAIR : HEALTHS[healthRank] ?? NO_PAIR,
      healthRank: vm.pairs.length === 0 ? HEALTHS.length - 1 : healthRank,
      pool: pools.join(', '),
    };
    facts.set(vm, known);
  }
  return known;
}

/** Builds the rows, and keeps what does not change between two calls: comparing many names takes long. */
export class VmRows {
  private ranks = new Map<string, number>();

  /** @param readiness by the key of the VM */
  of(vms: ReadonlyMap<string, Vm>, query: Query, readiness: ReadonlyMap<string, VmReadiness> = new Map()): Row[] {
    const rows = this.filtered(vms, query, readiness);
    this.rankNames(vms);
    const compare = this.order(query);
    rows.sort(query.descending ? (a, b) => compare(b, a) : compare);
    return query.group === '' ? rows : grouped(rows, query.group);
  }

  private filtered(vms: ReadonlyMap<string, Vm>, query: Query, readiness: ReadonlyMap<string, VmReadiness>): VmRow[] {
    const words = query.text.toLowerCase().split(/\s+/).filter((word) => word !== '');
    const rows: VmRow[] = [];
    for (const [key, vm] of vms) {
      const { text, health, pool } = factsOf(vm);
      const readinessOfVm = readiness.get(key);
      const ready = readyText(readinessOfVm);
      if (query.host !== '' && vm.host !== query.host) continue;
      if (query.state !== '' && vm.state !== query.state) continue;
      if (query.health !== '' && health !== query.health) continue;
      if (query.ready !== '' && ready !== query.ready) continue;
      if (query.pool !== '' && !pool.split(', ').includes(query.pool)) continue;
      if (!words.every((word) => text.includes(word))) continue;
      const obstacle = readinessOfVm?.findings.find((finding) => finding.severity === 'error')?.code ?? '';
      rows.push({ kind: 'vm', key, vm, health, pool, ready, obstacle });
    }
    return rows;
  }

  /** Names change rarely, so their order is kept as numbers. */
  private rankNames(vms: ReadonlyMap<string, Vm>): void {
    let missing = this.ranks.size > 2 * vms.size + 100;
    for (const vm of vms.values()) {
      if (missing) break;
      missing = !this.ranks.has(vm.name);
    }
    if (!missing) return;
    const names = [...new Set([...vms.values()].map((vm) => vm.name))].sort(collator.compare);
    this.ranks = new Map(names.map((name, rank) => [name, rank]));
  }

  private order({ sort }: Query): (a: VmRow, b: VmRow) => number {
    const byName = (a: VmRow, b: VmRow) =>
      (this.ranks.get(a.vm.name) ?? 0) - (this.ranks.get(b.vm.name) ?? 0) || plain(a.vm.host, b.vm.host);
    switch (sort) {
      case 'name': return byName;
      case 'host': return (a, b) => collator.compare(a.vm.host, b.vm.host) || byName(a, b);
      case 'state': return (a, b) => plain(a.vm.state, b.vm.state) || byName(a, b);
      case 'pool': return (a, b) => plain(a.pool, b.pool) || byName(a, b);
      case 'ready': return (a, b) => plain(b.ready, a.ready) || plain(a.obstacle, b.obstacle) || byName(a, b);
      case 'health': return (a, b) => factsOf(a.vm).healthRank - factsOf(b.vm).healthRank || byName(a, b);
    }
  }
}

function plain(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** yes, no, or unknown */
export function readyText(readiness: VmReadiness | undefined): string {
  return readiness === undefined ? 'unknown' : readiness.ready ? 'yes' : 'no';
}

function groupOf(row: VmRow, key: GroupKey): string {
  switch (key) {
    case 'host': return row.vm.host;
    case 'state': return row.vm.state;
    case 'pool': return row.pool;
    case 'health': return row.health;
    case 'ready': return row.obstacle || row.ready;
    case '': return '';
  }
}

/** Groups in the order of their first row. */
function grouped(rows: VmRow[], key: GroupKey): Row[] {
  const groups = new Map<string, VmRow[]>();
  for (const row of rows) {
    const value = groupOf(row, key);
    const group = groups.get(value);
    if (group) group.push(row);
    else groups.set(value, [row]);
  }
  return [...groups].flatMap(([value, members]) =>
    [{ kind: 'group' as const, key: `group/${value}`, value, count: members.length }, ...members]);
}

const TEXT_KEYS = ['host', 'pool', 'health', 'state', 'ready'] as const;

/** A query as part of the address of the page. */
export function toParameters(query: Query): URLSearchParams {
  const parameters = new URLSearchParams();
  if (query.text) parameters.set('q', query.text);
  for (const key of TEXT_KEYS) if (query[key]) parameters.set(key, query[key]);
  if (query.sort !== 'name' || query.descending) parameters.set('sort', (query.descending ? '-' : '') + query.sort);
  if (query.group) parameters.set('group', query.group);
  return parameters;
}

const SORTS = new Set<string>(['name', 'state', 'health', 'pool', 'host', 'ready']);
const GROUPS = new Set<string>(['host', 'pool', 'health', 'state', 'ready']);

export function fromParameters(parameters: URLSearchParams): Query {
  const query = { ...EVERYTHING, text: parameters.get('q') ?? '' };
  for (const key of TEXT_KEYS) query[key] = parameters.get(key) ?? '';
  const sort = parameters.get('sort') ?? 'name';
  query.descending = sort.startsWith('-');
  const key = sort.replace(/^-/, '');
  if (SORTS.has(key)) query.sort = key as SortKey;
  const group = parameters.get('group') ?? '';
  if (GROUPS.has(group)) query.group = group as GroupKey;
  return query;
}
