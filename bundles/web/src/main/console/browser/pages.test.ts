// SPDX-License-Identifier: Apache-2.0
// Every page: its content, its accessibility, its width. The server has hosts alpha and beta, VM walker with a pair on one of
// them, and VM idle, which is shut off, on alpha.

import type { Page } from 'playwright-core';
import { assert, assertAccessible, assertFits, assertFocus, Cable, forceOff, picture, rest, test, visit } from './harness.ts';

const PAGES: { path: string; title: string; sign: string }[] = [
  { path: 'vms', title: 'VMs', sign: 'walker' },
  { path: 'pools', title: 'VF pools', sign: 'stand-in' },
  { path: 'hosts', title: 'Hosts', sign: 'alpha' },
  { path: 'migrations', title: 'Migrations', sign: 'Migrations' },
  { path: 'events', title: 'Events', sign: 'Events' },
  { path: 'audit', title: 'Audit', sign: 'Audit' },
  { path: 'tokens', title: 'Tokens', sign: 'Tokens' },
  { path: 'configuration', title: 'Configuration', sign: 'The whole file is in force.' },
  { path: 'help', title: 'Help', sign: 'Failover pair' },
];

async function shows(page: Page, { title, sign }: { title: string; sign: string }): Promise<void> {
  await page.getByRole('heading', { level: 1, name: title }).waitFor();
  await page.getByRole('main').getByText(sign).first().waitFor();
}

for (const one of PAGES) {
  test(`page ${one.path} is accessible and fits, wide and narrow, light, dark and in forced colors`, async () => {
    await visit(one.path, async (page) => {
      await shows(page, one);
      assert.equal(await page.title(), `${one.title} – Understudy`);
      assert.equal(await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: one.title }).getAttribute('aria-current'), 'page');
      await assertAccessible(page);
      await assertFits(page);
      await picture(page, one.path);
      await page.emulateMedia({ colorScheme: 'dark' });
      await assertAccessible(page);
      await picture(page, `${one.path}-dark`);
      await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
      await picture(page, `${one.path}-forced`);
      await page.emulateMedia({ forcedColors: 'none' });
      for (const [width, height] of [[320, 640], [3840, 2160]] as const) {
        await page.setViewportSize({ width, height });
        await assertFits(page);
        await picture(page, `${one.path}-${width}`);
      }
    });
  });
}

test('the navigation shows another page without a load, focuses its heading and returns to where the page was', async () => {
  await visit('vms?state=running', async (page) => {
    await shows(page, PAGES[0]!);
    await page.evaluate(() => { (globalThis as { loaded?: boolean }).loaded = true; });
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Hosts' }).click();
    await page.getByRole('heading', { level: 1, name: 'Hosts' }).waitFor();
    await page.waitForFunction(() => document.activeElement?.tagName === 'H1');
    await page.waitForURL(/\/hosts$/);
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'VMs' }).waitFor();
    await page.waitForFunction(() => document.querySelector('option:checked[value=running]') !== null);
    assert.equal(await page.evaluate(() => (globalThis as { loaded?: boolean }).loaded), true, 'the page was loaded again');
  });
});

test('an address that no page has is not found, and a VM that no host has is reported', async () => {
  await visit('vms/00000000-0000-0000-0000-000000000000', async (page) => {
    await page.getByText('VM not found').waitFor();
  });
});

test('in a narrow window the navigation opens by its button', async () => {
  await visit('vms', async (page) => {
    await shows(page, PAGES[0]!);
    const closed = page.getByRole('button', { name: 'Navigation', expanded: false });
    await closed.click();
    await page.getByRole('link', { name: 'VF pools' }).click();
    await page.getByRole('heading', { level: 1, name: 'VF pools' }).waitFor();
    await closed.waitFor();
  }, { width: 320, height: 640 });
});

test('the search finds a VM by name and by MAC address, and the address of the page keeps it', async () => {
  await visit('vms', async (page) => {
    await shows(page, PAGES[0]!);
    const search = page.getByRole('searchbox', { name: 'Search VMs' });
    await search.fill('IDLE');
    await page.getByRole('table', { name: 'VMs' }).getByText('walker').waitFor({ state: 'detached' });
    await page.waitForURL(/\?q=IDLE$/);
    await search.fill('52:54:00:11:22:33');
    await page.getByRole('link', { name: 'walker' }).waitFor();
    await search.fill('no such VM');
    await page.getByRole('button', { name: 'Clear filters' }).click();
    await page.getByRole('link', { name: 'idle' }).waitFor();
    await page.waitForURL(/\/vms$/);
  });
});

test('arrow keys move through the table, and the focus survives a change of the list', async () => {
  await visit('vms?sort=name', async (page) => {
    await shows(page, PAGES[0]!);
    await page.getByRole('link', { name: 'idle' }).focus();
    await page.keyboard.press('ArrowDown');
    await assertFocus(page, 'walker');
    await rest('POST', 'vms/idle/start');
    await page.getByRole('row', { name: 'idle' }).getByText('running').waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'walker');
    await forceOff('idle');
    await page.getByRole('row', { name: 'idle' }).getByText('shut off').waitFor();
    await page.keyboard.press('Home');
    await assertFocus(page, 'idle');
  });
});

