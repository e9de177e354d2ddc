// SPDX-License-Identifier: Apache-2.0
// Actions for several VMs.

import { html, type TemplateResult } from 'lit';
import { store } from '../app/context.ts';
import { call, vmPath } from '../model/rest.ts';
import type { Vm } from '../model/types.ts';
import { announce } from '../parts/announce.ts';
import { actionButton } from '../parts/buttons.ts';
import { ask, errorText, showMessage } from '../parts/dialog.ts';
import { picker } from '../parts/fields.ts';
import { label } from '../parts/labels.ts';
import { BULK } from './source.ts';

/** Fired when migrations were queued. */
export const QUEUED = 'understudy-queued';

/** The buttons for the selected VMs. */
export function bulkActions(vms: Vm[]): TemplateResult {
  const none = vms.length === 0 ? 'Select one or more VMs first.' : undefined;
  const off = vms.filter((vm) => vm.state === 'shutoff');
  const on = vms.filter((vm) => vm.state === 'running');
  return html`
    ${actionButton('Start VMs', 'operator', () => start(off),
      { refusal: none ?? (off.length === 0 ? 'None of the selected VMs is shut off.' : undefined) })}
    ${actionButton('Shut down VMs', 'operator', () => shutDown(on),
      { refusal: none ?? (on.length === 0 ? 'None of the selected VMs is running.' : undefined) })}
    ${actionButton('Switch failover on', 'admin', () => switchOn(vms), { refusal: none })}
    ${actionButton('Migrate VMs', 'operator', () => migrate(on),
      { refusal: none ?? (on.length === 0 ? 'None of the selected VMs is running.' : undefined) })}`;
}

async function start(vms: Vm[]): Promise<void> {
  if (!await confirmed('Start', vms, vms.length === 1 ? 'The VM is started.' : `${count(vms)} that are shut off are started, one after the other.`)) return;
  await each('Start VMs', vms, (vm) => call('POST', vmPath(vm, 'start')));
}

async function shutDown(vms: Vm[]): Promise<void> {
  const text = vms.length === 1 ? 'The guest of the VM is asked to shut down.' : `The guests of ${count(vms)} that run are asked to shut down, one after the other.`;
  if (!await confirmed('Shut down', vms, text)) return;
  await each('Shut down VMs', vms, (vm) => call('POST', vmPath(vm, 'shutdown')));
}

async function switchOn(vms: Vm[]): Promise<void> {
  const without = vms.filter((vm) => vm.pairs.length === 0);
  if (without.length === 0) {
    await showMessage('Switch failover on', html`<p>All selected VMs have a failover pair.</p>`);
    return;
  }
  const question = `${without.length === 1 ? '1 VM without a pair gets one' : `${without.length} VMs without a pair get one`}, with the pool of its network. A running VM uses it from its next start.`;
  if (!await confirmed('Switch failover on', without, question)) return;
  await each('Switch failover on', without, (vm) => call('POST', vmPath(vm, 'pairs'), { body: { nic: 'only' } }));
}

async function migrate(vms: Vm[]): Promise<void> {
  const sources = new Set(vms.map((vm) => vm.host));
  const hosts = [...store.hosts.values()].filter((host) => host.available && (sources.size > 1 || !sources.has(host.name)));
  let destination = '';
  const yes = await ask({
    title: `Migrate ${count(vms)}`,
    verb: 'Migrate VMs',
    refusal: () => (hosts.length === 0 ? 'No other host is available.' : undefined),
    content: (update) => html`
      ${picker('Destination', destination, hosts.map((host) => host.name).sort(), (value) => { destination = value; update(); },
        'for each VM the host with the most free VFs')}
      <p>The server starts them one after the other, within the limit of migrations of each host.</p>
      ${names(vms)}`,
  });
  if (!yes) return;
  await startBulk(vms, destination);
}

async function startBulk(vms: Vm[], destination: string): Promise<void> {
  const body = { vms: vms.map((vm) => `${vm.host}/${vm.uuid}`), ...(destination ? { destination } : {}) };
  try {
    await call('POST', BULK, { body });
    announce(`${count(vms)} queued for migration.`);
    dispatchEvent(new Event(QUEUED));
  } catch (error) {
    await showMessage(`${count(vms)} not migrated`, errorText(error));
  }
}

function count(vms: Vm[]): string {
  return vms.length === 1 ? '1 VM' : `${vms.length} VMs`;
}

/** A long list is cut: the table behind the dialog has all. */
const SHOWN = 20;

function names(vms: Vm[]): TemplateResult {
  return html`<p class="us-quiet">${vms.slice(0, SHOWN).map((vm) => vm.name).join(', ')}${vms.length > SHOWN ? ` and ${vms.length - SHOWN} more` : ''}</p>`;
}

function confirmed(verb: string, vms: Vm[], text: string): Promise<boolean> {
  return ask({ title: `${verb}: ${count(vms)}`, verb, content: () => html`<p>${text}</p>${names(vms)}` });
}

/** Calls the server for one VM after the other, and shows how far it is. */
async function each(title: string, vms: Vm[], action: (vm: Vm) => Promise<unknown>): Promise<void> {
  const failures: { vm: Vm; error: unknown }[] = [];
  let done = 0;
  let stopped = false;
  let update = () => {};
  const dialog = ask({
    title,
    verb: 'Stop after this VM',
    refusal: () => (done === vms.length ? 'All VMs are done.' : undefined),
    cancel: () => (done === vms.length ? 'Close' : 'Stop and close'),
    content: (redraw) => {
      update = redraw;
      return html`
        <p role="status">${done} of ${vms.length} done${failures.length ? html`, ${label(`${failures.length} failed`, 'bad')}` : ''}</p>
        <progress max=${vms.length} value=${done} aria-label="VMs done"></progress>
        <ul role="list" class="us-flow">${failures.map(({ vm, error }) => html`<li><strong>${vm.name}</strong>${errorText(error)}</li>`)}</ul>`;
    },
  });
  void dialog.then(() => { stopped = true; });
  for (const vm of vms) {
    if (stopped) break;
    await action(vm).catch((error: unknown) => failures.push({ vm, error }));
    done++;
    update();
  }
  announce(`${title}: ${done - failures.length} of ${vms.length} succeeded.`);
}
