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
    // Other objects change too, but not during each of these changes.
    const changes: { events: number; reads: number }[] = [];
    for (const [action, state, canMigrate] of [['pause', 'paused', 'no'], ['resume', 'running', 'yes'], ['pause', 'paused', 'no']] as const) {
      const before = { stream: traffic.stream, other: traffic.other };
      await rest('POST', `vms/vm-0003-07/${action}`);
      await row.getByText(state, { exact: true }).waitFor();
      // What else depends on the state of the VM.
      await row.getByText(canMigrate, { exact: true }).waitFor();
      changes.push({ events: traffic.stream - before.stream, reads: traffic.other - before.other });
    }
    const shown = JSON.stringify(changes);
    assert.ok(changes.every(({ events, reads }) => events > 0 && reads > 0), `bytes of each change: ${shown}`);
    assert.ok(Math.min(...changes.map(({ events, reads }) => events + reads)) < LARGEST_CHANGE, `bytes of each change: ${shown}`);

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
