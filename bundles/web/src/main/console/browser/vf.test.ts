// SPDX-License-Identifier: Apache-2.0
// What the page of a VM shows of a VF. The server has a host with libvirt and VFs in pool-a; VM web1, whose VF another program has
// made trusted; and VM filtered, which is shut off, has no pair, and has a network filter.

import { assert, assertAccessible, assertFits, picture, rest, test, visit, vm } from './harness.ts';

test('what a pair requires of its VF is beside what the VF has, and a difference is marked', async () => {
  const { uuid, host } = await vm('web1');
  await visit(`vms/${uuid}?host=${host}`, async (page) => {
    const cells = (name: string) => page.getByRole('row', { name: new RegExp(`^${name} `) }).getByRole('cell');
    await cells('Trust').filter({ hasText: /^trusted\s+differs$/ }).waitFor();
    const shown = async (name: string) => (await cells(name).allTextContents()).map((text) => text.trim().replace(/\s+/g, ' ')).slice(-2);
    assert.deepEqual(await shown('VLAN'), ['none', 'none']);
    assert.deepEqual(await shown('Trust'), ['not trusted', 'trusted differs']);
    assert.deepEqual(await shown('Spoof check'), ['on', 'on']);
    await assertAccessible(page);
    await picture(page, 'vf');
    await page.setViewportSize({ width: 320, height: 640 });
    await assertFits(page);
  });
});

test('a pair that bypasses a network filter is made only after that was accepted', async () => {
  const { uuid, host } = await vm('filtered');
  await visit(`vms/${uuid}?host=${host}`, async (page) => {
    await page.getByRole('button', { name: /of filtered: Failover off/ }).click();
    const dialog = page.getByRole('dialog');
    const confirm = dialog.getByRole('button', { name: 'Switch failover on' });
    await dialog.getByLabel('Take the primary from pool').selectOption('pool-a');
    await dialog.getByText('Bypasses the network filter of the NIC, which you accept.').waitFor();
    await dialog.getByText('Accept that the primary bypasses the network filter first.').waitFor();
    assert.equal(await confirm.getAttribute('aria-disabled'), 'true');
    await assertAccessible(page);
    assert.ok(await dialog.evaluate((one) => one.scrollWidth <= one.clientWidth), 'the dialog scrolls sideways');
    await picture(page, 'switch-filter');
    await confirm.click({ force: true });
    assert.equal((await vm('filtered')).pairs.length, 0, 'a press without the consent changes nothing');

    await dialog.getByRole('checkbox', { name: /^Bypass the network filter\./ }).check();
    await dialog.getByRole('button', { name: 'Switch failover on', disabled: false }).click();
    await page.getByRole('button', { name: /of filtered: Failover configured, VM is off/ }).waitFor();
    await page.getByText('accepted with the consent bypass-filter').first().waitFor();

    // A defect, and its repair.
    await page.getByRole('button', { name: 'Edit definition …' }).click();
    const xml = dialog.getByLabel('Domain XML');
    await xml.fill((await xml.inputValue()).replace(/<rom enabled=.no.\/>/, ''));
    await dialog.getByRole('button', { name: 'Store definition' }).click();
    await dialog.getByText('The check of the definition found:').waitFor();
    await dialog.getByRole('button', { name: 'Close' }).click();
    const fix = page.getByRole('button', { name: /^Fix \d+ findings? …$/ });
    await fix.click();
    await dialog.getByRole('group', { name: 'Difference of the definition' }).getByText(/rom enabled/).waitFor();
    await assertAccessible(page);
    await picture(page, 'fix');
    await dialog.getByRole('button', { name: 'Apply fix' }).click();
    await fix.waitFor({ state: 'detached' });
  });
  assert.equal((await rest<unknown[]>('GET', `vms/${uuid}/pairs?host=${host}`)).length, 1);
});

test('the page of pools shows the VFs of each PF, and what uses them', async () => {
  await visit('pools?q=web1', async (page) => {
    await page.getByRole('row', { name: 'pool-a' }).getByText(/1 leased/).waitFor();
    await page.locator('summary').filter({ hasText: 'alpha' }).click();
    const row = page.getByRole('table', { name: /^VFs of / }).getByRole('row', { name: 'web1' });
    await row.getByText('leased', { exact: true }).waitFor();
    await row.getByText('52:54:00:11:22:66', { exact: true }).waitFor();
    await assertAccessible(page);
    await assertFits(page);
    await picture(page, 'pools-vfs');
  });
});
