// SPDX-License-Identifier: Apache-2.0
// What is wrong with the configuration, what is in force, and the checks of the server.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { href } from '../app/router.ts';
import {
  type Configuration, type ConfiguredHost, type ConfiguredPool, historySettings, listed, migrationSettings, securitySettings, type Setting,
} from '../model/configuration.ts';
import { call } from '../model/rest.ts';
import type { Finding } from '../model/types.ts';
import { button } from '../parts/buttons.ts';
import { errorText } from '../parts/dialog.ts';
import { PageElement } from '../parts/element.ts';
import { searchField } from '../parts/fields.ts';
import { findingList, sorted } from '../parts/findings.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { label } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { Source } from './source.ts';

/** Of the table of hosts; a search finds the others. */
const MOST_HOSTS = 100;

@customElement('understudy-configuration-page')
export class ConfigurationPage extends PageElement {
  protected override readonly topics = ['configuration', 'connection'] as const;
  private readonly inForce = new Source<Configuration>(this, 'configuration', ['configuration']);
  @state() private search = '';
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
      ${this.settings()}
      ${section('checks', 'Checks of the server and its hosts', html`
        ${button('Check again', () => this.check(), { refusal: this.checks || this.error ? undefined : 'The check is running.' })}
        <div role="status" class="us-flow">${this.result()}</div>`)}`;
  }

  private result(): unknown {
    if (this.error !== undefined) return errorText(this.error);
    return this.checks ? findingList(sorted(this.checks)) : loading('checks');
  }

  private settings(): TemplateResult {
    const now = this.inForce.value;
    if (now === undefined) return section('hosts', 'In force', this.inForce.error === undefined ? loading('the configuration') : errorText(this.inForce.error));
    return html`
      ${section('hosts', 'Hosts in force', this.hosts(now.hosts))}
      ${section('pools', 'Pools in force', pools(now.pools))}
      ${section('networks', 'Networks in force', Object.keys(now.networkPools).length === 0 ? emptyState('No networks')
        : dataTable('Networks', ['Network of the standby NIC', 'Pool'], Object.entries(now.networkPools), (entry) => entry))}
      ${section('migration', 'Migrations', keys('Settings of migrations', migrationSettings(now)))}
      ${section('probes', 'Probes', Object.keys(now.probes).length === 0
        ? emptyState('No probes', 'The network gap of no VM is measured.')
        : dataTable('Probes', ['VM', 'Probe'], Object.entries(now.probes), ([vm, probe]) => [vm, lines(listed(probe))]))}
      ${section('security', 'Security', keys('Settings of logins', securitySettings(now)))}
      ${section('history', 'History', keys('Settings of the history', historySettings(now)))}`;
  }

  private hosts(all: readonly ConfiguredHost[]): TemplateResult {
    if (all.length === 0) return emptyState('No hosts', html`Add them under <code>hosts</code> in etc/understudy.yaml.`);
    const words = this.search.toLowerCase();
    const found = all.filter((host) => `${host.name}\n${host.connector}\n${pairs(host.options).join('\n')}`.toLowerCase().includes(words));
    const shown = found.slice(0, MOST_HOSTS);
    return html`<search class="us-toolbar">${searchField('Search hosts', 'Name, connector or option', this.search, (text) => { this.search = text; })}</search>
      <p role="status" class="us-quiet">${shown.length === all.length ? all.length : `${shown.length} of ${all.length}`}</p>
      ${shown.length === 0 ? emptyState('No host matches') : dataTable('Hosts', ['Host', 'Connector', 'Options', 'NICs', 'Networks'], shown, (host) => [
        html`<a href=${href(`hosts?q=${encodeURIComponent(host.name)}`)}>${host.name}</a>`, host.connector, lines(pairs(host.options)),
        Object.keys(host.nics).length === 0 ? DEFAULT : lines(pairs(host.nics)), lines(pairs(host.networks))])}`;
  }
}

const DEFAULT = html`<span class="us-quiet">default</span>`;

function pools(all: readonly ConfiguredPool[]): TemplateResult {
  if (all.length === 0) return emptyState('No pools');
  return html`${dataTable('Pools', ['Pool', 'Kind', 'VFs', 'Networks of hosts', 'Adopts VFs', 'Settings of VFs'], all, (pool) => [
    html`<a href=${href('pools')}>${pool.name}</a>`, pool.kind,
    pool.kind === 'vf' ? lines(pool.selectors) : `model ${pool.model ?? 'default'}`,
    pool.network === undefined ? 'not managed' : pool.network ? 'one with the name of the pool' : 'removed',
    pool.adopt ? 'yes' : 'no',
    Object.keys(pool.defaults).length === 0 ? DEFAULT : lines(listed(pool.defaults))])}`;
}

/** Names that the file has as they are. */
function pairs(values: Record<string, string>): string[] {
  return Object.entries(values).map(([name, value]) => `${name}: ${value}`);
}

function lines(texts: readonly string[]): TemplateResult | typeof nothing {
  return texts.length === 0 ? nothing : html`<ul role="list">${texts.map((text) => html`<li>${text}</li>`)}</ul>`;
}

function keys(name: string, settings: readonly Setting[]): TemplateResult {
  return dataTable(name, ['Key', 'Value'], settings, ([key, value]) => [html`<code>${key}</code>`, value]);
}

function section(id: string, title: string, content: unknown): TemplateResult {
  return html`<section class="us-section us-flow" aria-labelledby=${id}><h2 id=${id} class="pf-v6-c-title pf-m-lg">${title}</h2>${content}</section>`;
}
