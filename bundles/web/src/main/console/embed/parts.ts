// SPDX-License-Identifier: Apache-2.0
// Parts that the custom elements share.

import { html, nothing, type TemplateResult } from 'lit';
import { mostSevereFirst, type Finding } from '../vm/records.js';
import { Refusal } from './client.js';

export function findingsList(findings: readonly Finding[], ordered = false): TemplateResult | typeof nothing {
  if (findings.length === 0) return nothing;
  return html`<ul class="findings">${(ordered ? findings : mostSevereFirst(findings)).map((one) => html`
    <li class="finding ${one.severity}">${findingText(one)}</li>`)}</ul>`;
}

export function findingText(one: Finding): TemplateResult {
  return html`<p><span class="severity">${capital(one.severity)}:</span> ${one.message}</p>
    ${one.remedy === '' ? nothing : html`<p class="quiet small">${one.remedy}</p>`}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A refusal of the server, whole: its message, findings and remedy. */
export function problem(error: unknown): TemplateResult {
  const message = error instanceof Error ? error.message : String(error);
  const { findings, remedy } = error instanceof Refusal ? error : { findings: [], remedy: '' };
  return html`<div class="finding error" role="alert"><p>${message}</p>
    ${findingsList(findings)}
    ${remedy === '' ? nothing : html`<p class="quiet small">${remedy}</p>`}</div>`;
}

/** The path of a VM in REST: its UUID, because a URL cannot contain every name; two hosts may have one UUID. */
export function vmPath(uuid: string, host: string, part = '', query = ''): string {
  return `vms/${encodeURIComponent(uuid)}${part === '' ? '' : `/${part}`}?host=${encodeURIComponent(host)}${query}`;
}
