// SPDX-License-Identifier: Apache-2.0
// Defines a VM from its domain XML.

import { html } from 'lit';
import { router, store } from '../app/context.ts';
import { href } from '../app/router.ts';
import { send } from '../model/rest.ts';
import type { Finding } from '../model/types.ts';
import { announce } from '../parts/announce.ts';
import { ask, errorText, showMessage } from '../parts/dialog.ts';
import { picker } from '../parts/fields.ts';
import { findingList, sorted } from '../parts/findings.ts';

/** Asks for host and definition; shows the page of the new VM. After a refusal the definition can be corrected. */
export async function define(): Promise<void> {
  const hosts = [...store.hosts.values()].filter((host) => host.available).map((host) => host.name).sort();
  const form = { host: hosts.length === 1 ? hosts[0]! : '', text: '' };
  let error: unknown;
  for (;;) {
    const confirmed = await ask({
      title: 'Define VM', verb: 'Define VM', wide: true,
      refusal: () => store.refusal('admin') ?? (hosts.length === 0 ? 'No host is available.' : undefined)
        ?? (form.host === '' ? 'Select a host.' : form.text.trim() === '' ? 'Enter a definition.' : undefined),
      content: (update) => html`
        <p>The VM is not started. A VM that the host has already gets the new definition.</p>
        ${picker('Host', form.host, hosts, (value) => { form.host = value; update(); }, 'none')}
        <div class="us-field us-field--wide"><label class="us-field__name" for="definition">Domain XML</label>
          <span class="pf-v6-c-form-control"><textarea id="definition" class="us-code" rows="14" spellcheck="false" .value=${form.text}
            @input=${(event: Event) => { form.text = (event.target as HTMLTextAreaElement).value; update(); }}></textarea></span></div>
        <div class="us-field us-field--wide"><label class="us-field__name" for="definition-file">Or from a file</label>
          <input id="definition-file" type="file" accept=".xml,text/xml,application/xml" @change=${async (event: Event) => {
            const file = (event.target as HTMLInputElement).files?.[0];
            if (file === undefined) return;
            form.text = await file.text();
            update();
          }}></div>
        ${error === undefined ? '' : html`<div role="alert">${errorText(error)}</div>`}`,
    });
    if (!confirmed) return;
    try {
      await submit(form.host, form.text);
      return;
    } catch (refused) {
      error = refused;
    }
  }
}

async function submit(host: string, text: string): Promise<void> {
  const response = await send('POST', `vms?host=${encodeURIComponent(host)}`, { xml: text });
  const findings = (await response.json()) as Finding[];
  announce('VM defined');
  if (findings.length > 0) await showMessage('VM defined', html`<p>The VM is defined. The check of its definition found:</p>${findingList(sorted(findings))}`);
  const vm = /\/vms\/([^/?]+)(\?.*)?$/.exec(response.headers.get('Location') ?? '');
  if (vm !== null) router.navigate(href(`vms/${vm[1]}${vm[2] ?? ''}`));
}
