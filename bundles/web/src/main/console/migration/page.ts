// SPDX-License-Identifier: Apache-2.0
// One migration.

import { html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { href } from '../app/router.ts';
import { PageElement } from '../parts/element.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { outcome } from '../parts/labels.ts';

@customElement('understudy-migration-page')
export class MigrationPage extends PageElement {
  protected override readonly topics = ['migration', 'connection', 'session', 'words'] as const;
  @property() migration = '';

  protected override render() {
    const parent = { text: 'Migrations', href: href('migrations') };
    const found = store.migrations.get(this.migration);
    if (!found) return html`${pageHead('Migration', { parent })}${store.ready ? emptyState('Migration not found') : loading('the migration')}`;
    return pageHead(`${found.vm}: ${found.source} → ${found.destination}`, { parent, labels: outcome(found.outcome) });
  }
}
