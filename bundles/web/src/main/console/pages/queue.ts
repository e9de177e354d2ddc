// SPDX-License-Identifier: Apache-2.0
// Migrations of many VMs: what runs, waits and has ended.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { migrationHref } from '../app/router.ts';
import { call } from '../model/rest.ts';
import type { BulkEntry, BulkMigration } from '../model/types.ts';
import { actionButton } from '../parts/buttons.ts';
import { ask, attempt } from '../parts/dialog.ts';
import { PageElement } from '../parts/element.ts';
import { Folds } from '../parts/fold.ts';
import { label, outcome, type Tone } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { timestamp } from '../parts/time.ts';
import { QUEUED } from './bulk.ts';
import { BULK, BulkSource } from './source.ts';

const TONES: Record<BulkEntry['state'], Tone> = { waiting: 'plain', running: 'busy', ended: 'good', refused: 'bad', cancelled: 'warning' };

/** The bulk migrations that run, and the last one that has ended. */
@customElement('understudy-queue')
export class Queue extends PageElement {
  private readonly source = new BulkSource(this);
  private readonly folds = new Folds(this);
  private readonly queued = (): void => { void this.source.read(); };

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener(QUEUED, this.queued);
  }

  override disconnectedCallback(): void {
    removeEventListener(QUEUED, this.queued);
    super.disconnectedCallback();
  }

  protected override render() {
    const all = this.source.value ?? [];
    const shown = all.filter((bulk, index) => bulk.ended === undefined || index === 0);
    return shown.length === 0 ? nothing : html`<div class="us-stack us-queue">${shown.map((bulk) =>
      this.folds.render(bulk.id, this.summary(bulk), () => this.entries(bulk)))}</div>`;
  }

  private summary(bulk: BulkMigration): TemplateResult {
    const count = (state: BulkEntry['state']) => bulk.entries.filter((entry) => entry.state === state).length;
    const done = bulk.entries.length - count('waiting') - count('running');
    return html`<strong>${title(bulk)}</strong>
      ${bulk.ended ? label('ended', 'plain') : label('running', 'busy')}
      <progress max=${bulk.entries.length} value=${done} aria-label="VMs done"></progress>
      <span class="us-quiet">${done} done, ${count('running')} running, ${count('waiting')} waiting${
        count('refused') ? `, ${count('refused')} refused` : ''}</span>`;
  }

  private entries(bulk: BulkMigration): TemplateResult {
    return html`<p class="us-quiet">Requested ${timestamp(bulk.created)}</p>
      ${bulk.ended ? nothing : actionButton('Cancel all', 'operator', () => this.cancel(bulk), { kind: 'danger' })}
      ${dataTable(title(bulk), ['VM', 'State', 'From', 'To', 'Result'], bulk.entries, (entry) => [
        entry.migration ? html`<a href=${migrationHref(entry.migration)}>${entry.vm}</a>` : entry.vm,
        html`${label(entry.state, TONES[entry.state])} ${entry.progress === undefined || entry.state !== 'running' ? nothing : `${entry.progress} %`}`,
        entry.source,
        entry.destination ?? html`<span class="us-quiet">not decided</span>`,
        html`${entry.outcome ? outcome(entry.outcome) : nothing} ${entry.reason}`])}`;
  }

  private async cancel(bulk: BulkMigration): Promise<void> {
    const yes = await ask({
      title: 'Cancel migrations', verb: 'Cancel migrations', danger: true, cancel: () => 'Keep migrating',
      content: () => html`<p>What waits is removed. Running migrations are rolled back: their VMs stay on the source. Ended ones are not changed.</p>`,
    });
    if (yes) await attempt('Migrations not cancelled', () => call('DELETE', `${BULK}/${encodeURIComponent(bulk.id)}`));
    await this.source.read();
  }
}

function title({ entries }: BulkMigration): string {
  return `Migration of ${entries.length === 1 ? '1 VM' : `${entries.length} VMs`}`;
}
