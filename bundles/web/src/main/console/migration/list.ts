// SPDX-License-Identifier: Apache-2.0
// All migrations, running ones first.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { AddressQuery } from '../app/query.ts';
import { migrationHref } from '../app/router.ts';
import { storedMigrations } from '../model/history.ts';
import { duration } from '../model/time.ts';
import type { Migration } from '../model/types.ts';
import { PageElement } from '../parts/element.ts';
import { button } from '../parts/buttons.ts';
import { errorText } from '../parts/dialog.ts';
import { picker, searchField } from '../parts/fields.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { emulated, outcome } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { timestamp } from '../parts/time.ts';
import { select } from './selection.ts';
import { cause, title } from './words.ts';

/** Rows that are added by one press. */
const PAGE = 100;

const OUTCOMES = [
  { value: 'running', text: 'running' }, { value: 'completed', text: 'completed' }, { value: 'completed-degraded', text: 'completed, on standby' },
  { value: 'failed-on-source', text: 'failed' }, { value: 'cancelled', text: 'cancelled' }, { value: 'needs-attention', text: 'needs attention' }];

@customElement('understudy-migrations-page')
export class MigrationsPage extends PageElement {
  protected override readonly topics = ['migration', 'host', 'connection'] as const;
  private readonly query = new AddressQuery(this, ['q', 'outcome', 'host'], () => {
    this.limit = PAGE;
    this.forget();
  });
  @state() private limit = PAGE;
  /** Migrations of the history, as far as they were read. */
  @state() private stored: readonly Migration[] = [];
  /** The query of the first page of the history. */
  private first = '';
  /** The query of the next one; empty at the end. */
  private next: string | undefined;
  @state() private error: unknown;

  override connectedCallback(): void {
    super.connectedCallback();
    this.forget();
  }

  /** After a change of what the history selects; the text selects among what was read. */
  private forget(): void {
    const query = new URLSearchParams({ kind: 'migration', limit: String(PAGE) });
    for (const key of ['outcome', 'host'] as const) if (this.query.get(key) !== '') query.set(key, this.query.get(key));
    if (this.first === `?${query}`) return;
    this.first = `?${query}`;
    this.next = this.first;
    this.stored = [];
    this.error = undefined;
  }

  /** Reads pages of the history until one contains a migration that is not shown yet. */
  private async more(): Promise<void> {
    this.error = undefined;
    try {
      for (let isNew = false; this.next !== undefined && !isNew;) {
        const { next } = this;
        const page = await storedMigrations(next);
        // Another filter is set meanwhile.
        if (this.next !== next) return;
        isNew = page.migrations.some((one) => !store.migrations.has(one.id));
        this.next = page.next;
        this.stored = [...this.stored, ...page.migrations];
        this.limit += page.migrations.length;
      }
    } catch (error) {
      this.error = error;
    }
  }

  protected override render() {
    const all = [...new Map([...this.stored.map((one) => [one.id, one] as const), ...store.migrations]).values()];
    const running = all.filter((one) => one.outcome === undefined).length;
    const head = pageHead('Migrations', {
      labels: html`<span class="us-quiet" role="status">${all.length}${running > 0 ? `, ${running} running` : ''}</span>`,
    });
    if (!store.ready) return html`${head}${loading('migrations')}`;
    const shown = select(all, { text: this.query.get('q'), outcome: this.query.get('outcome'), host: this.query.get('host') });
    return html`${head}${this.toolbar()}
      ${all.length === 0 ? emptyState('No migrations', 'Start one with “Migrate VM” on the page of a VM.')
        : shown.length === 0 ? emptyState('No migration matches') : migrationTable(shown.slice(0, this.limit), true)}
      ${shown.length > this.limit
        ? button(`Show ${Math.min(PAGE, shown.length - this.limit)} more`, () => { this.limit += PAGE; }, { kind: 'link' })
        : this.next === undefined ? nothing : button('Show older migrations', () => this.more(), { kind: 'link' })}
      ${this.error === undefined ? nothing : html`<div role="alert">${errorText(this.error)}</div>`}`;
  }

  private toolbar(): TemplateResult {
    return html`<search class="us-toolbar">
      ${searchField('Search migrations', 'VM, host, ID or reason', this.query.get('q'), this.query.setter('q'))}
      ${picker('Outcome', this.query.get('outcome'), OUTCOMES, this.query.setter('outcome'))}
      ${picker('Host', this.query.get('host'), [...store.hosts.keys()].sort(), this.query.setter('host'))}
    </search>`;
  }
}

/** @param withVm whether the table has a column with the VM */
export function migrationTable(migrations: readonly Migration[], withVm: boolean): TemplateResult {
  const names = ['Started', ...(withVm ? ['VM'] : []), 'From and to', 'Outcome', 'Network gap', 'Downtime', 'On standby'];
  return dataTable('Migrations', names, migrations, (one) => cells(one, withVm));
}

function cells(one: Migration, withVm: boolean): unknown[] {
  const running = one.steps.find((report) => report.state === 'running');
  const reason = cause(one)?.message;
  const gap = one.networkGap;
  const absent = one.outcome === undefined ? '' : html`<span class="us-quiet">not measured</span>`;
  const figure = (ms: number | undefined) => (ms === undefined ? absent : duration(ms));
  return [
    html`<a href=${migrationHref(one.id)}>${timestamp(one.started)}</a>`,
    ...(withVm ? [one.vm] : []),
    `${one.source} → ${one.destination}`,
    html`${outcome(one.outcome)} ${one.primaries.includes('emulated') ? emulated() : nothing}
      ${running === undefined ? nothing : html`<span class="us-under us-quiet">${title(running.step)}${
        running.step === 'copy' && one.progress !== undefined ? `, ${one.progress} %` : ''}</span>`}
      ${reason === undefined ? nothing : html`<span class="us-under us-quiet">${reason}</span>`}`,
    figure(gap.kind === 'measured' ? gap.longestGapMs : undefined),
    figure(one.downtimeMs),
    figure(one.onStandbyMs),
  ];
}
