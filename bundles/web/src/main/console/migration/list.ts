// SPDX-License-Identifier: Apache-2.0
// All migrations.

import { html } from 'lit';
import { customElement } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { migrationHref } from '../app/router.ts';
import { PageElement } from '../parts/element.ts';
import { pageHead } from '../parts/head.ts';
import { outcome } from '../parts/labels.ts';

@customElement('understudy-migrations-page')
export class MigrationsPage extends PageElement {
  protected override readonly topics = ['migration', 'connection'] as const;

  protected override render() {
    return html`${pageHead('Migrations')}<ul role="list">${[...store.migrations.values()].map((one) => html`
      <li><a href=${migrationHref(one.id)}>${one.vm}: ${one.source} → ${one.destination}</a> ${outcome(one.outcome)}</li>`)}</ul>`;
  }
}
