// SPDX-License-Identifier: Apache-2.0
// What each role sees and can press, after a login by the form. The server has VM walker with a pair, which runs, and VM idle, which
// is shut off, on alpha; the users of NAMES; and user visitor, without a role of Understudy.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import type { Role } from '../model/types.ts';
import { assert, assertAccessible, assertFits, forceOff, picture, test, until, visit, vm } from './harness.ts';

const { UNDERSTUDY_HOME = '', UNDERSTUDY_USERS_PASSWORD = '' } = process.env;
const USERS = join(UNDERSTUDY_HOME, 'etc/users.properties');

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };
const ROLES: Role[] = ['viewer', 'operator', 'admin'];
const PAGES = ['VF pools', 'Hosts', 'Migrations', 'Events', 'Audit', 'Configuration', 'Help', 'VMs'];

/** The user with a role; the server's own admin has another password. */
const NAMES: Record<Role, string> = { viewer: 'viewer', operator: 'operator', admin: 'chief' };

interface Action {
  name: string | RegExp;
  needs: Role;
}

const OF_RUNNING: Action[] = [
  { name: 'Migrate VM …', needs: 'operator' },
  { name: 'Shut down VM', needs: 'operator' },
  { name: 'Pause VM', needs: 'operator' },
  { name: 'Reset VM …', needs: 'operator' },
  { name: 'Force VM off …', needs: 'operator' },
  { name: 'Edit definition …', needs: 'admin' },
  { name: /^Failover pair of ua-standby0 of walker/, needs: 'admin' },
];
const OF_STOPPED: Action[] = [
  { name: 'Start VM', needs: 'operator' },
  { name: 'Undefine VM …', needs: 'admin' },
  { name: 'Edit definition …', needs: 'admin' },
  { name: /^Failover pair of .* of idle/, needs: 'admin' },
];
const OF_SELECTED: Action[] = [
  { name: 'Start VMs', needs: 'operator' },
  { name: 'Switch failover on', needs: 'admin' },
];

async function logIn(page: Page, user: string, password = UNDERSTUDY_USERS_PASSWORD): Promise<void> {
  await page.getByLabel('User').fill(user);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Log in' }).click();
}

/** Requests that change something. */
function changes(page: Page): string[] {
  const found: string[] = [];
  page.on('request', (request) => {
    if (request.method() !== 'GET' && !request.url().includes('dry-run')) found.push(`${request.method()} ${request.url()}`);
  });
  return found;
}

/** A button that the role does not permit names the missing role, and a press has no effect. */
async function assertPermitted(page: Page, role: Role, actions: Action[]): Promise<void> {
  const requests = changes(page);
  for (const { name, needs } of actions) {
    const permitted = RANK[role] >= RANK[needs];
    const button = page.getByRole('button', { name, exact: typeof name === 'string' });
    if (permitted) {
      await button.and(page.getByRole('button', { disabled: false })).waitFor();
    } else {
      await assertRefused(page, button, `Your role is ${role}; this action needs ${needs}.`);
    }
  }
  assert.deepEqual(requests, []);
}

async function assertRefused(page: Page, button: Locator, reason: string): Promise<void> {
  await button.and(page.getByRole('button', { disabled: true })).waitFor();
  // The reason is the description of a button; a switch has it as a text beside it.
  const described = await button.getAttribute('aria-description');
  if (described === null) await page.getByText(reason).first().waitFor();
  else assert.equal(described, reason);
  await button.click({ force: true });
  assert.equal(await page.getByRole('dialog').count(), 0, 'a press opens no dialog');
}

async function showsEveryPage(page: Page): Promise<void> {
  const refused: string[] = [];
  page.on('response', (response) => { if (response.status() >= 400) refused.push(`${response.status()} ${response.url()}`); });
  for (const title of PAGES) {
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: title, exact: true }).click();
    await page.getByRole('heading', { level: 1, name: title }).waitFor();
    await page.getByText(/^Loading /).first().waitFor({ state: 'detached' });
    assert.equal(await page.getByRole('alert').count(), 0, `${title} shows no error`);
  }
  assert.deepEqual(refused, []);
}

