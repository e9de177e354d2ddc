// SPDX-License-Identifier: Apache-2.0
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Finding, Migration, StepReport } from '../model/types.ts';
import { bytes, copy, factText, figures } from './figures.ts';
import { NO_OPTIONS, optionsProblem, request } from './options.ts';
import { ofVm, select } from './selection.ts';
import { cancelText, cause, nextStep, outcomeText, place, STEPS } from './words.ts';

function finding(code: string, subject = 'vm web1'): Finding {
  return { code, severity: 'error', subject, message: `Message of ${code}`, remedy: 'Do it.', fixable: false };
}

function migration(more: Partial<Migration> = {}): Migration {
  return {
    id: 'm1', revision: 1, vm: 'web1', uuid: 'u1', source: 'alpha', destination: 'beta', primaries: ['vf'], started: '2026-11-30T10:00:00Z',
    steps: [], networkGap: { kind: 'not-measured', reason: 'No probe is configured' }, findings: [], ...more,
  };
}

/** The migration while a step runs. */
function during(step: string, facts: Record<string, string> = {}): Migration {
  const at = STEPS.findIndex((one) => one.step === step);
  const steps: StepReport[] = STEPS.map((one, index) => ({
    step: one.step, state: index < at ? 'done' : index === at ? 'running' : 'pending', facts: index === at ? facts : {} }));
  return migration({ steps, progress: 40 });
}

test('the effect of a cancel is named in each step', () => {
  assert.match(cancelText(during('preflight')).text, /^Nothing has changed yet\. VM web1 stays on alpha/);
  assert.match(cancelText(during('lease')).text, /VF that is leased on beta is released/);
  assert.match(cancelText(during('copy')).text, /stays on alpha\. The copied memory on beta is discarded, and the primary is plugged again/);
  assert.match(cancelText(during('switch')).text, /the migration completes; otherwise it stays on alpha/);
  assert.deepEqual(cancelText(during('to-primary')), { possible: false, text: 'Too late: VM web1 runs on beta. The migration completes.' });
});

test('a failure has its cause first, the place of the VM, and one next step', () => {
  const failed = migration({ outcome: 'failed-on-source', findings: [finding('primary-not-released'), finding('x')] });
  assert.equal(cause(failed)?.code, 'primary-not-released');
  assert.equal(place(failed), 'VM web1 runs on alpha as before.');
  assert.equal(nextStep(failed)?.label, 'Check guest of VM');
  assert.equal(nextStep(migration({ outcome: 'failed-on-source', findings: [finding('pool-exhausted')] }))?.action, 'migrate-without-vf');
  assert.equal(nextStep(migration({ outcome: 'failed-on-source', findings: [finding('migration-failed')] }))?.action, 'migrate-again');
  assert.equal(nextStep(migration({ outcome: 'failed-on-source', findings: [finding('host-unavailable', 'host alpha')] }))?.host, 'alpha');
  assert.equal(nextStep(migration({ outcome: 'completed' })), undefined);
});

test('a warning of the preflight is not the cause of a cancel', () => {
  const warning: Finding = { ...finding('emulated-primary'), severity: 'warning' };
  assert.equal(cause(migration({ outcome: 'cancelled', findings: [warning] })), undefined);
  assert.equal(cause(migration({ outcome: 'completed-degraded', findings: [warning] })), warning);
});

test('another migration may have the VM', () => {
  const other = migration({ outcome: 'failed-on-source', findings: [finding('other-migration')] });
  assert.equal(outcomeText(other), 'Failed: another migration has the VM');
  assert.doesNotMatch(place(other), /alpha/);
});

test('the place of a VM that needs attention is not asserted without proof', () => {
  assert.match(place(migration({ outcome: 'needs-attention' })), /is not proven/);
});

test('a figure that was not measured is absent with its reason', () => {
  const done = migration({
    outcome: 'completed', onStandbyMs: 1500,
    steps: [{ step: 'switch', state: 'done', facts: { downtimeFrom: 'the source sent no event', downtimeByQemu: '31 ms, as QEMU counts' } }],
  });
  assert.deepEqual(figures(done).map(({ value, note }) => [value, note]), [
    ['not measured', 'No probe is configured'],
    ['not measured', 'the source sent no event. QEMU reports 31 ms, as QEMU counts'],
    ['1.50 s', 'without the primary'],
  ]);
  assert.equal(figures(during('copy'))[0]!.note, 'Measured at the end of the migration');
});

test('the copy step has what the server reports, and nothing else', () => {
  assert.deepEqual(copy(during('copy', { totalBytes: '1073741824', remainingBytes: '644245094', bytesPerSecond: '104857600' })),
    { percent: 40, total: '1.0 GiB', remaining: '614 MiB', rate: '100 MiB/s' });
  const left = (facts: Record<string, string>) => copy(during('copy', facts))?.left;
  assert.equal(left({ remainingMs: '6144' }), 'at least 6.14 s');
  assert.equal(left({ remainingMs: '6144', dirtyBytesPerSecond: '1' }), '6.14 s');
  assert.equal(left({ dirtyBytesPerSecond: '1' }), 'no end at these rates');
  assert.equal(copy(during('switch')), undefined);
});

test('facts are shown with their units', () => {
  assert.deepEqual(factText(['totalBytes', '1048576']), ['total', '1.0 MiB']);
  assert.deepEqual(factText(['downtimeFrom', 'events']), ['downtime from', 'events']);
  assert.equal(bytes(512), '512 B');
});

test('a request contains only the options that were set', () => {
  assert.deepEqual(request('alpha/u1', 'beta', NO_OPTIONS, false), { vm: 'alpha/u1', destination: 'beta' });
  assert.deepEqual(request('alpha/u1', 'beta', { ...NO_OPTIONS, bandwidthMibS: '100', tls: true, strategy: 'automatic' }, true),
    { vm: 'alpha/u1', destination: 'beta', requireVf: false, strategy: 'automatic', bandwidth: 104857600, tls: true });
  assert.match(optionsProblem({ ...NO_OPTIONS, downtimeLimitMs: 'soon' })!, /downtime limit is a number of ms/);
  assert.equal(optionsProblem(NO_OPTIONS), undefined);
});

test('running migrations come first, then the newest; a filter narrows them', () => {
  const all = [
    migration({ id: 'a', started: '2026-11-30T09:00:00Z' }),
    migration({ id: 'b', started: '2026-11-30T11:00:00Z', outcome: 'completed' }),
    migration({ id: 'c', started: '2026-11-30T10:00:00Z', outcome: 'cancelled', vm: 'db1', uuid: 'u2', source: 'gamma' })];
  const ids = (filter: Parameters<typeof select>[1]) => select(all, filter).map((one) => one.id);
  assert.deepEqual(ids({ text: '', outcome: '', host: '' }), ['a', 'b', 'c']);
  assert.deepEqual(ids({ text: 'db1 gamma', outcome: '', host: '' }), ['c']);
  assert.deepEqual(ids({ text: '', outcome: 'running', host: 'alpha' }), ['a']);
  assert.deepEqual(ofVm({ name: 'web1', uuid: 'u1', host: 'beta' }, all).map((one) => one.id), ['b', 'a']);
});
