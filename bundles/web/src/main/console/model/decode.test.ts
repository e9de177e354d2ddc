// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from './decode.ts';

function value(type: string, key: string, json: unknown): unknown {
  const [change] = decode(type, JSON.stringify({ key, revision: 1, value: json }));
  assert.equal(change?.change, 'put');
  return change && 'value' in change ? change.value : undefined;
}

test('a host has its view and what is known of its NICs', () => {
  assert.deepEqual(value('host', 'alpha', { view: { name: 'alpha', available: false }, staleSince: 'T', pfs: [] }),
    { name: 'alpha', available: false, staleSince: 'T', pfs: [] });
});

test('a VF has the host of its key, whose name may contain a slash', () => {
  assert.deepEqual(value('vf', 'rack/1/0000:01:00.0', { address: '0000:01:00.0' }), { address: '0000:01:00.0', host: 'rack/1' });
});

test('other objects are as in their lists', () => {
  assert.deepEqual(value('pool', 'pool-a/alpha', { pool: 'pool-a', findings: [] }), { pool: 'pool-a', findings: [] });
  assert.deepEqual(value('configuration', 'configuration', []), []);
});
