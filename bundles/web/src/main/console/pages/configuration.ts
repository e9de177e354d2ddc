// SPDX-License-Identifier: Apache-2.0
// What is wrong with the configuration, what is in force, and the checks of the server.

import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { href } from '../app/router.ts';
import { call } from '../model/rest.ts';
import type { Finding } from '../model/types.ts';
import { button } from '../parts/buttons.ts';
import { errorText } from '../parts/dialog.ts';
import { PageElement } from '../parts/element.ts';
import { findingList, sorted } from '../parts/findings.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { label } from '../parts/labels.ts';
import { PoolSource } from './source.ts';

@customElement('understudy-configuration-page')
export class ConfigurationPage extends PageElement {
  protected override readonly topics = ['configuration', 'host', 'connection'] as const;
  private readonly poolSource = new PoolSource(this);
  @state() private checks: Finding[] | undefined;
  @state() private error: unknown;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.check();
  }

  private async check(): Promise<void> {
    this.checks = undefined;
    this.error = undefined;
    this.checks = await call<Finding[]>('GET', 'findings').catch((error: unknown) => {
      this.error = error;
      return undefined;
    });
  }

  protected override render() {
    const head = pageHead('Configuration', { lead: html`The server reads <code>etc/understudy.yaml</code> again after each change of it.` });
    if (!store.ready) return html`${head}${loading('the configuration')}`;
    return html`${head}
      ${section('wrong', 'State of the file', store.configuration.length
        ? findingList(sorted(store.configuration))
        : html`<p>${label('in force', 'good', { glyph: 'check' })} The whole file is in force.</p>`)}
      ${section('hosts', 'Hosts in force', this.hosts())}
      ${section('pools', 'Pools in force', this.pools())}
      ${section('checks', 'Checks of the server and its hosts', html`
        ${button('Check again', () => this.check(), { refusal: this.checks || this.error ? undefined : 'The check is running.' })}
        <div role="status" class="us-flow">${this.result()}</div>`)}`;
  }

  private result(): unknown {
    if (this.error !== undefined) return errorText(this.error);
    return this.checks ? findingList(sorted(this.checks)) : loading('checks');
  }

  private hosts(): TemplateResult {
    if (store.hosts.size === 0) return emptyState('No hosts');
    const connectors = new Map<string, number>();
    for (const host of store.hosts.values()) connectors.set(host.connector, (connectors.get(host.connector) ?? 0) + 1);
    return html`<p>${[...connectors].map(([connector, count]) => `${count} by connector ${connector}`).join(', ')}.
      <a href=${href('hosts')}>Show hosts</a></p>`;
  }

  private pools(): TemplateResult {
    const pools = this.poolSource.value;
    if (pools === undefined) return loading('pools');
    if (pools.length === 0) return emptyState('No pools');
    return html`<ul role="list">${pools.map((pool) => html`<li><strong>${pool.name}</strong>
      <span class="us-quiet">${pool.kind}${pool.selectors.length ? `: ${pool.selectors.join(', ')}` : ''}</span></li>`)}</ul>
      <p><a href=${href('pools')}>Show pools</a></p>`;
  }
}

function section(id: string, title: string, content: unknown): TemplateResult {
  return html`<section class="us-section us-flow" aria-labelledby=${id}><h2 id=${id} class="pf-v6-c-title pf-m-lg">${title}</h2>${content}</section>`;
}
