// SPDX-License-Identifier: Apache-2.0
// The only place that knows the form of the server's events.

import type { Finding, Host, Migration, PairChanged, PoolShare, Vf, Vm } from './types.ts';

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
  const json = JSON.parse(data) as Delta;
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
