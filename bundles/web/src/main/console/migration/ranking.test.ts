// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, Host, PoolShare, Severity, Vm } from '../model/types.ts';
import { candidates, canStart, type Check, ranked } from './ranking.ts';

const vm: Vm = {
  name: 'web1', uuid: 'u', host: 'alpha', state: 'running', nics: [],
  pairs: [{ standby: 's', primary: 'p', mac: 'm', pool: 'fast', kind: 'vf', health: 'active', details: '' }],
};

function host(name: string, available = true): Host {
  return { name, connector: 'qemu', available, summary: available ? 'QEMU 10' : 'connection refused', findings: [] };
}

function share(name: string, free: number): PoolShare {
  return { pool: 'fast', stock: { host: name, free, leased: 0, other: 0 }, findings: [] };
}

function finding(severity: Severity, code: string, message = code): Finding {
  return { code, severity, subject: 's', message, remedy: 'Do it.', fixable: false };
}

function order(hosts: Host[], shares: PoolShare[], checks: Record<string, Check>) {
  return ranked(vm, hosts, shares, new Map(Object.entries(checks)));
}

test('ready hosts come first, the one with more free VFs before the others, and the source is none', () => {
  const all = order([host('alpha'), host('beta'), host('gamma')], [share('beta', 1), share('gamma', 3)],
    { beta: { findings: [] }, gamma: { findings: [finding('notice', 'no-gap-probe')] } });
  assert.deepEqual(all.map((one) => [one.host, one.verdict, one.reason]),
    [['gamma', 'ready', 'Ready, 3 free VFs'], ['beta', 'ready', 'Ready, 1 free VF']]);
});

test('each verdict has its place and its reason', () => {
  const all = order(['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((name) => host(name, name !== 'a')), [], {
    b: { findings: [finding('error', 'destination-incompatible', 'No such machine'), finding('error', 'x')] },
    c: { error: 'timeout' },
    d: { findings: [finding('error', 'pool-exhausted')], onStandby: [] },
    e: { findings: [finding('warning', 'w1'), finding('warning', 'w2')] },
    f: {},
  });
  assert.deepEqual(all.map((one) => [one.host, one.verdict, one.reason]), [
    ['e', 'warnings', '2 warnings to accept'],
    ['d', 'standby', 'No free VF: the VM arrives on its standby NIC'],
    ['f', 'checking', 'Checking both hosts'],
    ['g', 'unchecked', 'Not checked'],
    ['c', 'unknown', 'Check failed: timeout'],
    ['b', 'refused', 'No such machine (and 1 more)'],
    ['a', 'unavailable', 'connection refused'],
  ]);
  assert.deepEqual(all.filter(canStart).map((one) => one.host), ['e', 'd']);
});

test('a VF that is missing besides another error does not offer the standby NIC', () => {
  const [only] = order([host('beta')], [], { beta: { findings: [finding('error', 'pool-exhausted')], onStandby: [finding('error', 'x')] } });
  assert.equal(only?.verdict, 'refused');
});

test('the hosts with the most free VFs are checked first, and not more than the limit', () => {
  const hosts = [host('alpha'), host('b'), host('c', false), host('d'), host('e')];
  assert.deepEqual(candidates(vm, hosts, [share('d', 5), share('e', 2)], 2).map((one) => one.name), ['d', 'e']);
});
