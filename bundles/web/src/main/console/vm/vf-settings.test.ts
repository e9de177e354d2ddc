// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Vf, VfRequirement } from '../model/types.ts';
import { vfSettings } from './vf-settings.ts';

const required: VfRequirement = { standby: 's', primary: 'p', mac: '52:54:00:11:22:33', vlan: 42, trust: false, spoofCheck: true };
const vf: Vf = {
  address: '0000:03:10.1', pf: '0000:03:00.0', pfName: 'eno1', index: 1, state: 'leased', reason: '', signs: [], pools: ['fast'], vfio: 'ready',
  vlan: 42, trust: false, spoofCheck: true,
};

function texts(...of: Parameters<typeof vfSettings>): string[] {
  return vfSettings(...of).map(({ name, configured, live, differs }) => `${name}: ${configured}, ${live}${differs ? ' differs' : ''}`);
}

test('VLAN, trust and spoof check are shown as required and as the VF has them', () => {
  assert.deepEqual(texts(required, vf), ['VLAN: 42, 42', 'Trust: not trusted, not trusted', 'Spoof check: on, on']);
});

test('a setting that differs is marked', () => {
  assert.deepEqual(texts(required, { ...vf, vlan: 0, trust: true, spoofCheck: false }),
    ['VLAN: 42, none differs', 'Trust: not trusted, trusted differs', 'Spoof check: on, off differs']);
});

test('what is not known differs from nothing', () => {
  const { trust, spoofCheck, ...ofTheHost } = required;
  assert.deepEqual(texts(ofTheHost, vf), ['VLAN: 42, 42', 'Trust: undefined, not trusted', 'Spoof check: undefined, on']);
  assert.deepEqual(texts(undefined, undefined), ['VLAN: undefined, undefined', 'Trust: undefined, undefined', 'Spoof check: undefined, undefined']);
  assert.deepEqual(texts(required, undefined)[0], 'VLAN: 42, undefined');
});
