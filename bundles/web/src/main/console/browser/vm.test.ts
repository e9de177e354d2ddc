// SPDX-License-Identifier: Apache-2.0
// The page of a VM, its switch, and its migrations. The server has hosts alpha and beta, VM walker with a pair on one of them, and
// the VMs idle (q35) and old (pc), which are shut off, on alpha. Each migration is a real one.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { Finding, Migration, Vm } from '../model/types.ts';
import { assert, assertAccessible, assertFits, picture, rest, test, until, visit, vm } from './harness.ts';

const { UNDERSTUDY_HOME = '' } = process.env;
/** A limit with which the copy does not end before a test ends it, in MiB/s. */
const SLOW = '1';

/** The other host, as soon as a migration is not refused. */
async function ready(name: string): Promise<{ now: Vm; destination: string }> {
  return until(`VM ${name} can migrate`, async () => {
    const now = await vm(name);
    const destination = now.host === 'alpha' ? 'beta' : 'alpha';
    if (now.pairs[0]?.health !== 'active') return undefined;
    const findings = await rest<Finding[]>('GET', `vms/${now.uuid}/preflight?host=${now.host}&destination=${destination}`);
    return findings.some((one) => one.severity === 'error') ? undefined : { now, destination };
  }, 120);
}

function address(one: Vm): string {
  return `vms/${one.uuid}?host=${one.host}`;
}

/** Opens the Migrate dialog, accepts the warnings one by one, and starts the migration. */
async function start(page: Page, destination: string, bandwidth = ''): Promise<void> {
  await page.getByRole('button', { name: 'Migrate VM …' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: destination }).and(page.locator(':enabled')).waitFor();
  await dialog.getByText('warning to accept').or(dialog.getByText('warnings to accept')).or(dialog.getByText('Ready')).first().waitFor();
  if (bandwidth !== '') {
    await dialog.getByText('Options', { exact: true }).click();
    await dialog.getByLabel('Bandwidth limit in MiB/s').fill(bandwidth);
  }
  const confirm = dialog.getByRole('button', { name: 'Migrate VM' });
  const warnings = dialog.getByRole('checkbox', { name: /^warning Accept/ });
  for (let at = 0; at < await warnings.count(); at++) {
    assert.equal(await confirm.getAttribute('aria-disabled'), 'true', 'a warning is not accepted yet');
    await warnings.nth(at).check();
  }
  await confirm.click();
  await page.getByRole('heading', { level: 1, name: `→ ${destination}` }).waitFor();
}

test('the page of a VM shows which device carries its traffic now, and is accessible at each width', async () => {
  const { now } = await ready('walker');
  await visit(address(now), async (page) => {
    await page.getByRole('heading', { level: 1, name: 'walker' }).waitFor();
    await page.getByText('Traffic runs over emulated primary ua-primary0').waitFor();
    await page.getByRole('button', { name: /Failover pair of ua-standby0 of walker: Failover on/ }).waitFor();
    await page.getByText('If you press: Unplugs the emulated primary now; traffic moves to the standby NIC, which is slower.').waitFor();
    await page.getByText('Does the guest cooperate?').click();
    await page.getByText('Yes.', { exact: true }).waitFor();
    await assertAccessible(page);
    await picture(page, 'vm');
    await page.emulateMedia({ colorScheme: 'dark' });
    await assertAccessible(page);
    await picture(page, 'vm-dark');
    await page.emulateMedia({ colorScheme: 'light' });
    for (const [width, height] of [[320, 640], [3840, 2160]] as const) {
      await page.setViewportSize({ width, height });
      await assertFits(page);
      await picture(page, `vm-${width}`);
    }
  });
});

