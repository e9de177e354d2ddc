// SPDX-License-Identifier: Apache-2.0

import { html, nothing, type TemplateResult } from 'lit';
import type { Finding, Severity } from '../model/types.ts';
import { severity } from './labels.ts';

const SEVERITIES: Severity[] = ['error', 'warning', 'notice'];

/** The most severe first. */
export function sorted(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
}

export function worst(findings: readonly Finding[]): Severity | undefined {
  return SEVERITIES.find((one) => findings.some((finding) => finding.severity === one));
}

/** In the order of the server: the first one of a migration is the reason of its outcome. */
export function findingList(findings: readonly Finding[]): TemplateResult | typeof nothing {
  if (findings.length === 0) return nothing;
  return html`<ul class="us-findings" role="list">${findings.map((finding) => html`
    <li class="us-finding us-finding--${finding.severity}">
      ${severity(finding.severity)}
      <div>
        <p>${finding.message}</p>
        ${finding.remedy ? html`<p class="us-quiet">${finding.remedy}</p>` : nothing}
      </div>
    </li>`)}</ul>`;
}
