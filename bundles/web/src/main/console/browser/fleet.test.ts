// SPDX-License-Identifier: Apache-2.0
// 20,000 VMs on hosts of libvirt's test driver. How long they take is a benchmark: fleet.bench.ts.

import type { Page } from 'playwright-core';
import { assert, assertAccessible, assertFits, assertFocus, newContext, picture, rest, test, URL_OF_CONSOLE } from './harness.ts';
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
