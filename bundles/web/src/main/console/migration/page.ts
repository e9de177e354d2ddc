// SPDX-License-Identifier: Apache-2.0
// One migration.

import { html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { href, vmHref } from '../app/router.ts';
import { consoleClient } from '../embed/client.ts';
import { storedMigration } from '../model/history.ts';
import type { Migration } from '../model/types.ts';
import { PageElement } from '../parts/element.ts';
import { errorText } from '../parts/dialog.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { emulated, outcome } from '../parts/labels.ts';
import { timestamp } from '../parts/time.ts';
import { follow, vmOf } from './follow.ts';
import { UnderstudyTimeline } from './timeline.ts';

if (customElements.get('understudy-timeline') === undefined) customElements.define('understudy-timeline', UnderstudyTimeline);

@customElement('understudy-migration-page')
export class MigrationPage extends PageElement {
  protected override readonly topics = ['migration', 'vm', 'connection', 'session'] as const;
  @property() migration = '';
  /** An older one, which the events do not contain. */
  @state() private read: Migration | undefined;
  @state() private error: unknown;
  private requested = '';

  protected override updated(): void {
    if (!store.ready || store.migrations.has(this.migration) || this.requested === this.migration) return;
    this.requested = this.migration;
    this.read = undefined;
    this.error = undefined;
    storedMigration(this.migration)
      .then((found) => { this.read = found; }, (error: unknown) => { this.error = error; });
  }

  protected override render() {
    const parent = { text: 'Migrations', href: href('migrations') };
    const found = store.migrations.get(this.migration) ?? (this.read?.id === this.migration ? this.read : undefined);
    if (found === undefined) {
      return html`${pageHead('Migration', { parent })}${this.error === undefined
        ? loading('the migration')
        : emptyState(`Migration ${this.migration} not found`, errorText(this.error))}`;
    }
    const vm = vmOf(found);
    return html`${pageHead(`${found.vm}: ${found.source} → ${found.destination}`, {
      parent,
      labels: html`${outcome(found.outcome)} ${found.primaries.includes('emulated') ? emulated() : nothing}`,
      lead: html`Started ${timestamp(found.started)} · ID ${found.id}${vm === undefined ? nothing : html` ·
        <a href=${vmHref(vm)}>VM ${vm.name}, now on ${vm.host}</a>`}`,
    })}
    <section class="us-section"><understudy-timeline .client=${consoleClient} .migration=${found} .locked=${store.refusal('operator') ?? ''}
      @understudy-next-step=${follow}></understudy-timeline></section>`;
  }
}
