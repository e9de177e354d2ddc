// SPDX-License-Identifier: Apache-2.0
// 20,000 VMs on hosts of libvirt's test driver. How long they take is a benchmark: fleet.bench.ts.

import type { Page } from 'playwright-core';
import type { Vm } from '../model/types.ts';
import { assert, assertAccessible, assertFits, assertFocus, newContext, picture, rest, test, URL_OF_CONSOLE, visit } from './harness.ts';
import { scriptMemory, shiftOf, Traffic, watchShifts } from './measure.ts';

const VMS = Number(process.env['UNDERSTUDY_VMS'] ?? 20_000).toLocaleString('en');
const MOST_ROWS = 100;
const LARGEST_MEMORY = 150 * 2 ** 20;
const LARGEST_SHIFT = 0.05;
const LARGEST_CHANGE = 2_000;

async function assertFewRows(page: Page): Promise<void> {
  const rendered = await page.getByRole('row').count();
  assert.ok(rendered < MOST_ROWS, `${rendered} rows are rendered`);
}

test('20,000 VMs can be searched, ordered and reached by keyboard; few are rendered, and a change of one is small', async () => {
  const context = await newContext({ width: 1440, height: 900 });
  try {
    const page = await context.newPage();
    await page.addInitScript(watchShifts);
    const traffic = await Traffic.of(page);
    await page.goto(`${URL_OF_CONSOLE}vms`);
    await page.getByRole('link', { name: 'vm-0000-00' }).waitFor();
    await page.getByText(VMS, { exact: true }).waitFor();
    await assertFewRows(page);
    await assertFits(page);
    await picture(page, 'fleet');

    await page.getByRole('link', { name: 'vm-0000-00' }).focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => /^vm-(?!0000)/.test(document.activeElement?.textContent ?? ''));
    await assertFewRows(page);
    await page.keyboard.press('Home');
    await assertFocus(page, 'vm-0000-00');

    const search = page.getByRole('searchbox', { name: 'Search VMs' });
    await search.fill('vm-0003-07');
    await page.getByText(`1 of ${VMS}`).waitFor();
    const row = page.getByRole('row', { name: 'vm-0003-07' });
    await row.getByText('running', { exact: true }).waitFor();
    await row.getByText('yes', { exact: true }).waitFor();
    const before = { stream: traffic.stream, other: traffic.other };
    await rest('POST', 'vms/vm-0003-07/pause');
    await row.getByText('paused', { exact: true }).waitFor();
    // What else depends on the state of the VM: whether it can migrate.
    await row.getByText('no', { exact: true }).waitFor();
    const events = traffic.stream - before.stream;
    const reads = traffic.other - before.other;
    assert.ok(events > 0 && reads > 0 && events + reads < LARGEST_CHANGE, `a change of one VM is ${events} bytes of events, and ${reads} that are read`);

    await search.fill('');
    await page.getByLabel('Group by').selectOption('host');
    await page.getByRole('rowheader', { name: 'h0000' }).waitFor();
    await assertAccessible(page);

    const shift = await shiftOf(page);
    assert.ok(shift < LARGEST_SHIFT, `layout shift ${shift}`);
    const used = await scriptMemory(page);
    assert.ok(used < LARGEST_MEMORY, `${used} bytes`);
  } finally {
    await context.close();
  }
});

const UUID = '6f1c7f8e-4d1b-4b0c-9a52-000000000001';
const FILTERED = `
  <domain type='test'>
    <name>vm-0000-01</name>
    <uuid>${UUID}</uuid>
    <memory unit='MiB'>64</memory>
    <os><type arch='x86_64' machine='q35'>hvm</type></os>
    <devices><interface type='bridge'><source bridge='br0'/><model type='virtio'/><filterref filter='clean-traffic'/></interface></devices>
  </domain>`;

test('a pair whose primary bypasses a network filter needs a consent, which names what is lost', async () => {
  await rest('PUT', `vms/${UUID}/definition?host=h0000`, FILTERED.trim());
  await visit(`vms/${UUID}?host=h0000`, async (page) => {
    await page.getByText('If you press: Needs a VF pool, which you select.').waitFor();
    await page.getByRole('button', { name: /of vm-0000-01: Failover off/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Take the primary from pool').selectOption('stand-in');
    const consent = dialog.getByRole('checkbox', { name: 'The host no longer drops what the filter forbids' });
    await consent.waitFor();
    const confirm = dialog.getByRole('button', { name: 'Switch failover on' });
    await dialog.getByText('Accept that the primary bypasses the network filter first.').waitFor();
    assert.equal(await confirm.getAttribute('aria-disabled'), 'true');
    await assertAccessible(page);
    await picture(page, 'switch-filter');
    await consent.check();
    await dialog.getByRole('button', { name: 'Switch failover on', disabled: false }).click();
    await page.getByText('It applies after the VM is shut down and started again.').waitFor();
  });
  const { pairs } = await rest<Vm>('GET', `vms/${UUID}?host=h0000`);
  assert.equal(pairs.length, 1);
});
