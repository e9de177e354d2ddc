// SPDX-License-Identifier: Apache-2.0
// Tokens, by which scripts and pages of other management servers call REST.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { call } from '../model/rest.ts';
import type { Role, Token } from '../model/types.ts';
import { announce } from '../parts/announce.ts';
import { actionButton } from '../parts/buttons.ts';
import { ask, attempt, errorText, showMessage } from '../parts/dialog.ts';
import { PageElement } from '../parts/element.ts';
import { picker, textField } from '../parts/fields.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { label } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { timestamp } from '../parts/time.ts';

const ROLES: { value: Role | 'peer'; text: string }[] = [
  { value: 'viewer', text: 'viewer: reads' }, { value: 'operator', text: 'operator: also runs and migrates VMs' },
  { value: 'admin', text: 'admin: everything' }, { value: 'peer', text: 'peer: another Understudy server' }];

@customElement('understudy-tokens-page')
export class TokensPage extends PageElement {
  @state() private tokens: Token[] | undefined;
  @state() private error: unknown;
  /** Of the session that has read the tokens. */
  private reader: string | undefined;

  protected override updated(): void {
    const { session } = store;
    if (session === undefined || session.user === this.reader || store.refusal('admin') !== undefined) return;
    this.reader = session.user;
    void this.read();
  }

  private async read(): Promise<void> {
    try {
      this.tokens = await call<Token[]>('GET', 'tokens');
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
  }

  protected override render() {
    const head = pageHead('Tokens', {
      lead: 'Scripts, and pages of other management servers, call REST with a token. It never does more than its creator may.',
      actions: actionButton('Create token …', 'admin', () => this.create(), { kind: 'primary' }),
    });
    if (this.error !== undefined) return html`${head}<div role="alert">${errorText(this.error)}</div>`;
    const refusal = store.refusal('admin');
    if (this.tokens === undefined) return html`${head}${refusal === undefined ? loading('tokens') : emptyState('Tokens are not shown', refusal)}`;
    return html`${head}${this.tokens.length === 0 ? emptyState('No tokens') : this.table(this.tokens)}`;
  }

  private table(tokens: Token[]): TemplateResult {
    return dataTable('Tokens', ['Name', 'Creator', 'Role', 'Created', 'Expires', 'Last used', 'Action'], tokens, (token) => [
      token.name, token.user, token.role, timestamp(token.created),
      html`${timestamp(token.expires)} ${Date.parse(token.expires) < Date.now() ? label('expired', 'warning') : nothing}`,
      token.lastUsed === undefined ? html`<span class="us-quiet">never</span>` : timestamp(token.lastUsed),
      actionButton('Revoke …', 'admin', () => this.revoke(token), { kind: 'danger', small: true, name: `Revoke token ${token.name}` })]);
  }

  private async create(): Promise<void> {
    const form = { name: '', role: 'viewer', days: '30' };
    const confirmed = await ask({
      title: 'Create token', verb: 'Create token',
      refusal: () => store.refusal('admin') ?? problemOf(form),
      content: (update) => html`
        ${textField('Name', form.name, (value) => { form.name = value; update(); }, 'what uses it, such as backup-script')}
        ${picker('Role', form.role, ROLES, (value) => { form.role = value; update(); }, 'none')}
        ${textField('Days until it expires', form.days, (value) => { form.days = value; update(); })}`,
    });
    if (!confirmed) return;
    await attempt(`Token ${form.name} not created`, async () => {
      const { secret } = await call<{ secret: string }>('POST', 'tokens', {
        body: { name: form.name, role: form.role, expiresInDays: Number(form.days) } });
      await this.read();
      await showMessage(`Token ${form.name}`, html`<p>Copy the secret now; it is not shown again. It goes into the header
        <code>Authorization: Bearer</code>.</p><pre class="us-xml us-secret" tabindex="0" aria-label="Secret of the token">${secret}</pre>`);
    });
  }

  private async revoke(token: Token): Promise<void> {
    const confirmed = await ask({
      title: `Revoke token ${token.name}`, verb: 'Revoke token', danger: true,
      refusal: () => store.refusal('admin'),
      content: () => html`<p>What uses the token is refused from now on, and its event streams end.</p>`,
    });
    if (!confirmed) return;
    if (await attempt(`Token ${token.name} not revoked`, () => call('DELETE', `tokens/${encodeURIComponent(token.id)}`))) {
      announce(`Token ${token.name} revoked`);
      await this.read();
    }
  }
}

function problemOf({ name, role, days }: { name: string; role: string; days: string }): string | undefined {
  if (name.trim() === '') return 'Enter a name.';
  if (role === '') return 'Select a role.';
  return /^[1-9]\d{0,3}$/.test(days) ? undefined : 'Enter a number of days.';
}
