// SPDX-License-Identifier: Apache-2.0
// Parts that the custom elements share.

import { html, nothing, type TemplateResult } from 'lit';
import { ApiError } from '../model/rest.ts';
import type { Finding } from '../model/types.ts';

/** In the order of the server: the first one of a migration is the reason of its outcome. */
export function findingsList(findings: readonly Finding[]): TemplateResult | typeof nothing {
  if (findings.length === 0) return nothing;
  return html`<ul class="findings" role="list">${findings.map((one) => html`
    <li class="finding ${one.severity}">${findingText(one)}</li>`)}</ul>`;
}

export function findingText(one: Finding): TemplateResult {
  return html`<p><span class="severity">${capital(one.severity)}:</span> ${one.message}</p>
    ${one.remedy === '' ? nothing : html`<p class="quiet small">${one.remedy}</p>`}`;
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** An error of the server, whole: its message, findings and remedy. */
export function problem(error: unknown): TemplateResult {
  const message = error instanceof Error ? error.message : String(error);
  const { findings, remedy } = error instanceof ApiError ? error : { findings: [], remedy: '' };
  return html`<div class="finding error" role="alert"><p>${message}</p>
    ${findingsList(findings)}
    ${remedy === '' ? nothing : html`<p class="quiet small">${remedy}</p>`}</div>`;
}
