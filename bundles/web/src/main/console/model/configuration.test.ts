// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Configuration, historySettings, listed, migrationSettings, securitySettings } from './configuration.ts';

const CONFIGURATION: Configuration = {
  hosts: [], pools: [], networkPools: {}, deadlines: { preflightMs: 10_000, copyMs: 300_000 }, requireVf: false, allowEmulatedPrimary: true,
  settleMs: 5_000, probes: {}, migrationsAtOnce: 2,
  access: {
    realm: 'karaf', roleClasses: ['RolePrincipal'], roles: { manager: 'operator', viewer: 'viewer', operator: 'operator' }, basic: true,
    sessionIdleMs: 1_800_000, sessionLifetimeMs: 43_200_000,
  },
  history: { keepDays: 365, keepEntries: 100_000 },
};

function texts(settings: [string, string][]): string[] {
  return settings.map(([key, value]) => `${key}: ${value}`);
}

test('settings have the keys of the file, and times have units', () => {
  assert.deepEqual(texts(migrationSettings(CONFIGURATION)), [
    'require-vf: false', 'strategy: predict', 'settle: 5.00 s', 'at-once: 2', 'deadlines.preflight: 10.0 s', 'deadlines.copy: 5 min 0 s',
    'allow-emulated-primary: true']);
});

test('roles are listed with the roles of the realm that have them', () => {
  assert.deepEqual(texts(securitySettings(CONFIGURATION)).slice(2, 5), ['roles.operator: manager, operator', 'roles.viewer: viewer', 'basic: true']);
});

test('the store of the history is a folder or a database, whose password file is named', () => {
  assert.deepEqual(texts(historySettings(CONFIGURATION)), ['directory: below the data folder', 'keep-days: 365', 'keep-entries: 100000']);
  const postgres = { host: 'db', port: 5432, database: 'understudy', user: 'u', passwordFile: '/etc/understudy/history.password', tls: true };
  assert.deepEqual(texts(historySettings({ ...CONFIGURATION, history: { ...CONFIGURATION.history, postgres } })).slice(0, 6), [
    'postgresql.host: db', 'postgresql.port: 5432', 'postgresql.database: understudy', 'postgresql.user: u',
    'postgresql.password-file: /etc/understudy/history.password', 'postgresql.tls: true']);
});

test('the settings of a pool are listed as in the file', () => {
  assert.deepEqual(listed({ spoofCheck: true, maxRate: 100 }), ['spoof-check: true', 'max-rate: 100']);
});
