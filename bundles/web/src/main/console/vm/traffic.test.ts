// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Health, Host, Nic, Pair, Vf, Vm } from '../model/types.ts';
import { trafficOf, vfOf } from './traffic.ts';

const nic: Nic = { index: 0, alias: 'ua-standby0', mac: '52:54:00:00:00:01', model: 'virtio', source: 'bridge br0', role: 'standby' };
const vf: Vf & { host: string } = {
  host: 'alpha', address: '0000:03:10.1', pf: '0000:03:00.0', pfName: 'eno1', index: 1, state: 'leased', reason: '', signs: [],
  pools: ['fast'], vfio: 'ready', holder: { vm: 'web1', primary: 'ua-primary0', owner: 'us', fencing: 1, ours: true },
};
const host: Host = {
  name: 'alpha', connector: 'qemu', available: true, summary: '', findings: [],
  pfs: [{ address: '0000:03:00.0', altNames: [], vendor: '8086', device: '10fb', totalVfs: 8, vfs: 8, link: true }],
};

function pair(health: Health): Pair {
  return { standby: 'ua-standby0', primary: 'ua-primary0', mac: nic.mac!, kind: 'vf', health, details: 'why' };
}

function vm(state: Vm['state'], health: Health): Vm {
  return { name: 'web1', uuid: 'u', host: 'alpha', state, nics: [nic], pairs: [pair(health)] };
}

test('the VF of a pair is the one that is leased for it on its host, with its PF', () => {
  const found = vfOf(vm('running', 'active'), pair('active'), [{ ...vf, host: 'beta' }, vf], host);
  assert.equal(found?.vf.address, '0000:03:10.1');
  assert.equal(found?.pf?.link, true);
  assert.equal(vfOf({ ...vm('running', 'active'), name: 'other' }, pair('active'), [vf], host), undefined);
});

test('each health has one carrier', () => {
  const carriers = Object.fromEntries(['active', 'unplugging', 'hidden', 'partial', 'on-standby', 'pending-restart', 'fault']
    .map((health) => [health, trafficOf(vm('running', health), nic, { vf }).carrier]));
  assert.deepEqual(carriers, {
    'active': 'primary', 'unplugging': 'primary', 'hidden': 'standby', 'partial': 'standby', 'on-standby': 'standby',
    'pending-restart': 'plain', 'fault': 'unknown',
  });
  assert.equal(trafficOf(vm('running', 'active'), nic, { vf }).device, 'VF 0000:03:10.1 of eno1');
});

test('a pair that was switched off is on its standby NIC when its VF is released, and unknown before', () => {
  const plain = { ...nic, alias: 'net0', role: 'plain' };
  const now = vm('running', 'pending-restart');
  assert.equal(trafficOf(now, plain, undefined).carrier, 'standby');
  assert.equal(trafficOf(now, plain, { vf }).carrier, 'unknown');
});

test('a VM that does not run has no traffic', () => {
  assert.equal(trafficOf(vm('shutoff', 'off'), nic).carrier, 'none');
  assert.equal(trafficOf(vm('paused', 'active'), nic).carrier, 'none');
  assert.equal(trafficOf(vm('unknown', 'active'), nic).carrier, 'unknown');
});
