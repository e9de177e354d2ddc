// SPDX-License-Identifier: Apache-2.0
// All migrations, running ones first.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { migrationHref } from '../app/router.ts';
import { duration } from '../model/time.ts';
import type { Migration } from '../model/types.ts';
import { PageElement } from '../parts/element.ts';
import { button } from '../parts/buttons.ts';
import { picker, searchField } from '../parts/fields.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { emulated, outcome } from '../parts/labels.ts';
import { timestamp } from '../parts/time.ts';
import { select, type MigrationFilter } from './selection.ts';
import { title } from './words.ts';

/** Rows that are added by one press. */
const PAGE = 100;

const OUTCOMES = [
  { value: 'running', text: 'running' }, { value: 'completed', text: 'completed' }, { value: 'completed-degraded', text: 'completed, on standby' },
  { value: 'failed-on-source', text: 'failed' }, { value: 'cancelled', text: 'cancelled' }, { value: 'needs-attention', text: 'needs attention' }];

@customElement('understudy-migrations-page')
export class MigrationsPage extends PageElement {
  protected override readonly topics = ['migration', 'host', 'connection'] as const;
  @state() private filter: MigrationFilter = { text: '', outcome: '', host: '' };
  @state() private limit = PAGE;

  protected override render() {
    const all = [...store.migrations.values()];
    const running = all.filter((one) => one.outcome === undefined).length;
    const head = pageHead('Migrations', {
      labels: html`<span class="us-quiet" role="status">${all.length}${running > 0 ? `, ${running} running` : ''}</span>`,
    });
    if (!store.ready) return html`${head}${loading('migrations')}`;
    if (all.length === 0) return html`${head}${emptyState('No migrations', 'Start one with “Migrate VM” on the page of a VM.')}`;
    const shown = select(all, this.filter);
    return html`${head}${this.toolbar()}
      ${shown.length === 0 ? emptyState('No migration matches') : migrationTable(shown.slice(0, this.limit), true)}
      ${shown.length > this.limit
        ? button(`Show ${Math.min(PAGE, shown.length - this.limit)} more`, () => { this.limit += PAGE; }, { kind: 'link' })
        : nothing}`;
  }

  private toolbar(): TemplateResult {
    const set = (change: Partial<MigrationFilter>) => { this.filter = { ...this.filter, ...change }; this.limit = PAGE; };
    return html`<search class="us-toolbar">
      ${searchField('Search migrations', 'VM, host, ID or reason', this.filter.text, (text) => { set({ text }); })}
      ${picker('Outcome', this.filter.outcome, OUTCOMES, (value) => { set({ outcome: value }); })}
      ${picker('Host', this.filter.host, [...store.hosts.keys()].sort(), (host) => { set({ host }); })}
    </search>`;
  }
}

/** @param withVm whether the table has a column with the VM */
export function migrationTable(migrations: readonly Migration[], withVm: boolean): TemplateResult {
  const names = ['Started', ...(withVm ? ['VM'] : []), 'From and to', 'Outcome', 'Network gap', 'Downtime', 'On standby'];
  return html`<table class="pf-v6-c-table us-table us-log" aria-label="Migrations">
    <thead class="pf-v6-c-table__thead"><tr class="pf-v6-c-table__tr">
      ${names.map((text) => html`<th class="pf-v6-c-table__th" scope="col">${text}</th>`)}</tr></thead>
    <tbody class="pf-v6-c-table__tbody">${migrations.map((one) => row(one, withVm))}</tbody>
  </table>`;
}

function row(one: Migration, withVm: boolean): TemplateResult {
  const running = one.steps.find((report) => report.state === 'running');
  const gap = one.networkGap;
  const figure = (ms: number | undefined) => html`<td class="pf-v6-c-table__td us-number">${ms === undefined
    ? html`<span class="us-quiet">${one.outcome === undefined ? '' : 'not measured'}</span>`
    : duration(ms)}</td>`;
  return html`<tr class="pf-v6-c-table__tr">
    <td class="pf-v6-c-table__td us-col-time"><a href=${migrationHref(one.id)}>${timestamp(one.started)}</a></td>
    ${withVm ? html`<td class="pf-v6-c-table__td">${one.vm}</td>` : nothing}
    <td class="pf-v6-c-table__td">${one.source} → ${one.destination}</td>
    <td class="pf-v6-c-table__td">${outcome(one.outcome)} ${one.primaries.includes('emulated') ? emulated() : nothing}
      ${running === undefined ? nothing : html`<span class="us-under us-quiet">${title(running.step)}${
        running.step === 'copy' && one.progress !== undefined ? `, ${one.progress} %` : ''}</span>`}
      ${one.outcome === undefined || one.outcome === 'completed' || one.findings[0] === undefined ? nothing : html`
        <span class="us-under us-quiet">${one.findings[0].message}</span>`}</td>
    ${figure(gap.kind === 'measured' ? gap.longestGapMs : undefined)}
    ${figure(one.downtimeMs)}
    ${figure(one.onStandbyMs)}
  </tr>`;
}