for (const role of ROLES) {
  test(`role ${role}: every page is shown, and exactly the actions of the role can be pressed`, async () => {
    const walker = await vm('walker');
    await visit('vms', async (page) => {
      await logIn(page, NAMES[role]);
      await page.getByRole('link', { name: 'walker' }).waitFor();
      await page.getByRole('banner').getByText(NAMES[role], { exact: true }).first().waitFor();
      await page.getByRole('banner').getByText(role, { exact: true }).last().waitFor();
      await showsEveryPage(page);

      await page.getByRole('checkbox', { name: 'Select idle on alpha' }).check();
      await assertPermitted(page, role, OF_SELECTED);
      await page.getByRole('link', { name: 'walker' }).click();
      await page.getByText('Traffic runs over emulated primary').waitFor();
      await assertPermitted(page, role, OF_RUNNING);
      await assertAccessible(page);
      await picture(page, `role-${role}`);
      await page.goBack();
      await page.getByRole('link', { name: 'idle' }).click();
      await assertPermitted(page, role, OF_STOPPED);
    }, { anonymous: true });
    const after = await vm('walker');
    assert.equal(`${after.state} on ${after.host}`, `${walker.state} on ${walker.host}`);
    assert.equal((await vm('idle')).state, 'shutoff');
  });
}

test('an operator starts a VM, and the audit page names user and result', async () => {
  await visit('vms', async (page) => {
    await logIn(page, 'operator');
    await page.getByRole('link', { name: 'idle' }).click();
    await page.getByRole('button', { name: 'Start VM' }).click();
    await page.getByRole('button', { name: 'Pause VM' }).waitFor();
    await page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Audit' }).click();
    const entry = page.getByRole('row').filter({ hasText: 'operator' }).filter({ hasText: 'idle' }).filter({ hasText: 'accepted' });
    // The server stores entries later than it answers.
    await until('the entry is on the page', async () => {
      await page.getByRole('button', { name: 'Read again' }).click();
      return await entry.count() > 0 ? true : undefined;
    });
    await forceOff('idle');
  }, { anonymous: true });
});

test('a user without a role and a wrong password are refused by the login page, which is accessible', async () => {
  await visit('hosts', async (page) => {
    await logIn(page, 'visitor');
    await page.getByRole('alert').getByText("This user does not have a role for Understudy, such as 'viewer'.").waitFor();
    await assertAccessible(page);
    await picture(page, 'login');
    await logIn(page, 'viewer', 'wrong');
    await page.getByRole('alert').getByText('User or password is wrong.').waitFor();
    await page.setViewportSize({ width: 320, height: 640 });
    await assertFits(page);
    await logIn(page, 'viewer');
    await page.getByRole('heading', { level: 1, name: 'Hosts' }).waitFor();
  }, { anonymous: true });
});

test('after a logout each page leads to the login', async () => {
  await visit('hosts', async (page) => {
    await logIn(page, 'viewer');
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.getByLabel('Password').waitFor();
    await page.goBack();
    await page.getByLabel('Password').waitFor();
  }, { anonymous: true });
});

test('a user who is removed loses the open page, which leads to the login', async () => {
  const users = readFileSync(USERS, 'utf8');
  await visit('vms', async (page) => {
    await logIn(page, 'viewer');
    await page.getByText('live', { exact: true }).waitFor();
    try {
      writeFileSync(USERS, users.replace(/^viewer = .*$/m, ''));
      await page.getByLabel('Password').waitFor();
      assert.match(page.url(), /next=%2Fvms/);
    } finally {
      writeFileSync(USERS, users);
    }
  }, { anonymous: true });
});

test('a role that is lost or given while a page is open is on the page without a reload', async () => {
  const users = readFileSync(USERS, 'utf8');
  await visit('vms', async (page) => {
    const role = (name: string) => page.getByRole('banner').getByText(name, { exact: true });
    const define = page.getByRole('button', { name: 'Define VM …' });
    await logIn(page, NAMES.admin);
    await define.and(page.getByRole('button', { disabled: false })).waitFor();
    try {
      writeFileSync(USERS, users.replace(/^(chief = .*),admin$/m, '$1,viewer'));
      await role('viewer').waitFor();
      await page.getByText('live', { exact: true }).waitFor();
      await assertRefused(page, define, 'Your role is viewer; this action needs admin.');
    } finally {
      writeFileSync(USERS, users);
    }
    await until('the role is given again', async () => {
      await page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
      return await role('admin').count() > 0 ? true : undefined;
    });
    await define.and(page.getByRole('button', { disabled: false })).waitFor();
  }, { anonymous: true });
});
