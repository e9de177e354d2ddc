// SPDX-License-Identifier: Apache-2.0
// Defines a VM from its domain XML, and edits the one of a VM.

import { html } from 'lit';
import { router, store } from '../app/context.ts';
import { href } from '../app/router.ts';
import { documentOf, send, vmPath } from '../model/rest.ts';
import type { Finding, Vm } from '../model/types.ts';
import { announce } from '../parts/announce.ts';
import { ask, errorText, showMessage } from '../parts/dialog.ts';
import { codeField, picker } from '../parts/fields.ts';
import { findingList, sorted } from '../parts/findings.ts';
import { diffView } from './diff-view.ts';

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
        ${codeField('Domain XML', form.text, (value) => { form.text = value; update(); })}
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
  await report('VM defined', (await response.json()) as Finding[]);
  const vm = /\/vms\/([^/?]+)(\?.*)?$/.exec(response.headers.get('Location') ?? '');
  if (vm !== null) router.navigate(href(`vms/${vm[1]}${vm[2] ?? ''}`));
}

/** Shows the configured definition. Stores the edited one after its difference was shown; true if it was stored. */
export async function edit(vm: Vm): Promise<boolean> {
  const read = await send('GET', vmPath(vm, 'definition'));
  const before = await documentOf(read);
  const tag = read.headers.get('ETag');
  const title = `Definition of ${vm.name}`;
  let text = before;
  let error: unknown;
  for (;;) {
    const confirmed = await ask({
      title, verb: 'Store definition', wide: true,
      refusal: () => store.refusal('admin') ?? (text === before ? 'The definition is unchanged.' : undefined),
      cancel: () => (text === before ? 'Close' : 'Discard changes'),
      content: (update) => html`
        <p>The configured definition.${vm.state === 'shutoff' ? ' A change applies at the next start.'
          : ' The running VM is unchanged by an edit; it applies after the VM is shut down and started again.'}</p>
        ${codeField('Domain XML', text, (value) => { text = value; update(); })}
        ${text === before ? '' : diffView(before, text)}
        ${error === undefined ? '' : html`<div role="alert">${errorText(error)}</div>`}`,
    });
    if (!confirmed) return false;
    try {
      const response = await send('PUT', vmPath(vm, 'definition'), { xml: text, headers: tag === null ? {} : { 'If-Match': tag } });
      await report(`${title} stored`, (await response.json()) as Finding[]);
      return true;
    } catch (refused) {
      error = refused;
    }
  }
}

async function report(title: string, findings: Finding[]): Promise<void> {
  announce(title);
  if (findings.length > 0) await showMessage(title, html`<p>The check of the definition found:</p>${findingList(sorted(findings))}`);
}
