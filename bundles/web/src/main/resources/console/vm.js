// SPDX-License-Identifier: Apache-2.0
// One VM: its NICs, the health of its pairs, and its actions.

import { announce, badge, button, findings, h } from './dom.js';
import { call } from './server.js';
import { ask, attempt, showMessage } from './dialog.js';
import { failoverSwitch, guestEvidence, pairHealth } from './pair.js';

export function vmCard(vm, state) {
  // The UUID, because a URL cannot contain every name; the host, because VMs of two hosts may have one UUID.
  const path = (part, query = '') => `vms/${vm.uuid}/${part}?host=${encodeURIComponent(vm.host)}${query}`;
  const id = vm.key;
  const off = vm.state === 'shutoff';
  const act = (verb, done) => () => attempt(`Could not ${verb} ${vm.name}`, async () => {
    await call('POST', path(verb));
    announce(`${vm.name}: ${done}`);
  });
  const busy = vm.moving ? { disabled: true, title: 'A migration of the VM is running.' } : {};
  return h('article', { className: 'card', 'aria-labelledby': `vm-${id}` },
    h('header', {},
      h('h3', { id: `vm-${id}` }, vm.name),
      badge(vm.state, `state-${vm.state}`),
      h('span', { className: 'host' }, `on ${vm.host}`)),
    h('ul', { className: 'nics' }, vm.nics.filter((nic) => nic.role !== 'primary').map((nic) => nicRow(vm, nic, path, state))),
    h('footer', {},
      off
        ? button('Start VM', `${id}-start`, act('start', 'started'), { className: 'primary' })
        : button('Migrate VM …', `${id}-migrate`, () => migrate(vm, path, state), { className: 'primary', ...busy }),
      vm.state === 'paused' ? button('Resume VM', `${id}-resume`, act('resume', 'resumed'), busy) : undefined,
      off ? undefined : button('Shut down VM', `${id}-shutdown`, act('shutdown', 'shutdown requested'), busy),
      off ? undefined : button('Force VM off …', `${id}-destroy`, () => forceOff(vm, act('destroy', 'forced off')), busy)));
}

async function forceOff(vm, destroy) {
  const confirmed = await ask(`Force off ${vm.name}`, 'Force off', () =>
    h('p', {}, 'Data that the guest has not written to its disks is lost. Use this only for a guest that does not shut down.'));
  if (confirmed) await destroy();
}

function nicRow(vm, nic, path, state) {
  const pair = vm.pairs.find((candidate) => candidate.standby === nic.alias);
  const eligible = nic.role === 'standby' || nic.model === 'virtio';
  return h('li', {},
    h('div', { className: 'nic' },
      h('div', {},
        h('p', {}, h('strong', {}, nic.alias ?? `NIC ${nic.index}`), ` ${nic.model}, ${nic.source}`),
        h('p', { className: 'quiet' }, nic.mac ?? 'no MAC address')),
      eligible
        ? failoverSwitch(vm, nic, path)
        : h('span', { className: 'quiet', title: 'Only a virtio NIC can be the standby of a failover pair.' }, 'not virtio')),
    pair ? pairHealth(pair, state) : undefined,
    pair && vm.state === 'running' ? guestEvidence(pair, path) : undefined);
}

async function migrate(vm, path, state) {
  const hosts = state.hosts.filter((host) => host.name !== vm.host);
  if (!hosts.some((host) => host.available)) {
    await showMessage(`Migrate ${vm.name}`, h('p', {}, hosts.length ? 'No other host is available.' : 'The configuration has no other host.'));
    return;
  }
  const verdict = h('div', { className: 'verdict', role: 'status' });
  const select = h('select', { id: 'destination' }, hosts.map((host) =>
    h('option', { value: host.name, disabled: !host.available }, host.available ? host.name : `${host.name} (unavailable)`)));
  const standby = h('input', { type: 'checkbox', id: 'accept-standby' });
  const offer = h('label', { htmlFor: 'accept-standby', className: 'consent', hidden: true },
    standby, h('span', {}, 'Migrate without a VF. The VM gets one on the destination as soon as one is free.'));
  const check = async (confirmButton) => {
    confirmButton.disabled = true;
    verdict.replaceChildren(h('p', { className: 'quiet' }, 'Checking both hosts …'));
    const [chosen, accepted] = [select.value, standby.checked];
    try {
      const found = await call('GET', path('preflight', `&destination=${encodeURIComponent(chosen)}${accepted ? '&acceptStandby' : ''}`));
      if (chosen !== select.value || accepted !== standby.checked) return;
      offer.hidden = !accepted && !found.some((finding) => finding.code === 'pool-exhausted');
      const blocked = found.some((finding) => finding.severity === 'error');
      verdict.replaceChildren(
        h('p', {}, blocked ? 'The VM cannot be migrated to this host:' : found.length ? 'The VM can be migrated to this host, with these findings:' : 'The VM can be migrated to this host.'),
        findings(found));
      confirmButton.disabled = blocked;
    } catch (error) {
      verdict.replaceChildren(h('p', {}, error.message), h('p', { className: 'remedy' }, error.remedy));
    }
  };
  const confirmed = await ask(`Migrate ${vm.name}`, 'Migrate', (confirmButton) => {
    select.onchange = () => { standby.checked = false; check(confirmButton); };
    standby.onchange = () => check(confirmButton);
    check(confirmButton);
    return [h('label', { htmlFor: 'destination' }, `From ${vm.host} to`), select, verdict, offer];
  });
  if (!confirmed) return;
  await attempt(`Migration of ${vm.name} not started`, async () => {
    await call('POST', 'migrations', { vm: `${vm.host}/${vm.uuid}`, destination: select.value, requireVf: standby.checked ? false : undefined });
    announce(`Migrating ${vm.name} to ${select.value}`);
    document.getElementById('migrations-title').scrollIntoView({ block: 'start' });
  });
}
