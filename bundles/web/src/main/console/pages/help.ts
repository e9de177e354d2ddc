// SPDX-License-Identifier: Apache-2.0
// Words, keys, exit codes and further reading.

import { html, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { API, ROOT } from '../model/rest.ts';
import { PageElement } from '../parts/element.ts';
import { pageHead } from '../parts/head.ts';
import { pairHealth } from '../parts/labels.ts';

const WORDS: [string, string][] = [
  ['PF, VF', 'Physical and virtual function of an SR-IOV NIC. A VM that has a VF is bound to its host.'],
  ['Failover pair', 'A standby NIC and a primary of one VM with the same MAC address. It makes the VM movable.'],
  ['Standby NIC', 'The virtio NIC that the VM always has. Traffic uses it while the primary is unplugged.'],
  ['Primary', 'The NIC that carries traffic while it is plugged: a VF, or an emulated NIC on a machine without VFs.'],
  ['Pool', 'VFs that may serve one network, chosen by selectors such as eno1#0-7.'],
  ['Lease', 'The reservation of a VF for one primary of one VM. It is stored on the host.'],
  ['Preflight', 'The check before a migration. It changes nothing.'],
  ['Finding', 'One result of a check: what is wrong, and the next action.'],
  ['Downtime', 'The time in which the vCPUs are paused.'],
  ['On-standby time', 'From the unplug of the primary on the source until the primary on the destination carries traffic.'],
  ['Network gap', 'The measured loss of connectivity. Without a probe it is not measured; it is never estimated.'],
  ['Configured, live', 'The stored definition of a VM; the definition with which the running VM was started.'],
];

const KEYS: [string, string][] = [
  ['Tab, Shift+Tab', 'next and previous control'],
  ['Arrow down, arrow up', 'in the table of VMs: the same column of the next and previous row'],
  ['Home, End', 'in the table of VMs: the first and the last row'],
  ['Space', 'selects the VM, or opens and closes a part of the page'],
  ['Enter', 'follows a link, or confirms a dialog'],
  ['Escape', 'closes a dialog without a change'],
];

/** Source: docs of the shell; Outcome.exitCode and ErrorCode.exitCode. */
const EXIT_CODES: [string, string][] = [
  ['0', 'Done. A migration has completed, and its traffic uses the primary.'],
  ['1', 'Unexpected error; the log of Karaf has the cause.'],
  ['2', 'Wrong or missing argument.'],
  ['6', 'The migration was cancelled; the VM runs on the source.'],
  ['10', 'The migration has completed, but the traffic uses the standby NIC.'],
  ['11', 'The migration failed; the VM runs on the source.'],
  ['12', 'The migration needs attention; its findings have the remedies.'],
];

@customElement('understudy-help-page')
export class HelpPage extends PageElement {
  protected override readonly topics = ['words'] as const;

  protected override render() {
    const { health, steps } = store.words;
    return html`${pageHead('Help')}
      ${section('words', 'Words', list(WORDS))}
      ${section('health', 'Health of a pair', list(Object.entries(health)
        .map(([key, { cause, nextStep }]) => [pairHealth(key), html`${cause} <span class="us-quiet">${nextStep}</span>`])))}
      ${section('steps', 'Steps of a migration', html`<ol class="us-steps">${steps.map((step) => html`<li>${step.title}
        <code>${step.step}</code></li>`)}</ol>`)}
      ${section('keys', 'Keys', list(KEYS.map(([key, text]) => [html`<kbd>${key}</kbd>`, text])))}
      ${section('exit-codes', 'Exit codes of the shell', list(EXIT_CODES.map(([code, text]) => [html`<code>${code}</code>`, text])))}
      ${section('further', 'Further reading', html`<ul class="us-bullets">
        <li>Each command of the shell has <code>--help</code> and <code>--json</code>: <code>understudy:vm-list --help</code>.</li>
        <li>The REST interface is at <code>${API}</code>; <a href="${ROOT}api">its description</a> has each call and error code.</li>
        <li>docs/configuration.md describes etc/understudy.yaml, docs/security.md roles and logins, docs/rules.md each finding.</li>
      </ul>`)}`;
  }
}

function section(id: string, title: string, content: unknown): TemplateResult {
  return html`<section class="us-section us-flow" aria-labelledby=${id}><h2 id=${id} class="pf-v6-c-title pf-m-lg">${title}</h2>${content}</section>`;
}

function list(items: [unknown, unknown][]): TemplateResult {
  return html`<dl class="us-terms">${items.map(([term, text]) => html`<div><dt>${term}</dt><dd>${text}</dd></div>`)}</dl>`;
}
