// SPDX-License-Identifier: Apache-2.0
// The timeline in the page of another management server: it reads its migration itself.

import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import type { Migration } from '../model/types.ts';
import { UnderstudyTimeline } from '../migration/timeline.ts';
import { newest } from '../migration/selection.ts';
import type { TokenSource } from './client.ts';
import { Connection } from './connection.ts';
import { problem } from './parts.ts';

export class EmbeddedTimeline extends UnderstudyTimeline {
  @property() server = '';
  @property() token = '';
  @property({ attribute: false }) tokenSource: TokenSource | undefined;
  /** One migration. */
  @property({ attribute: 'migration-id' }) migrationId = '';
  /** UUID or name of a VM: its running or its last migration. */
  @property({ attribute: 'vm-id' }) vmId = '';
  private read = false;
  private readonly connection = new Connection(this, () => this.query(), async (client) => {
    this.client = client;
    const all = await client.call<Migration[]>('GET', 'migrations');
    this.read = true;
    this.accept(all);
  }, (change) => {
    if (change.change === 'put' && change.kind === 'migration') this.accept([change.value]);
  });

  private query(): string {
    if (this.migrationId !== '') return '?kind=migration';
    return this.vmId === '' ? '' : `?vm=${encodeURIComponent(this.vmId)}`;
  }

  private isOwn(one: Migration): boolean {
    return this.migrationId === '' ? one.uuid === this.vmId || one.vm === this.vmId : one.id === this.migrationId;
  }

  private accept(migrations: Migration[]): void {
    const known = this.migration === undefined ? [] : [this.migration];
    const next = newest([...known, ...migrations].filter((one) => this.isOwn(one)));
    if (next !== undefined) this.migration = next;
  }

  protected override willUpdate(changes: PropertyValues<this>): void {
    if (changes.has('vmId') || changes.has('migrationId')) {
      if (this.migration !== undefined && !this.isOwn(this.migration)) this.migration = undefined;
    }
    this.locked = this.connection.error !== undefined && this.migration !== undefined ? 'Not available: the connection to the server is lost.' : '';
    super.willUpdate(changes);
  }

  protected override render(): TemplateResult {
    const { error } = this.connection;
    return html`${error === undefined ? nothing : problem(error)}
      ${this.migration === undefined && error === undefined && this.read ? html`<p class="quiet">No migration.</p>` : nothing}
      ${super.render()}`;
  }
}
