// SPDX-License-Identifier: Apache-2.0
// One VM: its NICs, the health of its pairs, and what can be done with it.

import { announce, badge, button, findings, h } from './dom.js';
import { call } from './server.js';
import { ask, attempt, tell } from './dialog.js';
import { failoverSwitch, guestSigns, pairHealth } from './pair.js';

export function vmCard(vm, state) {
  const path = `vms/${encodeURIComponent(vm.name)}`;
  const off = vm.state === 'shutoff';
  const act = (verb, done) => () => attempt(`Could not ${verb} ${vm.name}`, async () => {
    await call('POST', `${path}/${verb}`);
    announce(`${vm.name}: ${done}`);
  });
  const busy = vm.moving ? { disabled: true, title: 'The VM is being migrated.' } : {};
  return h('article', { className: 'card', 'aria-labelledby': `vm-${vm.name}` },
    h('header', {},
      h('h3', { id: `vm-${vm.name}` }, vm.name),
      badge(vm.state, `state-${vm.state}`),
      h('span', { className: 'host' }, `on ${vm.host}`)),
    h('ul', { className: 'nics' }, vm.nics.filter((nic) => nic.role !== 'primary').map((nic) => nicRow(vm, nic, path, state))),
    h('footer', {},
      off
        ? button('Start', `${vm.name}-start`, act('start', 'started'), { className: 'primary' })
        : button('Migrate …', `${vm.name}-migrate`, () => migrate(vm, path, state), { className: 'primary', ...busy }),
      off ? undefined : button('Shut down', `${vm.name}-shutdown`, act('shutdown', 'asked to shut down'), busy),
      off ? undefined : button('Force off …', `${vm.name}-destroy`, () => forceOff(vm, act('destroy', 'switched off')), busy)));
}

async function forceOff(vm, destroy) {
  const confirmed = await ask(`Force off ${vm.name}`, 'Force off', () =>
    h('p', {}, 'This is like pulling the plug: what the guest has not written to its disks is lost. It is meant for a guest that does not shut down.'));
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
    pair && vm.state === 'running' ? guestSigns(pair, path) : undefined);
}

async function migrate(vm, path, state) {
  const hosts = state.hosts.filter((host) => host.name !== vm.host);
  if (!hosts.some((host) => host.available)) {
    await tell(`Migrate ${vm.name}`, h('p', {}, hosts.length ? 'No other host is available.' : 'There is no other host in the configuration.'));
    return;
  }
  const verdict = h('div', { className: 'verdict', role: 'status' });
  const select = h('select', { id: 'destination' }, hosts.map((host) =>
    h('option', { value: host.name, disabled: !host.available }, host.available ? host.name : `${host.name} (unavailable)`)));
  const standby = h('input', { type: 'checkbox', id: 'accept-standby' });
  const offer = h('label', { htmlFor: 'accept-standby', className: 'consent', hidden: true },
    standby, h('span', {}, 'Go without a VF. The VM gets one there when one is free.'));
  const check = async (go) => {
    go.disabled = true;
    verdict.replaceChildren(h('p', { className: 'quiet' }, 'Checking both hosts …'));
    const [chosen, accepted] = [select.value, standby.checked];
    try {
      const found = await call('GET', `${path}/preflight?destination=${encodeURIComponent(chosen)}${accepted ? '&acceptStandby' : ''}`);
      if (chosen !== select.value || accepted !== standby.checked) return;
      offer.hidden = !accepted && !found.some((finding) => finding.code === 'pool-exhausted');
      const blocked = found.some((finding) => finding.severity === 'error');
      verdict.replaceChildren(
        h('p', {}, blocked ? 'The VM cannot move there now:' : found.length ? 'The VM can move there. Worth knowing:' : 'Nothing stands in the way.'),
        findings(found));
      go.disabled = blocked;
    } catch (refusal) {
      verdict.replaceChildren(h('p', {}, refusal.message), h('p', { className: 'remedy' }, refusal.remedy));
    }
  };
  const confirmed = await ask(`Migrate ${vm.name}`, 'Migrate', (go) => {
    select.onchange = () => { standby.checked = false; check(go); };
    standby.onchange = () => check(go);
    check(go);
    return [h('label', { htmlFor: 'destination' }, `From ${vm.host} to`), select, verdict, offer];
  });
  if (!confirmed) return;
  await attempt(`${vm.name} does not migrate`, async () => {
    await call('POST', 'migrations', { vm: vm.name, destination: select.value, requireVf: standby.checked ? false : undefined });
    announce(`Migrating ${vm.name} to ${select.value}`);
    document.getElementById('migrations-title').scrollIntoView({ block: 'start' });
  });
}
