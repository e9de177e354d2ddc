// SPDX-License-Identifier: Apache-2.0
// Repairs a definition after the user has seen the difference.

import { html, type TemplateResult } from 'lit';
import { store } from '../app/context.ts';
import { send, vmPath } from '../model/rest.ts';
import type { Vm } from '../model/types.ts';
import { announce } from '../parts/announce.ts';
import { ask, attempt, showMessage } from '../parts/dialog.ts';
import { findingList, sorted } from '../parts/findings.ts';
import { diff, folded, lines, masked } from './diff.ts';
import type { PairChange } from './switch-state.ts';

/** Shows what the fix changes, and applies it if the user confirms. True if the definition was changed. */
export async function fix(vm: Vm): Promise<boolean> {
  let changed = false;
  await attempt(`Definition of ${vm.name} not fixed`, async () => {
    const [before, planned] = await Promise.all([
      send('GET', vmPath(vm, 'definition')).then((response) => response.text()),
      send('POST', vmPath(vm, 'fix', '&dry-run')),
    ]);
    const tag = planned.headers.get('ETag');
    const change = (await planned.json()) as PairChange;
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
        ${diffView(masked(before), change.definition)}
        ${change.findings.length > 0 ? html`<p>These findings remain:</p>${findingList(sorted(change.findings))}` : ''}`,
    });
    if (!confirmed) return;
    await send('POST', vmPath(vm, 'fix'), tag === null ? {} : { headers: { 'If-Match': tag } });
    announce(`Definition of ${vm.name} fixed`);
    changed = true;
  });
  return changed;
}

const SIGNS = { same: ' ', added: '+', removed: '−' };
const NAMES = { same: '', added: 'added: ', removed: 'removed: ' };

/** The changed lines with their surroundings. */
export function diffView(before: string, after: string): TemplateResult {
  const shown = folded(diff(lines(before), lines(after)));
  return html`<div class="us-diff" role="group" tabindex="0" aria-label="Difference of the definition">${shown.map((line) => (line.kind === 'skipped'
    ? html`<div class="us-diff__skipped">${line.lines} unchanged lines</div>`
    : html`<div class="us-diff__${line.kind}"><span aria-hidden="true">${SIGNS[line.kind]} </span><span
        class="pf-v6-screen-reader">${NAMES[line.kind]}</span>${line.text}</div>`))}</div>`;
}