test('a switch names before a press what it needs, and the switch of a VM that is off applies at the next start', async () => {
  await visit(address(await vm('old')), async (page) => {
    await page.getByText('If you press: Needs the q35 machine type.').waitFor();
    await page.getByRole('button', { name: /Failover pair of .* of old: Failover off/ }).click();
    const dialog = page.getByRole('dialog');
    const confirm = dialog.getByRole('button', { name: 'Switch failover on' });
    assert.equal(await confirm.getAttribute('aria-disabled'), 'true');
    await assertAccessible(page);
    await picture(page, 'switch-question');
    await dialog.getByRole('button', { name: 'Cancel' }).click();
  });
  assert.equal((await vm('old')).pairs.length, 0);
  await visit(address(await vm('idle')), async (page) => {
    await page.getByText('If you press: Needs a VF pool, which you select. Adds a VF to the definition. Applies at the next start.').waitFor();
    await page.getByRole('button', { name: /Failover pair of .* of idle: Failover off/ }).click();
    await choosePool(page);
    await page.getByText('It applies at the next start.').waitFor();
    const on = page.getByRole('button', { name: /of idle: Failover configured, VM is off/ });
    await on.waitFor();
    assert.equal(await on.getAttribute('aria-pressed'), 'mixed', 'a pair that is not proven is not on');
    await page.getByText('If you press: Removes the emulated primary from the definition. Applies at the next start.').waitFor();
    await on.click();
    await page.getByRole('button', { name: /of idle: Failover off/ }).waitFor();
  });
});

/** Selects the pool in the question of a switch. */
async function choosePool(page: Page): Promise<void> {
  await page.getByRole('dialog').getByLabel('Take the primary from pool').selectOption('stand-in');
  await page.getByRole('dialog').getByRole('button', { name: 'Switch failover on' }).click();
}

test('switching off a running pair asks and moves the traffic to the standby NIC; switching on plugs the primary again', async () => {
  const { now } = await ready('walker');
  await visit(address(now), async (page) => {
    await page.getByRole('button', { name: /of walker: Failover on/ }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('Unplugs the emulated primary now').waitFor();
    await assertAccessible(page);
    await picture(page, 'switch-off');
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'hidden' });
    assert.equal((await vm('walker')).pairs[0]?.health, 'active');

    await page.getByRole('button', { name: /of walker: Failover on/ }).click();
    await dialog.getByRole('button', { name: 'Unplug primary' }).click();
    await page.getByText('The primary is being unplugged.').waitFor();
    await until('the primary is released', async () => ((await vm('walker')).pairs.length === 0 ? true : undefined));
    await page.getByText('Traffic runs over virtio NIC on user').waitFor();
    await page.getByRole('button', { name: /of walker: Failover off/ }).click();
    await choosePool(page);
    await page.getByText('Traffic runs over emulated primary').waitFor();
  });
});

test('a change that a running VM does not have yet is pending, and can be reverted', async () => {
  await visit(address(await vm('idle')), async (page) => {
    await page.getByRole('button', { name: 'Start VM' }).click();
    await page.getByText('Applies after the VM is shut down and started again').waitFor();
    await page.getByRole('button', { name: /of idle: Failover off/ }).click();
    await choosePool(page);
    await page.getByText('Pending change: the VM gets the pair when it is shut down and started again.').waitFor();
    await page.getByText('If you press: Reverts the pending change.').waitFor();
    await assertAccessible(page);
    await picture(page, 'switch-pending');
    await page.getByRole('button', { name: 'Revert pending change' }).click();
    await page.getByRole('button', { name: /of idle: Failover off/ }).waitFor();

    await page.getByRole('button', { name: 'Force VM off …' }).click();
    const dialog = page.getByRole('dialog');
    const confirm = dialog.getByRole('button', { name: 'Force VM off' });
    await dialog.getByLabel('Type idle to confirm').fill('idl');
    assert.equal(await confirm.getAttribute('aria-disabled'), 'true');
    await picture(page, 'force-off');
    await dialog.getByLabel('Type idle to confirm').fill('idle');
    await confirm.click();
    await page.getByText('The VM is off.').waitFor();
  });
});

