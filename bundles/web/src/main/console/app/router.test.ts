// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { slice } from '../parts/window.ts';
import { retryDelay } from '../model/stream.ts';
import { parse } from './router.ts';

test('each page has an address', () => {
  assert.deepEqual(parse('', ''), { page: 'vms' });
  assert.deepEqual(parse('vms/', ''), { page: 'vms' });
  assert.deepEqual(parse('vms/0-1', '?host=alpha%2Fx'), { page: 'vm', uuid: '0-1', host: 'alpha/x' });
  assert.deepEqual(parse('migrations/m%201', ''), { page: 'migration', id: 'm 1' });
  assert.deepEqual(parse('configuration', ''), { page: 'configuration' });
  assert.deepEqual(parse('tokens', ''), { page: 'tokens' });
  for (const path of ['nothing', 'vms/a/b', 'hosts/a', '%E0%A4%A']) assert.deepEqual(parse(path, ''), { page: 'unknown' });
});

test('a long table renders the rows in sight and a margin', () => {
  assert.deepEqual(slice(20_000, 50, 0, 500), { first: 0, last: 22 });
  assert.deepEqual(slice(20_000, 50, 500_000, 500), { first: 9_988, last: 10_022 });
  assert.deepEqual(slice(20_000, 50, 999_900, 500), { first: 19_986, last: 20_000 });
  assert.deepEqual(slice(3, 50, 5_000, 500), { first: 3, last: 3 });
  assert.deepEqual(slice(0, 50, 0, 500), { first: 0, last: 0 });
});

test('retries slow down to 15 s, each at another moment', () => {
  assert.equal(retryDelay(0, () => 1), 500);
  assert.equal(retryDelay(0, () => 0), 250);
  assert.equal(retryDelay(20, () => 1), 15_000);
});
