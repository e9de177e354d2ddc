// SPDX-License-Identifier: Apache-2.0
// Repairs a definition after the user has seen the difference.

import { html } from 'lit';
import { store } from '../app/context.ts';
import { consoleClient } from '../embed/client.ts';
import { vmPath } from '../model/rest.ts';
import type { Vm } from '../model/types.ts';
import { announce } from '../parts/announce.ts';
import { ask, attempt, showMessage } from '../parts/dialog.ts';
import { findingList, sorted } from '../parts/findings.ts';
import { diffView } from './diff-view.ts';
import type { PlannedChange } from './switch-state.ts';

/** Shows what the fix changes, and applies it if the user confirms. True if the definition was changed. */
export async function fix(vm: Vm): Promise<boolean> {
  let changed = false;
  await attempt(`Definition of ${vm.name} not fixed`, async () => {
    const { value: change, tag } = await consoleClient.tagged<PlannedChange>('POST', vmPath(vm, 'fix', '&dry-run'));
    if (!change.changed) {
      await showMessage(`Fix definition of ${vm.name}`, html`<p>Nothing can be fixed without a decision of yours.</p>
        ${findingList(sorted(change.findings))}`);
      return;
    }
    const confirmed = await ask({
      title: `Fix definition of ${vm.name}`, verb: 'Apply fix', wide: true,
      refusal: () => store.refusal('admin'),
      content: () => html`
        <p>These lines of the configured definition change.${vm.state === 'shutoff' ? ' The change applies at the next start.'
          : ' The running VM is unchanged; the change applies after the VM is shut down and started again.'}</p>
        ${diffView(change.before, change.definition)}
        ${change.findings.length > 0 ? html`<p>These findings remain:</p>${findingList(sorted(change.findings))}` : ''}`,
    });
    if (!confirmed) return;
    await consoleClient.call('POST', vmPath(vm, 'fix'), undefined, tag);
    announce(`Definition of ${vm.name} fixed`);
    changed = true;
  });
  return changed;
}