test('a migration has its figures at the end', async () => {
  const { now, destination } = await ready('walker');
  await visit(address(now), async (page) => {
    await start(page, destination);
    await page.getByText('Completed', { exact: true }).waitFor({ timeout: 120_000 });
    await page.getByText(`VM walker runs on ${destination}; its traffic uses the primary.`, { exact: true }).waitFor();
    await page.getByText('vCPUs paused').waitFor();
    await page.getByText('no probe is configured for this VM').waitFor();
    await page.getByRole('figure', { name: 'Where the traffic ran, to scale' }).waitFor();
    await assertAccessible(page);
    await assertFits(page);
    await picture(page, 'migration-completed');
    await page.setViewportSize({ width: 320, height: 640 });
    await assertFits(page);
    await picture(page, 'migration-completed-320');
  });
});

test('a migration has a timeline while it runs, the effect of a cancel is shown before it, and the VM stays', async () => {
  const { now, destination } = await ready('walker');
  await visit(address(now), async (page) => {
    await start(page, destination, SLOW);
    await page.locator('understudy-timeline progress').waitFor();
    await page.locator('.copy dd').filter({ hasText: /MiB\/s$/ }).first().waitFor();
    await assertAccessible(page);
    await picture(page, 'migration-running');
    await page.getByText(`If you cancel: VM walker stays on ${now.host}.`).waitFor();
    await page.getByRole('button', { name: 'Cancel migration …' }).click();
    await page.getByRole('dialog').getByText('the primary is plugged again').waitFor();
    await page.getByRole('button', { name: 'Cancel migration', exact: true }).click();
    await page.getByText(`VM walker runs on ${now.host} as before.`, { exact: true }).waitFor();
    await picture(page, 'migration-cancelled');
    await page.getByRole('button', { name: 'Migrate VM again …' }).click();
    await page.getByRole('dialog').getByRole('radio', { name: destination }).waitFor();
  });
});

/** The QEMU that receives a VM. */
function receiver(host: string): number | undefined {
  const folder = join(UNDERSTUDY_HOME, host);
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${pid}/cmdline`, 'latin1');
      if (command.includes(folder) && command.includes('qemu-system') && command.includes('walker')) return Number(pid);
    } catch {
      // It has ended.
    }
  }
  return undefined;
}

test('a failure has its cause first, the place of the VM, and one next step', async () => {
  const { now, destination } = await ready('walker');
  await visit(address(now), async (page) => {
    await start(page, destination, SLOW);
    await page.locator('understudy-timeline progress').waitFor();
    const pid = receiver(destination);
    assert.ok(pid !== undefined, 'no QEMU receives the VM');
    process.kill(pid, 'SIGKILL');
    await page.getByText('Failed: the VM runs on the source', { exact: true }).waitFor();
    await page.getByText(`VM walker runs on ${now.host} as before.`, { exact: true }).waitFor();
    const [migration] = await rest<Migration[]>('GET', 'migrations');
    await page.locator('understudy-timeline .finding').first().getByText(migration!.findings[0]!.message).waitFor();
    assert.equal(await page.locator('understudy-timeline').getByRole('button').count(), 1, 'one next step');
    await assertAccessible(page);
    await picture(page, 'migration-failed');
    await page.getByRole('link', { name: 'Migrations' }).first().click();
    await page.getByRole('table', { name: 'Migrations' }).getByText(migration!.findings[0]!.message).waitFor();
    await page.getByLabel('Outcome').selectOption('cancelled');
    await page.getByRole('table', { name: 'Migrations' }).getByText('cancelled').first().waitFor();
    await assertAccessible(page);
  });
});

test('a paused VM has no traffic until it is resumed', async () => {
  const { now } = await ready('walker');
  await visit(address(now), async (page) => {
    await page.getByRole('button', { name: 'Pause VM' }).click();
    await page.getByText('The VM is paused: it sends and receives nothing.').waitFor();
    await page.getByRole('button', { name: 'Resume VM' }).click();
    await page.getByText('Traffic runs over emulated primary').waitFor();
  });
});

test('the lines of the definition that a press changes are shown before it', async () => {
  const { now } = await ready('walker');
  await visit(address(now), async (page) => {
    await page.getByText(/^Change of the definition: \d+ lines? added, \d+ removed$/).click();
    await page.getByRole('group', { name: 'Difference of the definition' }).getByText('ua-primary0').first().waitFor();
    await assertAccessible(page);
    await picture(page, 'switch-diff');
  });
});
