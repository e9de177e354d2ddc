// SPDX-License-Identifier: Apache-2.0
// Who did what, to which object, from where, with which result.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { vmHref } from '../app/router.ts';
import { ApiError, nextPage, send } from '../model/rest.ts';
import type { AuditEntry } from '../model/types.ts';
import { button } from '../parts/buttons.ts';
import { errorText } from '../parts/dialog.ts';
import { PageElement } from '../parts/element.ts';
import { searchField } from '../parts/fields.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { label, type Tone } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { timestamp } from '../parts/time.ts';

const FIRST = '?limit=100';

const TONES: Record<AuditEntry['result'], Tone> = { accepted: 'good', refused: 'warning', failed: 'bad' };

@customElement('understudy-audit-page')
export class AuditPage extends PageElement {
  @state() private entries: AuditEntry[] | undefined;
  @state() private error: unknown;
  @state() private text = '';
  /** The query of the next page. */
  private next: string | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.read(FIRST, []);
  }

  private async read(query: string, known: AuditEntry[]): Promise<void> {
    try {
      const response = await send('GET', `audit${query}`);
      this.next = nextPage(response);
      this.entries = [...known, ...((await response.json()) as AuditEntry[])];
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
  }

  protected override render() {
    const head = pageHead('Audit', {
      lead: 'Each change that a user made or tried to make, newest first.',
      actions: button('Read again', () => this.read(FIRST, [])),
    });
    if (this.error instanceof ApiError && this.error.status === 404) return html`${head}${emptyState('This server keeps no audit log')}`;
    if (this.error !== undefined) return html`${head}<div role="alert">${errorText(this.error)}</div>`;
    if (this.entries === undefined) return html`${head}${loading('the audit log')}`;
    const words = this.text.toLowerCase().split(/\s+/);
    const shown = this.entries.filter((entry) => {
      const text = [entry.user, entry.action, entry.object, entry.host, entry.result, entry.face, entry.remoteAddress, entry.message].join('\n');
      return words.every((word) => text.toLowerCase().includes(word));
    });
    return html`${head}
      <search class="us-toolbar">${searchField('Search the audit log', 'User, action, VM, result or address', this.text,
        (value) => { this.text = value; })}</search>
      ${shown.length === 0 ? emptyState('No entries') : this.table(shown)}
      ${this.next ? button('Show older entries', () => this.read(this.next ?? '', this.entries ?? []), { kind: 'link' }) : nothing}`;
  }

  private table(entries: AuditEntry[]): TemplateResult {
    return dataTable('Audit log', ['Time', 'User', 'Action', 'Object', 'Result'], entries, (entry) => [
      timestamp(entry.time),
      html`${entry.user}<span class="us-under us-quiet">${entry.face}${entry.remoteAddress ? ` from ${entry.remoteAddress}` : ''}</span>`,
      entry.action.replaceAll('-', ' '),
      html`${entry.uuid && entry.host ? html`<a href=${vmHref({ uuid: entry.uuid, host: entry.host })}>${entry.object}</a>` : entry.object}
        ${entry.host ? html`<span class="us-under us-quiet">${entry.host}</span>` : nothing}`,
      html`${label(entry.result, TONES[entry.result])} ${entry.message}`]);
  }
}
