// SPDX-License-Identifier: Apache-2.0
// What has happened, newest first: the stored migrations, findings and actions, and the changes since the page was opened.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { AddressQuery } from '../app/query.ts';
import { href, migrationHref, vmHref } from '../app/router.ts';
import type { LogEntry } from '../model/log.ts';
import { dayAfter, startOfDay } from '../model/time.ts';
import { button } from '../parts/buttons.ts';
import { errorText } from '../parts/dialog.ts';
import { PageElement } from '../parts/element.ts';
import { dateField, picker, searchField } from '../parts/fields.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { label } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { timestamp } from '../parts/time.ts';
import { isWithin, PastEvents, type PastFilter } from './past.ts';

const KINDS = [
  { value: 'migration', text: 'migration' }, { value: 'finding', text: 'finding' }, { value: 'action', text: 'action of a user' },
  { value: 'vm', text: 'state of a VM' }, { value: 'pair', text: 'state of a pair' }, { value: 'host', text: 'state of a host' }];

@customElement('understudy-events-page')
export class EventsPage extends PageElement {
  protected override readonly topics = ['host', 'migration', 'log', 'connection'] as const;
  private readonly query = new AddressQuery(this, ['q', 'kind', 'host', 'vm', 'from', 'to'], () => this.filtered());
  private readonly past = new PastEvents(this, () => this.filter());
  /** The filter of the stored events that were read. */
  private basis = '';

  override connectedCallback(): void {
    super.connectedCallback();
    this.basis = JSON.stringify(this.filter());
  }

  private filter(): PastFilter {
    const [from, to] = [this.query.get('from'), this.query.get('to')];
    return {
      kind: this.query.get('kind'), host: this.query.get('host'), vm: this.query.get('vm'),
      since: startOfDay(from), until: startOfDay(dayAfter(to)),
    };
  }

  /** A change of the text alone selects among what was read. */
  private filtered(): void {
    const basis = JSON.stringify(this.filter());
    if (basis === this.basis) return;
    this.basis = basis;
    this.past.begin();
  }

  protected override render() {
    const head = pageHead('Events', {
      lead: html`Migrations, findings and actions of users, as far back as they are stored, and changes of states since this page was opened.
        The <a href=${href('audit')}>audit log</a> has each action with its address.`,
    });
    if (!store.ready) return html`${head}${loading('events')}`;
    const entries = this.entries();
    return html`${head}${this.toolbar()}
      ${this.past.problem === undefined ? nothing : html`<div role="alert"><p>Stored events are missing:</p>${errorText(this.past.problem)}</div>`}
      ${entries.length > 0 ? table(entries) : this.past.reading ? loading('events') : emptyState(this.query.filters ? 'No event matches' : 'No events')}
      ${this.past.hasOlder ? button('Show older events', () => this.past.older(), {
        kind: 'link', refusal: this.past.reading ? 'Older events are being read.' : undefined }) : nothing}`;
  }

  private toolbar(): TemplateResult {
    const { query } = this;
    return html`<search class="us-toolbar">
      ${searchField('Search events', 'VM, host, user or text', query.get('q'), query.setter('q'))}
      ${picker('Kind', query.get('kind'), KINDS, query.setter('kind'))}
      ${picker('Host', query.get('host'), [...store.hosts.keys()].sort(), query.setter('host'))}
      ${dateField('From', query.get('from'), query.setter('from'))}
      ${dateField('To', query.get('to'), query.setter('to'))}
    </search>
    ${this.ofVm(query.get('vm'))}`;
  }

  private ofVm(uuid: string): TemplateResult | typeof nothing {
    if (uuid === '') return nothing;
    const name = [...store.vms.values()].find((one) => one.uuid === uuid)?.name ?? uuid;
    return html`<p>Events of VM <strong>${name}</strong> ${button('Show those of all VMs', () => this.query.set({ vm: '' }), { kind: 'link' })}</p>`;
  }

  private entries(): LogEntry[] {
    const words = this.query.get('q').toLowerCase().split(/\s+/);
    const { kind, host, vm, since, until } = this.filter();
    const live = store.log.filter(({ link, at }) => (host === '' || (link !== undefined && 'host' in link && link.host === host))
      && (vm === '' || (link?.page === 'vm' && link.uuid === vm)) && isWithin(at, since, until));
    return [...live, ...this.past.entries()]
      .filter((entry) => {
        const text = `${entry.object}\n${entry.text}`.toLowerCase();
        return (kind === '' || entry.kind === kind) && words.every((word) => text.includes(word));
      })
      .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
  }
}

function table(entries: LogEntry[]): TemplateResult {
  return dataTable('Events', ['Time', 'Object', 'Event'], entries, (entry) => [
    timestamp(entry.at), entry.link === undefined ? entry.object : html`<a href=${linkOf(entry.link)}>${entry.object}</a>`,
    html`${entry.bad ? label('attention', 'bad', { glyph: 'warning' }) : nothing} ${entry.text}`]);
}

function linkOf(link: NonNullable<LogEntry['link']>): string {
  switch (link.page) {
    case 'vm': return vmHref(link);
    case 'migration': return migrationHref(link.id);
    case 'hosts': return href(`hosts?q=${encodeURIComponent(link.host)}`);
  }
}
