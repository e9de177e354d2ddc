// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from './decode.ts';
import { Store } from './store.ts';
import type { Vm } from './types.ts';

const VM: Vm = {
  name: 'web1', uuid: 'u1', host: 'alpha', state: 'running', nics: [],
  pairs: [{ standby: 's', primary: 'p', mac: '52:54:00:11:22:33', kind: 'vf', health: 'active', details: '' }],
};

function storeWith(...events: [string, unknown][]): Store {
  const store = new Store((notify) => notify());
  events.forEach(([type, data]) => store.apply(decode(type, JSON.stringify(data))));
  return store;
}

const put = (value: Vm, revision: number): [string, unknown] => ['vm', { key: `${value.host}/${value.uuid}`, revision, value }];

test('a state is shown when it is complete, and not before', () => {
  const store = storeWith(['begin', {}], put(VM, 1));
  assert.equal(store.ready, false);
  assert.equal(store.vms.size, 0);
  store.apply(decode('ready', '{}'));
  assert.equal(store.ready, true);
  assert.deepEqual([...store.vms.keys()], ['alpha/u1']);
});

test('a new state replaces the old one, so that what was removed meanwhile disappears', () => {
  const store = storeWith(['begin', {}], put(VM, 5), ['ready', {}], ['begin', {}], put({ ...VM, uuid: 'u2' }, 1));
  assert.deepEqual([...store.vms.keys()], ['alpha/u1']);
  store.apply(decode('ready', '{}'));
  assert.deepEqual([...store.vms.keys()], ['alpha/u2']);
});

test('an older revision that arrives late changes nothing', () => {
  const store = storeWith(['begin', {}], ['ready', {}], put({ ...VM, state: 'paused' }, 8), put(VM, 7));
  assert.equal(store.vms.get('alpha/u1')?.state, 'paused');
});

test('a removed object disappears', () => {
  const store = storeWith(['begin', {}], put(VM, 1), ['ready', {}], ['vm', { key: 'alpha/u1', revision: 2, removed: true }]);
  assert.equal(store.vms.size, 0);
});

test('an event of an unknown type changes nothing', () => {
  assert.deepEqual(decode('weather', '{"key":"x","revision":1,"value":{}}'), []);
});

test('the changes after the first state are logged in words', () => {
  const store = storeWith(['begin', {}], put(VM, 1), ['ready', {}], put({ ...VM, state: 'shutoff' }, 2),
    ['pair', { key: 'alpha/web1/s', revision: 3, value: { vm: 'web1', host: 'alpha', from: 'active', pair: { ...VM.pairs[0], health: 'fault' } } }]);
  assert.deepEqual(store.log.map((entry) => entry.text), ['running → shut off', 'pair s: active → fault']);
  assert.equal(store.log[1]?.bad, true);
});

test('listeners are notified once of many changes, and only of their topics', () => {
  let scheduled = () => {};
  const store = new Store((notify) => { scheduled = notify; });
  const seen: string[] = [];
  store.listen(['vm'], () => seen.push('vm'));
  store.listen(['host'], () => seen.push('host'));
  store.apply(decode(...event(put(VM, 1))));
  store.apply(decode(...event(put(VM, 2))));
  scheduled();
  assert.deepEqual(seen, ['vm']);
});

test('listeners learn which objects have changed, and that a new state may have changed all', () => {
  const store = storeWith();
  const seen: unknown[] = [];
  store.listen(['vm'], (changes) => seen.push(changes.get('vm')));
  store.apply(decode(...event(put(VM, 1))));
  store.apply(decode(...event(['begin', {}])));
  store.apply(decode(...event(put(VM, 1))));
  store.apply(decode(...event(['ready', {}])));
  assert.deepEqual(seen, [new Set(['alpha/u1']), 'all']);
});

function event([type, data]: [string, unknown]): [string, string] {
  return [type, JSON.stringify(data)];
}

test('an action is refused while the connection is lost, and without its role', () => {
  const store = storeWith();
  assert.equal(store.refusal('admin'), undefined);
  store.setSession({ user: 'jo', role: 'operator', canLogOut: true });
  assert.match(store.refusal('admin') ?? '', /role is operator.*needs admin/);
  assert.equal(store.refusal('operator'), undefined);
  store.setConnection({ state: 'lost', since: new Date() });
  assert.match(store.refusal('viewer') ?? '', /connection/);
});

test('the running migration of a VM is found on both of its hosts', () => {
  const migration = { id: 'm1', revision: 1, vm: 'web1', source: 'alpha', destination: 'beta', steps: [], primaries: [], findings: [] };
  const store = storeWith(['begin', {}], ['ready', {}], ['migration', { key: 'm1', revision: 1, value: migration }]);
  assert.equal(store.migrationOf(VM)?.id, 'm1');
  assert.equal(store.migrationOf({ name: 'web1', host: 'gamma' }), undefined);
  store.apply(decode('migration', JSON.stringify({ key: 'm1', revision: 2, value: { ...migration, outcome: 'completed' } })));
  assert.equal(store.migrationOf(VM), undefined);
});
