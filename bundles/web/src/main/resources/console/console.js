// SPDX-License-Identifier: Apache-2.0
// The console: keeps what the server tells, and shows it.

import { announce, badge, findings, h, list } from './dom.js';
import { call, listen } from './server.js';
import { vmCard } from './vm.js';
import { migrationCard } from './migration.js';

const SHOWN_MIGRATIONS = 10;
const state = { hosts: [], vms: [], migrations: [], words: { health: {}, steps: [] } };
const place = (id) => document.getElementById(id);

function showVms() {
  const moving = new Set(state.migrations.filter((m) => m.outcome === undefined).map((m) => m.vm));
  list(place('vms'), state.vms.map((vm) => ({ ...vm, moving: moving.has(vm.name) })), (vm) => vm.name, (vm) => vmCard(vm, state),
    'No VMs yet. Define one with understudy:vm-define, or POST its XML to /understudy/api/v1/vms.');
}

function showHosts() {
  list(place('hosts'), state.hosts, (host) => host.name, hostCard, 'No hosts. Name some in etc/understudy.yaml.');
}

function showMigrations() {
  const shown = state.migrations.slice(0, SHOWN_MIGRATIONS).map((m, index) => ({ ...m, folded: index > 0 && m.outcome !== undefined }));
  list(place('migrations'), shown, (m) => m.id,
    (m, old) => migrationCard(m, state, old), 'None yet.');
}

function hostCard(host) {
  return h('article', { className: 'card' },
    h('header', {},
      h('h3', {}, host.name),
      badge(host.available ? 'available' : 'unavailable', host.available ? 'state-running' : 'error'),
      h('span', { className: 'quiet' }, host.connector)),
    h('p', {}, host.summary),
    host.findings.length ? findings(host.findings) : undefined);
}

/** Pictures may overtake each other on the way; the revision tells which is newer. */
function takeMigration(migration) {
  const index = state.migrations.findIndex((known) => known.id === migration.id);
  if (index < 0) {
    state.migrations.unshift(migration);
  } else if (state.migrations[index].revision < migration.revision) {
    state.migrations[index] = migration;
  }
  showMigrations();
  showVms();
  if (migration.outcome !== undefined) announce(`Migration of ${migration.vm}: ${migration.outcome}`);
}

function connected(yes) {
  const element = place('connection');
  element.textContent = yes ? 'live' : 'connection lost, trying again';
  element.classList.toggle('lost', !yes);
}

async function start() {
  state.words = await call('GET', 'words').catch(() => state.words);
  listen({
    hosts: (hosts) => { state.hosts = hosts; showHosts(); },
    vms: (vms) => { state.vms = vms; showVms(); },
    migrations: (migrations) => { state.migrations = migrations; showMigrations(); showVms(); },
    migration: takeMigration,
  }, connected);
}

start();
