// SPDX-License-Identifier: Apache-2.0
// The configuration in force, by the keys of etc/understudy.yaml.

import { duration } from './time.ts';

type Texts = Record<string, string>;

export interface ConfiguredHost {
  name: string;
  connector: string;
  options: Texts;
  nics: Texts;
  networks: Texts;
}

export interface ConfiguredPool {
  name: string;
  kind: string;
  selectors: string[];
  model?: string;
  network?: boolean;
  adopt: boolean;
  defaults: Record<string, unknown>;
}

export interface Configuration {
  hosts: ConfiguredHost[];
  pools: ConfiguredPool[];
  networkPools: Texts;
  deadlines: Record<string, number>;
  requireVf: boolean;
  strategy?: string;
  allowEmulatedPrimary: boolean;
  settleMs: number;
  probes: Record<string, Record<string, unknown>>;
  migrationsAtOnce: number;
  access: {
    realm: string; roleClasses: string[]; roles: Texts; basic: boolean; sessionIdleMs: number; sessionLifetimeMs: number;
  };
  history: {
    directory?: string;
    postgres?: { host: string; port: number; database: string; user: string; passwordFile?: string; tls: boolean; rootCertificate?: string };
    keepDays: number;
    keepEntries: number;
  };
}

/** A key and its value. */
export type Setting = [key: string, value: string];

/** As in the file: requireVf is require-vf. */
function key(name: string): string {
  return name.replace(/Ms$/, '').replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

function text(name: string, value: unknown): string {
  if (name.endsWith('Ms')) return duration(Number(value));
  return Array.isArray(value) ? value.join(', ') : String(value);
}

function settings(values: object, prefix = ''): Setting[] {
  return Object.entries(values).map(([name, value]) => [`${prefix}${key(name)}`, text(name, value)]);
}

/** In lines, such as "max-rate: 100". */
export function listed(values: object): string[] {
  return settings(values).map(([name, value]) => `${name}: ${value}`);
}

export function migrationSettings(now: Configuration): Setting[] {
  return [
    ['require-vf', String(now.requireVf)],
    ['strategy', now.strategy ?? 'predict'],
    ['settle', duration(now.settleMs)],
    ['at-once', String(now.migrationsAtOnce)],
    ...settings(now.deadlines, 'deadlines.'),
    ['allow-emulated-primary', String(now.allowEmulatedPrimary)],
  ];
}

export function securitySettings({ access }: Configuration): Setting[] {
  const names = new Map<string, string[]>();
  for (const [ofRealm, role] of Object.entries(access.roles)) names.set(role, [...names.get(role) ?? [], ofRealm]);
  return [
    ['realm', access.realm],
    ['role-classes', access.roleClasses.join(', ')],
    ...[...names].map(([role, ofRealm]): Setting => [`roles.${role}`, ofRealm.sort().join(', ')]).sort(),
    ['basic', String(access.basic)],
    ['session.idle', duration(access.sessionIdleMs)],
    ['session.lifetime', duration(access.sessionLifetimeMs)],
  ];
}

export function historySettings({ history }: Configuration): Setting[] {
  return [
    ...(history.postgres ? settings(history.postgres, 'postgresql.') : [['directory', history.directory ?? 'below the data folder'] as Setting]),
    ['keep-days', String(history.keepDays)],
    ['keep-entries', String(history.keepEntries)],
  ];
}
