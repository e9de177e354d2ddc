// SPDX-License-Identifier: Apache-2.0
// One VM: its NICs, the health of its pairs, and what can be done with it.

import { announce, badge, button, emulatedBadge, findings, h } from './dom.js';
import { call } from './server.js';
import { ask, tell } from './dialog.js';

const EFFECTS = {
  'none': '',
  'at-next-start': 'It takes effect when the VM is started.',
  'after-restart': 'The running VM is unchanged until it is shut down and started again.',
};

export function vmCard(vm, state) {
  const path = `vms/${encodeURIComponent(vm.name)}`;
  const off = vm.state === 'shutoff';
  const act = (verb, done) => () => attempt(`Could not ${verb} ${vm.name}`, async () => {
    await call('POST', `${path}/${verb}`);
    announce(`${vm.name}: ${done}`);
  });
  return h('article', { className: 'card', 'aria-labelledby': `vm-${vm.name}` },
    h('header', {},
      h('h3', { id: `vm-${vm.name}` }, vm.name),
      badge(vm.state, `state-${vm.state}`),
      h('span', { className: 'host' }, `on ${vm.host}`)),
    h('ul', { className: 'nics' }, vm.nics.filter((nic) => nic.role !== 'primary').map((nic) => nicRow(vm, nic, path, state))),
    h('footer', {},
      off
        ? button('Start', `${vm.name}-start`, act('start', 'started'), 'primary')
        : button('Migrate …', `${vm.name}-migrate`, () => migrate(vm, path, state), 'primary'),
      off ? undefined : button('Shut down', `${vm.name}-shutdown`, act('shutdown', 'asked to shut down'))));
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
    pair ? pairHealth(pair, state) : undefined);
}

function failoverSwitch(vm, nic, path) {
  const on = nic.role === 'standby';
  return h('button', {
    type: 'button', className: 'switch', role: 'switch', 'aria-checked': String(on),
    'aria-label': `Failover pair of ${nic.alias ?? `NIC ${nic.index}`} of ${vm.name}`,
    'data-focus': `${vm.name}-${nic.index}-switch`,
    onclick: (event) => switchPair(vm, nic, path, on, event.currentTarget),
  }, h('span', { className: 'track', 'aria-hidden': 'true' }), h('span', {}, on ? 'Failover on' : 'Failover off'));
}

async function switchPair(vm, nic, path, on, control) {
  control.disabled = true;
  await attempt(`The pair of ${vm.name} was not changed`, async () => {
    const selector = nic.alias ?? nic.mac ?? String(nic.index);
    const change = on
      ? await call('DELETE', `${path}/pair?nic=${encodeURIComponent(selector)}`)
      : await turnOn(vm, path, { nic: selector });
    if (change === undefined) return;
    const text = `Failover is switched ${on ? 'off' : 'on'} in the definition of ${vm.name}. ${EFFECTS[change.effect] ?? ''}`;
    announce(text);
    if (change.findings.length > 0 || change.effect === 'after-restart') {
      await tell(`Failover ${on ? 'off' : 'on'}: ${vm.name}`, h('p', {}, text), findings(change.findings));
    }
  });
  control.disabled = false;
}

/** Asks for the pool if the configuration does not map the NIC's network to one; nothing if the admin stepped back. */
async function turnOn(vm, path, wish) {
  try {
    return await call('POST', `${path}/pair`, wish);
  } catch (refusal) {
    const pools = await call('GET', 'pools');
    if (wish.pool || pools.length === 0 || !refusal.findings?.some((finding) => finding.code === 'pool-unknown')) throw refusal;
    const select = h('select', { id: 'pool' }, pools.map((pool) =>
      h('option', { value: pool.name }, pool.kind === 'emulated' ? `${pool.name} (emulated)` : pool.name)));
    const confirmed = await ask(`Failover on: ${vm.name}`, 'Switch on', () => [
      h('p', {}, 'The configuration names no VF pool for this network.'),
      h('label', { htmlFor: 'pool' }, 'Take the primary from pool'), select]);
    return confirmed ? turnOn(vm, path, { ...wish, pool: select.value }) : undefined;
  }
}

function pairHealth(pair, state) {
  const words = state.words.health[pair.health] ?? { cause: '', nextStep: '' };
  return h('div', { className: `health ${pair.health}` },
    h('p', {},
      badge(pair.health.replace('-', ' '), `health-${pair.health}`),
      pair.kind === 'emulated' ? emulatedBadge() : undefined,
      pair.pool ? h('span', { className: 'quiet' }, `pool ${pair.pool}`) : undefined),
    h('p', {}, pair.details || words.cause),
    words.nextStep && words.nextStep !== 'Nothing to do.' ? h('p', { className: 'remedy' }, words.nextStep) : undefined);
}

async function migrate(vm, path, state) {
  const hosts = state.hosts.filter((host) => host.name !== vm.host);
  if (hosts.length === 0) {
    await tell(`Migrate ${vm.name}`, h('p', {}, 'There is no other host in the configuration.'));
    return;
  }
  const verdict = h('div', { className: 'verdict', role: 'status' });
  const select = h('select', { id: 'destination' }, hosts.map((host) =>
    h('option', { value: host.name, disabled: !host.available }, host.available ? host.name : `${host.name} (unavailable)`)));
  const check = async (go) => {
    go.disabled = true;
    verdict.replaceChildren(h('p', { className: 'quiet' }, 'Checking both hosts …'));
    const chosen = select.value;
    try {
      const found = await call('GET', `${path}/preflight?destination=${encodeURIComponent(chosen)}`);
      if (chosen !== select.value) return;
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
    select.onchange = () => check(go);
    check(go);
    return [h('label', { htmlFor: 'destination' }, `From ${vm.host} to`), select, verdict];
  });
  if (!confirmed) return;
  await attempt(`${vm.name} does not migrate`, async () => {
    await call('POST', 'migrations', { vm: vm.name, destination: select.value });
    announce(`Migrating ${vm.name} to ${select.value}`);
    document.getElementById('migrations-title').scrollIntoView({ block: 'start' });
  });
}

async function attempt(title, work) {
  try {
    await work();
  } catch (refusal) {
    await tell(title, h('p', {}, refusal.message), findings(refusal.findings ?? []), h('p', { className: 'remedy' }, refusal.remedy));
  }
}
