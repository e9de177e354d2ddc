// SPDX-License-Identifier: Apache-2.0
// 20,000 VMs on hosts of libvirt's test driver.

import type { Page } from 'playwright-core';
import { assert, assertAccessible, assertFits, newContext, picture, test, URL_OF_CONSOLE } from './harness.ts';

const VMS = Number(process.env['UNDERSTUDY_VMS'] ?? 20_000);
const LARGEST_MEMORY = 150 * 2 ** 20;
const LARGEST_SHIFT = 0.05;

interface Shift extends PerformanceEntry {
  value: number;
  hadRecentInput: boolean;
}

/** Sums the shifts of the layout that no input has caused. */
function watchShifts(): void {
  const sum = { value: 0 };
  Object.assign(globalThis, { shifts: sum });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries() as Shift[]) if (!entry.hadRecentInput) sum.value += entry.value;
  }).observe({ type: 'layout-shift', buffered: true });
}

async function memory(page: Page): Promise<number> {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  const { usedSize } = await session.send('Runtime.getHeapUsage');
  return usedSize;
}

/** The time until the first VM can be clicked. It is printed only: other programs of the machine count. */
async function open(page: Page): Promise<number> {
  const opened = Date.now();
  await page.goto(`${URL_OF_CONSOLE}vms`);
  await page.getByRole('link', { name: 'vm-0000-00' }).waitFor();
  return Date.now() - opened;
}

test('20,000 VMs need less than 150 MiB and can be searched, ordered and reached by keyboard', async () => {
  const context = await newContext({ width: 1440, height: 900 });
  try {
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.addInitScript(watchShifts);
    const usable = await open(page);
    const painted = await page.evaluate(() => performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Infinity);
    await page.getByText(VMS.toLocaleString('en'), { exact: true }).waitFor();
    const rendered = await page.getByRole('row').count();
    assert.ok(rendered < 100, `${rendered} rows are rendered`);
    await assertFits(page);
    await picture(page, 'fleet');

    await page.getByRole('link', { name: 'vm-0000-00' }).focus();
    await page.keyboard.press('End');
    await page.waitForFunction(() => /^vm-(?!0000)/.test(document.activeElement?.textContent ?? ''));
    await page.keyboard.press('Home');
    await page.waitForFunction(() => document.activeElement?.textContent === 'vm-0000-00');

    const search = page.getByRole('searchbox', { name: 'Search VMs' });
    await search.fill('vm-0003-07');
    await page.getByText(`1 of ${VMS.toLocaleString('en')}`).waitFor();
    await search.fill('');
    await page.getByLabel('Group by').selectOption('host');
    await page.getByRole('rowheader', { name: 'h0000' }).waitFor();
    await assertAccessible(page);

    const shift = await page.evaluate(() => (globalThis as unknown as { shifts: { value: number } }).shifts.value);
    const used = await memory(page);
    console.log(`first paint ${Math.round(painted)} ms, usable ${usable} ms, ${(used / 2 ** 20).toFixed(0)} MiB, layout shift ${shift.toFixed(3)}`);
    assert.ok(used < LARGEST_MEMORY, `${used} bytes`);
    assert.ok(shift < LARGEST_SHIFT, `layout shift ${shift}`);
  } finally {
    await context.close();
  }
});
