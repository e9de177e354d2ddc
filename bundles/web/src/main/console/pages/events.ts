// SPDX-License-Identifier: Apache-2.0
// What has happened, newest first.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { href, migrationHref, vmHref } from '../app/router.ts';
import { type LogEntry, migrationEntries } from '../model/log.ts';
import { PageElement } from '../parts/element.ts';
import { picker, searchField } from '../parts/fields.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { label } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { timestamp } from '../parts/time.ts';

const SHOWN = 200;

@customElement('understudy-events-page')
export class EventsPage extends PageElement {
  protected override readonly topics = ['vm', 'host', 'migration', 'log', 'connection'] as const;
  @state() private text = '';
  @state() private kind = '';
  @state() private limit = SHOWN;

  protected override render() {
    const head = pageHead('Events', {
      lead: html`Migrations, and the changes since this page was opened. Who did what is in the <a href=${href('audit')}>audit log</a>.`,
    });
    if (!store.ready) return html`${head}${loading('events')}`;
    const entries = this.entries();
    return html`${head}
      <search class="us-toolbar">
        ${searchField('Search events', 'VM, host or text', this.text, (value) => { this.text = value; })}
        ${picker('Kind', this.kind, [{ value: 'vm', text: 'VM' }, 'pair', 'migration', 'host'], (value) => { this.kind = value; })}
      </search>
      ${entries.length === 0 ? emptyState('No events') : this.table(entries)}`;
  }

  private entries(): LogEntry[] {
    const text = this.text.toLowerCase();
    return [...store.log, ...[...store.migrations.values()].flatMap(migrationEntries)]
      .filter((entry) => (this.kind === '' || entry.kind === this.kind) && `${entry.object}\n${entry.text}`.toLowerCase().includes(text))
      .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  }

  private table(entries: LogEntry[]): TemplateResult {
    return html`${dataTable('Events', ['Time', 'Object', 'Event'], entries.slice(0, this.limit), (entry) => [
      timestamp(entry.at), html`<a href=${linkOf(entry)}>${entry.object}</a>`,
      html`${entry.bad ? label('attention', 'bad', { glyph: 'warning' }) : nothing} ${entry.text}`])}
    ${entries.length > this.limit
      ? html`<button type="button" class="pf-v6-c-button pf-m-link" @click=${() => { this.limit += SHOWN; }}><span
          class="pf-v6-c-button__text">Show ${Math.min(SHOWN, entries.length - this.limit)} more events</span></button>`
      : nothing}`;
  }
}

function linkOf({ link }: LogEntry): string {
  switch (link.page) {
    case 'vm': return vmHref(link);
    case 'migration': return migrationHref(link.id);
    case 'hosts': return href('hosts');
  }
}
