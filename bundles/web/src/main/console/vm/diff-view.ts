// SPDX-License-Identifier: Apache-2.0
// <understudy-diff>: the difference of two definitions; only changed lines and what surrounds them.

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { base } from '../embed/styles.ts';
import { diff, folded, lines, summary } from './diff.ts';
import type { PlannedChange } from './switch-state.ts';

const SIGNS = { same: ' ', added: '+', removed: '−' };
const NAMES = { same: '', added: 'added: ', removed: 'removed: ' };

@customElement('understudy-diff')
export class DiffView extends LitElement {
  static override readonly styles = [base, css`
    .diff { font-family: var(--pf-t--global--font--family--mono, monospace); font-size: .85rem; overflow: auto; max-height: 24rem; border: 1px solid var(--us-line); border-radius: 6px; }
    .diff > div { padding: 0 .6rem; white-space: pre; min-width: max-content; border-inline-start: 4px solid transparent; }
    .diff > .added { border-color: var(--us-good); font-weight: 600; }
    .diff > .removed { border-color: var(--us-bad); text-decoration: line-through; }
    .diff > .skipped { color: var(--us-quiet); border-block: 1px dashed var(--us-line); }
    .visually-hidden { text-decoration: none; }
  `];

  @property({ attribute: false }) from = '';
  @property({ attribute: false }) to = '';

  protected override render(): TemplateResult {
    const shown = folded(diff(lines(this.from), lines(this.to)));
    return html`<div class="diff" role="group" tabindex="0" aria-label="Difference of the definition">${shown.map((line) => (line.kind === 'skipped'
      ? html`<div class="skipped">${line.lines} unchanged lines</div>`
      : html`<div class=${line.kind}><span aria-hidden="true">${SIGNS[line.kind]} </span><span
          class="visually-hidden">${NAMES[line.kind]}</span>${line.text}</div>`))}</div>`;
  }
}

export function diffView(before: string, after: string): TemplateResult {
  return html`<understudy-diff .from=${before} .to=${after}></understudy-diff>`;
}

/** What a press changes in the configured definition, line by line. */
export function changeView(planned: PlannedChange | undefined, checking: boolean, open = false): TemplateResult | typeof nothing {
  if (checking) return html`<p class="small">Change of the definition: checking …</p>`;
  if (planned === undefined || !planned.changed) return nothing;
  return html`<details class="small" ?open=${open}><summary>Change of the definition: ${
    summary(diff(lines(planned.before), lines(planned.definition)))}</summary>${diffView(planned.before, planned.definition)}</details>`;
}
