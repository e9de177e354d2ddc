// SPDX-License-Identifier: Apache-2.0
// The console: holds the state that the server sends, and shows it.

import { announce, badge, findings, h, list } from './dom.js';
import { call, listen } from './server.js';
import { vmCard } from './vm.js';
import { migrationCard } from './migration.js';

const SHOWN_MIGRATIONS = 10;
const state = { hosts: [], vms: { vms: [], findings: [] }, migrations: [], words: { health: {}, steps: [] } };
const byId = (id) => document.getElementById(id);

function showVms() {
  const running = state.migrations.filter((m) => m.outcome === undefined);
  const moves = (vm) => running.some((m) => m.vm === vm.name && (m.source === vm.host || m.destination === vm.host));
  // The UUID is the same on both hosts of a migration, so that the card stays; several hosts may have copies of one VM.
  const hasCopy = (vm) => state.vms.vms.some((other) => other.uuid === vm.uuid && other.host !== vm.host);
  const shown = state.vms.vms.map((vm) => ({ ...vm, moving: moves(vm), key: hasCopy(vm) ? `${vm.uuid}-${vm.host}` : vm.uuid }));
  list(byId('vms'), shown, (vm) => vm.key, (vm) => vmCard(vm, state),
    state.vms.findings.length
      ? 'No VMs on the hosts that answer.'
      : 'No VMs. Define one with understudy:vm-define, or POST its XML to /understudy/api/v1/vms.');
}

/** Hosts that do not answer, so that the list of VMs lacks theirs. */
function showUnanswered() {
  const problems = state.vms.findings;
  byId('vm-findings').replaceChildren(...(problems.length ? [h('div', { className: 'card' }, findings(problems))] : []));
}

function showHosts() {
  list(byId('hosts'), state.hosts, (host) => host.name, hostCard, 'No hosts. Add hosts to etc/understudy.yaml.');
}

function showMigrations() {
  const shown = state.migrations.slice(0, SHOWN_MIGRATIONS).map((m, index) => ({ ...m, folded: index > 0 && m.outcome !== undefined }));
  list(byId('migrations'), shown, (m) => m.id,
    (m, old) => migrationCard(m, state, old), 'No migrations.');
}

function showConfiguration(problems) {
  byId('configuration').hidden = problems.length === 0;
  byId('configuration-findings').replaceChildren(findings(problems));
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

/** Updates may arrive out of order; the revision shows which is newer. */
function updateMigration(migration) {
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

function showConnection(live) {
  const element = byId('connection');
  element.textContent = live ? 'live' : 'connection lost, reconnecting';
  element.classList.toggle('lost', !live);
}

async function start() {
  state.words = await call('GET', 'words').catch(() => state.words);
  listen({
    configuration: showConfiguration,
    hosts: (hosts) => { state.hosts = hosts; showHosts(); },
    vms: (vms) => { state.vms = vms; showVms(); showUnanswered(); },
    migrations: (migrations) => { state.migrations = migrations; showMigrations(); showVms(); },
    migration: updateMigration,
  }, showConnection);
}

start();
