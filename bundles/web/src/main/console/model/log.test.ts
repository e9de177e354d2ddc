// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { actionEntry, findingEntries } from './log.ts';
import type { AuditEntry, PastFinding } from './types.ts';

const FINDING: PastFinding = {
  code: 'host-unavailable', severity: 'error', subject: 'host beta', message: 'Host beta is not open', remedy: 'Check it.', host: 'beta',
  appeared: '2026-11-30T10:00:00Z', ended: '2026-11-30T10:05:00Z',
};

const ACTION: AuditEntry = {
  id: 'a', time: '2026-11-30T10:00:00Z', user: 'karaf', face: 'console', action: 'read-definition', object: 'web1', uuid: 'u', host: 'alpha',
  result: 'refused', message: 'VM web1 is running',
};

test('a finding of the past has a line when it appeared and one when it ended, with the page of its object', () => {
  const [appeared, ended] = findingEntries(FINDING);
  assert.deepEqual(appeared, {
    at: FINDING.appeared, kind: 'finding', object: 'beta', text: 'Host beta is not open', bad: true, link: { page: 'hosts', host: 'beta' } });
  assert.deepEqual([ended?.at, ended?.text, ended?.bad], [FINDING.ended, 'ended: Host beta is not open', false]);
  const { ended: _, ...lasting } = FINDING;
  assert.equal(findingEntries(lasting).length, 1);
  assert.deepEqual(findingEntries({ ...lasting, vm: 'web1', uuid: 'u' })[0]?.link, { page: 'vm', uuid: 'u', host: 'beta' });
});

test('an action has its user, its result and its reason', () => {
  assert.equal(actionEntry(ACTION).text, 'karaf: read definition, refused. VM web1 is running');
  assert.deepEqual(actionEntry(ACTION).link, { page: 'vm', uuid: 'u', host: 'alpha' });
  const { uuid: _, host: __, ...login } = { ...ACTION, object: '', message: '' };
  assert.equal(actionEntry(login).object, 'read definition');
  assert.equal(actionEntry(login).link, undefined);
});
