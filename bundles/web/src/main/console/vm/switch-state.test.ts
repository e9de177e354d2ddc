// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, Health, Nic, Pair, Vm } from '../model/types.ts';
import { canChange, consequence, done, type PairChange, pairOf, position, questionsAfter, riskOf, stateText } from './switch-state.ts';

const plain: Nic = { index: 0, alias: 'net0', mac: '52:54:00:00:00:01', model: 'virtio', source: 'bridge br0', role: 'plain' };
const standby: Nic = { ...plain, alias: 'ua-standby0', role: 'standby' };

function pair(health: Health, kind = 'vf'): Pair {
  return { standby: 'ua-standby0', primary: 'ua-primary0', mac: plain.mac!, pool: 'fast', kind, health, details: '' };
}

function vm(state: Vm['state'], nic: Nic, ...pairs: Pair[]): Vm {
  return { name: 'web1', uuid: 'u', host: 'alpha', state, nics: [nic], pairs };
}

function refused(code: string, message: string): PairChange {
  const finding: Finding = { code, severity: 'error', subject: 'vm web1', message, remedy: 'Correct it.', fixable: false };
  return { changed: false, effect: 'none', findings: [finding], definition: '<domain/>' };
}

test('the switch is on only for a pair that carries traffic over its primary', () => {
  assert.equal(position(vm('running', standby, pair('active')), standby), 'on');
  for (const health of ['hidden', 'partial', 'on-standby', 'unplugging', 'fault', 'off', 'a-new-health']) {
    assert.equal(position(vm('running', standby, pair(health)), standby), 'unproven', health);
  }
  assert.equal(position(vm('running', standby), standby), 'unproven');
  assert.equal(position(vm('running', plain), plain), 'off');
});

test('a pair of which the configured and the live VM differ is pending, in either direction', () => {
  const added = vm('running', standby, pair('pending-restart'));
  const removed = vm('running', plain, pair('pending-restart'));
  assert.equal(position(added, standby), 'pending-on');
  assert.equal(position(removed, plain), 'pending-off');
  assert.equal(stateText(added, standby), 'Failover on after a restart');
  assert.equal(consequence(added, standby, false).text, 'Reverts the pending change. The running VM is unchanged.');
  assert.equal(consequence(added, standby, false).asks, false);
});

test('a NIC keeps its pair by its MAC address after its alias has changed', () => {
  assert.equal(pairOf(vm('running', plain, pair('pending-restart')), plain)?.primary, 'ua-primary0');
});

test('switching off a running pair names the unplug and asks', () => {
  const next = consequence(vm('running', standby, pair('active')), standby, false);
  assert.equal(next.text, 'Unplugs the VF now and releases it; traffic moves to the standby NIC, which is slower.');
  assert.equal(next.asks, true);
});

test('switching off a VM that is off takes nothing away, and does not ask', () => {
  const next = consequence(vm('shutoff', standby, pair('off')), standby, false);
  assert.equal(next.text, 'Removes the VF from the definition. Applies at the next start.');
  assert.equal(next.asks, false);
});

test('a guest that is releasing the VF cannot be interrupted', () => {
  assert.equal(consequence(vm('running', standby, pair('unplugging')), standby, false).possible, false);
});

test('switching on names when it applies', () => {
  assert.match(consequence(vm('shutoff', plain), plain, false).text, /Applies at the next start/);
  assert.match(consequence(vm('running', plain), plain, false).text, /after the VM is shut down and started again, or now if it still has the standby NIC/);
  assert.match(consequence(vm('running', plain, pair('pending-restart')), plain, false).text, /Plugs a VF now/);
});

test('the dry run shows what switching on needs, and what prevents it', () => {
  const off = vm('shutoff', plain);
  assert.match(consequence(off, plain, false, refused('machine-change-needs-consent', 'x')).text, /^Needs the q35 machine type\. /);
  assert.match(consequence(off, plain, false, refused('pool-unknown', 'x')).text, /^Needs a VF pool/);
  const prevented = consequence(off, plain, false, refused('platform-without-failover', 'Architecture s390x has no failover pairs'));
  assert.deepEqual(prevented, { text: 'Not available: Architecture s390x has no failover pairs.', possible: false, asks: false });
});

test('a NIC that cannot be a standby, a VM that is migrated or unknown: not available, with the reason', () => {
  const e1000 = { ...plain, model: 'e1000e' };
  assert.match(consequence(vm('running', e1000), e1000, false).text, /the model is e1000e/);
  assert.match(consequence(vm('running', plain), plain, true).text, /a migration of the VM is running/);
  assert.match(consequence(vm('unknown', plain), plain, false).text, /the VM is unknown/);
});

test('an emulated primary is not called a VF', () => {
  const next = consequence(vm('running', standby, pair('active', 'emulated')), standby, false);
  assert.equal(next.text, 'Unplugs the emulated primary now; traffic moves to the standby NIC, which is slower.');
});

test('the message after a change names when it applies', () => {
  const change: PairChange = { changed: true, effect: 'after-restart', findings: [], definition: '' };
  assert.equal(done(true, 'net0', change), 'Failover of net0 is switched on. It applies after the VM is shut down and started again.');
});

test('no dry run is made for a press that is not possible', () => {
  const e1000 = { ...plain, model: 'e1000e' };
  assert.equal(canChange(vm('running', e1000), e1000), false);
  assert.equal(canChange(vm('unknown', standby), standby), false);
  assert.equal(canChange(vm('shutoff', plain), plain), true);
  assert.equal(canChange(vm('running', standby, pair('active')), standby), true);
});

test('a filter that the primary bypasses is named before a press, and is accepted by a consent that names what is lost', () => {
  const preview = refused('filter-bypassed', 'NIC 0 has the filter "clean-traffic"');
  const next = consequence(vm('shutoff', plain), plain, false, preview);
  assert.equal(next.possible, true);
  assert.match(next.text, /^Bypasses the network filter of the NIC, which you accept\. Adds a VF/);
  assert.equal(riskOf(preview.findings[0]!)?.consent, 'bypass-filter');
  assert.match(riskOf(preview.findings[0]!)!.text, /no longer drops what the filter forbids/);
});

test('an answer may lead to another question, and only errors are asked', () => {
  const pool = refused('pool-unknown', 'Several pools').findings;
  const filter = refused('filter-bypassed', 'NIC 0 has a filter').findings;
  const notice: Finding = { ...filter[0]!, severity: 'notice' };
  assert.deepEqual(questionsAfter([], [...pool, notice]), pool);
  assert.deepEqual(questionsAfter(pool, filter), [...pool, ...filter]);
  assert.deepEqual(questionsAfter([...pool, ...filter], filter), [...pool, ...filter]);
  assert.deepEqual(questionsAfter([], refused('mac-mismatch', 'The MACs differ').findings), []);
});
