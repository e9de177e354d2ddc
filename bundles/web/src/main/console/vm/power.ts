// SPDX-License-Identifier: Apache-2.0
// Actions that change the state of a VM.

import { html, type TemplateResult } from 'lit';
import { router, store } from '../app/context.ts';
import { href } from '../app/router.ts';
import { call, vmPath } from '../model/rest.ts';
import type { Role, Vm } from '../model/types.ts';
import { announce } from '../parts/announce.ts';
import { actionButton } from '../parts/buttons.ts';
import { ask, attempt } from '../parts/dialog.ts';
import { stateText } from '../parts/labels.ts';

export interface PowerAction {
  verb: 'start' | 'resume' | 'pause' | 'shutdown' | 'reset' | 'destroy' | 'undefine';
  text: string;
  /** What has happened, for the announcement. */
  done: string;
  states: readonly string[];
  role: Role;
  /** What is lost; such an action is confirmed by the name of the VM. */
  loss?: string;
}

const UNWRITTEN = 'Data that the guest has not written to its disks is lost.';

export const ACTIONS: readonly PowerAction[] = [
  { verb: 'start', text: 'Start VM', done: 'started', states: ['shutoff'], role: 'operator' },
  { verb: 'resume', text: 'Resume VM', done: 'resumed', states: ['paused'], role: 'operator' },
  { verb: 'shutdown', text: 'Shut down VM', done: 'shutdown requested', states: ['running'], role: 'operator' },
  { verb: 'pause', text: 'Pause VM', done: 'paused', states: ['running'], role: 'operator' },
  { verb: 'reset', text: 'Reset VM …', done: 'reset', states: ['running', 'paused'], role: 'operator',
    loss: `The guest restarts at once, as if its reset button were pressed. ${UNWRITTEN}` },
  { verb: 'destroy', text: 'Force VM off …', done: 'forced off', states: ['running', 'paused', 'unknown'], role: 'operator',
    loss: `The VM ends at once, as if its power were cut. ${UNWRITTEN}` },
  { verb: 'undefine', text: 'Undefine VM …', done: 'undefined', states: ['shutoff'], role: 'admin',
    loss: 'The definition of the VM is removed from its host. Its disks are kept.' },
];

/** Why an action is not possible now, apart from role and connection. */
export function refusalOf(action: PowerAction, vm: Vm, moving: boolean): string | undefined {
  if (moving) return 'A migration of the VM is running.';
  return action.states.includes(vm.state) ? undefined : `The VM is ${stateText(vm.state)}.`;
}

/** The actions that the state of the VM allows. */
export function powerButtons(vm: Vm, moving: boolean): TemplateResult[] {
  return ACTIONS.filter((action) => action.states.includes(vm.state)).map((action) =>
    actionButton(action.text, action.role, () => act(action, vm), {
      kind: action.loss === undefined ? 'secondary' : 'danger', refusal: refusalOf(action, vm, moving) }));
}

async function act(action: PowerAction, vm: Vm): Promise<void> {
  const name = action.text.replace(' …', '');
  if (action.loss !== undefined) {
    const confirmed = await ask({
      title: `${name}: ${vm.name}`, verb: name, danger: true, typed: vm.name,
      refusal: () => store.refusal(action.role),
      content: () => html`<p>${action.loss}</p><p>VM ${vm.name} is ${stateText(vm.state)} on ${vm.host}.</p>`,
    });
    if (!confirmed) return;
  }
  const succeeded = await attempt(`${name} failed: ${vm.name}`, () => (action.verb === 'undefine'
    ? call('DELETE', vmPath(vm))
    : call('POST', vmPath(vm, action.verb))));
  if (!succeeded) return;
  announce(`${vm.name}: ${action.done}`);
  if (action.verb === 'undefine') router.navigate(href('vms'));
}
