// SPDX-License-Identifier: Apache-2.0
// The only place that knows the form of the server's events.

import { type Finding, type Host, type Migration, type PairChanged, type PoolShare, type Vf, type Vm, vmKey } from './types.ts';

export interface Objects {
  vm: Vm;
  host: Host;
  /** By pool and host. */
  pool: PoolShare;
  /** By host and address. */
  vf: Vf & { host: string };
  migration: Migration;
  configuration: Finding[];
}

export type Kind = keyof Objects;

export type Change =
  /** The state of the server follows, until `ready`. */
  | { change: 'begin' }
  | { change: 'ready' }
  | { [K in Kind]: { change: 'put'; kind: K; key: string; revision: number; value: Objects[K] } }[Kind]
  | { change: 'remove'; kind: Kind; key: string; revision: number }
  /** All objects of a kind. */
  | { [K in Kind]: { change: 'replace'; kind: K; values: Map<string, Objects[K]> } }[Kind]
  | { change: 'pair'; value: PairChanged };

interface Delta {
  key: string;
  revision: number;
  removed?: boolean;
  value?: unknown;
}

const KINDS = new Set<string>(['vm', 'host', 'pool', 'vf', 'migration', 'configuration']);

/** What an event of the server changes. Events of unknown types change nothing. */
export function decode(type: string, data: string): Change[] {
  if (type === 'begin' || type === 'ready') return [{ change: type }];
  const json: unknown = JSON.parse(data);
  if (isDelta(json)) return delta(type, json);
  return list(type, json);
}

function isDelta(json: unknown): json is Delta {
  return typeof json === 'object' && json !== null && 'key' in json && 'revision' in json;
}

function delta(type: string, json: Delta): Change[] {
  if (type === 'pair') return [{ change: 'pair', value: json.value as PairChanged }];
  if (!KINDS.has(type)) return [];
  const kind = type as Kind;
  return json.removed
    ? [{ change: 'remove', kind, key: json.key, revision: json.revision }]
    : [{ change: 'put', kind, key: json.key, revision: json.revision, value: object(kind, json) } as Change];
}

function object(kind: Kind, { key, value }: Delta): unknown {
  switch (kind) {
    case 'host': {
      const { view, ...more } = value as { view: Host } & Partial<Host>;
      return { ...view, ...more };
    }
    case 'vf':
      return { ...(value as Vf), host: key.slice(0, key.lastIndexOf('/')) };
    default:
      return value;
  }
}

/** Events with whole lists. */
function list(type: string, json: unknown): Change[] {
  switch (type) {
    case 'vms': {
      const { vms } = json as { vms: Vm[] };
      return [
        { change: 'replace', kind: 'vm', values: byKey(vms, vmKey) },
        { change: 'ready' }];
    }
    case 'hosts':
      return [{ change: 'replace', kind: 'host', values: byKey(json as Host[], (host) => host.name) }];
    case 'migrations':
      return [{ change: 'replace', kind: 'migration', values: byKey(json as Migration[], (migration) => migration.id) }];
    case 'configuration':
      return [{ change: 'replace', kind: 'configuration', values: new Map([['configuration', json as Finding[]]]) }];
    case 'migration': {
      const migration = json as Migration;
      return [{ change: 'put', kind: 'migration', key: migration.id, revision: migration.revision, value: migration }];
    }
    case 'pair':
      return [{ change: 'pair', value: json as PairChanged }];
    default:
      return [];
  }
}

function byKey<T>(values: T[], key: (value: T) => string): Map<string, T> {
  return new Map(values.map((value) => [key(value), value]));
}