test('selected VMs are started, with a question before and the result after', async () => {
  await visit('vms', async (page) => {
    await shows(page, PAGES[0]!);
    const start = page.getByRole('button', { name: 'Start VMs' });
    assert.equal(await start.getAttribute('aria-disabled'), 'true');
    assert.match(await start.getAttribute('aria-description') ?? '', /Select one or more VMs/);
    await page.getByRole('checkbox', { name: 'Select idle on alpha' }).check();
    await start.click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('The VM is started.').waitFor();
    await assertAccessible(page);
    await dialog.getByRole('button', { name: 'Start' }).click();
    await page.getByText('1 of 1 done').waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('row', { name: 'idle' }).getByText('running').waitFor();
    await assertFocus(page, 'Start VMs');
    await forceOff('idle');
  });
});

test('a lost connection is shown with its time, disables actions, and is resumed without a load', async () => {
  const cable = new Cable();
  const root = await cable.plug();
  try {
    await visit('vms', async (page) => {
      await shows(page, PAGES[0]!);
      await page.getByText('live', { exact: true }).waitFor();
      await page.getByRole('checkbox', { name: 'Select idle on alpha' }).check();
      cable.cut();
      await page.getByText(/^stale since \d\d:\d\d:\d\d$/).waitFor();
      const start = page.getByRole('button', { name: 'Start VMs', disabled: true });
      assert.match(await start.getAttribute('title') ?? '', /connection/);
      await assertAccessible(page);
      await picture(page, 'lost');
      await rest('POST', 'vms/idle/start');
      cable.repair();
      await page.getByText('live', { exact: true }).waitFor();
      await page.getByRole('row', { name: 'idle' }).getByText('running').waitFor();
      await forceOff('idle');
      await page.getByRole('row', { name: 'idle' }).getByText('shut off').waitFor();
    }, { root });
  } finally {
    cable.close();
  }
});

test('the events page lists changes while it is open', async () => {
  await visit('events', async (page) => {
    await page.getByRole('searchbox', { name: 'Search events' }).waitFor();
    await rest('POST', 'vms/idle/start');
    // A VM may be paused for a moment before it runs.
    await page.getByRole('row', { name: 'idle' }).getByText(/→ running$/).first().waitFor();
    await forceOff('idle');
    await page.getByRole('row', { name: 'idle' }).getByText(/→ shut off$/).first().waitFor();
  });
});

test('the events page shows the stored actions of users, and its address keeps the filter', async () => {
  await visit('events', async (page) => {
    await page.getByLabel('Kind').selectOption('action');
    await page.getByRole('row', { name: 'idle' }).getByText('admin: power, accepted').first().waitFor();
    await page.waitForURL(/\?kind=action$/);
    await page.getByLabel('From', { exact: true }).fill('2000-01-01');
    await page.getByLabel('To', { exact: true }).fill('2000-01-02');
    await page.getByText('No event matches').waitFor();
    await assertAccessible(page);
  });
});

test('a token is created, its secret is shown once, and it is revoked', async () => {
  await visit('tokens', async (page) => {
    await page.getByRole('button', { name: 'Create token …' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByLabel('Name').fill('script');
    await assertAccessible(page);
    await picture(page, 'token-create');
    await dialog.getByRole('button', { name: 'Create token' }).click();
    await dialog.getByLabel('Secret of the token').waitFor();
    await picture(page, 'token-secret');
    await dialog.getByRole('button', { name: 'Close' }).click();
    await page.getByRole('button', { name: 'Revoke token script' }).click();
    await dialog.getByRole('button', { name: 'Revoke token' }).click();
    await page.getByRole('row', { name: 'script' }).waitFor({ state: 'detached' });
  });
});

test('a definition is edited after its difference was shown', async () => {
  await visit('vms?q=idle', async (page) => {
    await page.getByRole('link', { name: 'idle' }).click();
    await page.getByRole('button', { name: 'Edit definition …' }).click();
    const dialog = page.getByRole('dialog');
    const xml = dialog.getByLabel('Domain XML');
    await xml.fill((await xml.inputValue()).replace('</name>', '</name><title>edited</title>'));
    await dialog.getByRole('group', { name: 'Difference of the definition' }).getByText('<title>edited</title>').waitFor();
    await assertAccessible(page);
    await picture(page, 'definition-edit');
    await dialog.getByRole('button', { name: 'Store definition' }).click();
    await page.getByText('Definition of idle stored').waitFor({ state: 'attached' });
    await page.getByRole('button', { name: 'Edit definition …' }).click();
    assert.match(await xml.inputValue(), /<title>edited<\/title>/);
  });
});

test('the configuration in force is shown by its keys, without passwords', async () => {
  await visit('configuration', async (page) => {
    const row = (table: string, name: string) => page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: name });
    await row('Hosts', 'alpha').getByText(/^directory: /).waitFor();
    await row('Pools', 'stand-in').getByText('emulated', { exact: true }).waitFor();
    await row('Settings of migrations', 'settle').getByText('500 ms').waitFor();
    await row('Settings of migrations', 'allow-emulated-primary').getByText('true').waitFor();
    await row('Settings of logins', 'roles.admin').getByText('admin', { exact: true }).waitFor();
    await page.getByRole('searchbox', { name: 'Search hosts' }).fill('beta');
    await row('Hosts', 'alpha').waitFor({ state: 'detached' });
    await row('Hosts', 'beta').waitFor();
  });
});
