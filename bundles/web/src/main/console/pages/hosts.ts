// SPDX-License-Identifier: Apache-2.0
// Hosts: their connection, what is wrong, their VMs, and what prevents a migration of each.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { AddressQuery } from '../app/query.ts';
import { href, vmHref } from '../app/router.ts';
import { type Host, type Vm, vmKey } from '../model/types.ts';
import { PageElement } from '../parts/element.ts';
import { picker, searchField } from '../parts/fields.ts';
import { findingList, sorted, worst } from '../parts/findings.ts';
import { Folds } from '../parts/fold.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { label, pairHealth, severity, vmState } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { timestamp } from '../parts/time.ts';
import { ReadinessSource } from './source.ts';

@customElement('understudy-hosts-page')
export class HostsPage extends PageElement {
  protected override readonly topics = ['host', 'vm', 'migration', 'connection'] as const;
  private readonly query = new AddressQuery(this, ['q', 'connection']);
  private readonly folds = new Folds(this);
  private readonly readiness = new ReadinessSource(this);
  private basis = -1;
  private vmsByHost = new Map<string, Vm[]>();

  protected override render() {
    const hosts = [...store.hosts.values()];
    const away = hosts.filter((host) => !host.available).length;
    const head = pageHead('Hosts', {
      labels: html`<span class="us-quiet" role="status">${hosts.length}${away ? `, ${away} unavailable` : ''}</span>`,
    });
    if (!store.ready) return html`${head}${loading('hosts')}`;
    if (hosts.length === 0) return html`${head}${emptyState('No hosts', html`Add them under <code>hosts</code> in etc/understudy.yaml.`)}`;
    this.group();
    return html`${head}${this.toolbar()}${this.list(hosts)}`;
  }

  private group(): void {
    if (this.basis === store.change('vm')) return;
    this.basis = store.change('vm');
    this.vmsByHost = new Map();
    for (const vm of store.vms.values()) {
      const known = this.vmsByHost.get(vm.host);
      if (known) known.push(vm);
      else this.vmsByHost.set(vm.host, [vm]);
    }
  }

  private toolbar(): TemplateResult {
    return html`<search class="us-toolbar">
      ${searchField('Search hosts', 'Name, connector or version', this.query.get('q'), this.query.setter('q'))}
      ${picker('Connection', this.query.get('connection'), ['available', 'unavailable', { value: 'findings', text: 'with findings' }],
        this.query.setter('connection'))}
    </search>`;
  }

  private isShown(host: Host): boolean {
    const connection = this.query.get('connection');
    if (connection === 'available' && !host.available) return false;
    if (connection === 'unavailable' && host.available) return false;
    if (connection === 'findings' && host.findings.length === 0) return false;
    return `${host.name}\n${host.connector}\n${host.summary}`.toLowerCase().includes(this.query.get('q').toLowerCase());
  }

  private list(hosts: Host[]): TemplateResult {
    const shown = hosts.filter((host) => this.isShown(host))
      .sort((a, b) => Number(a.available) - Number(b.available) || a.name.localeCompare(b.name, 'en', { numeric: true }));
    if (shown.length === 0) return emptyState('No host matches');
    return html`<div class="us-stack">${shown.map((host) =>
      this.folds.render(host.name, this.summary(host), () => this.host(host), host.name === this.query.get('q')))}</div>`;
  }

  private summary(host: Host): TemplateResult {
    const vms = this.vmsByHost.get(host.name) ?? [];
    const worstFinding = worst(host.findings);
    const blocked = vms.filter((vm) => this.readiness.byVm.get(vmKey(vm))?.ready === false).length;
    return html`<strong>${host.name}</strong>
      ${label(host.available ? 'available' : 'unavailable', host.available ? 'good' : 'bad')}
      ${worstFinding && worstFinding !== 'notice' ? severity(worstFinding) : nothing}
      <span class="us-quiet">${host.connector} · ${host.summary} · ${vms.length} VMs${blocked ? `, ${blocked} cannot migrate` : ''}</span>`;
  }

  private host(host: Host): TemplateResult {
    const vms = this.vmsByHost.get(host.name) ?? [];
    return html`${findingList(sorted(host.findings))}
      ${host.staleSince ? html`<p>Its VMs are those of ${timestamp(host.staleSince)}.</p>` : nothing}
      ${vms.length === 0
        ? html`<p class="us-quiet">${host.available ? 'No VMs.' : 'Its VMs are unknown.'}</p>`
        : html`${this.vms(host, vms)}
          <p><a href=${href(`vms?host=${encodeURIComponent(host.name)}`)}>All VMs of ${host.name} in the table</a></p>`}`;
  }

  private vms(host: Host, vms: Vm[]): TemplateResult {
    return dataTable(`VMs of ${host.name}`, ['VM', 'State', 'Failover', 'What prevents a migration'], vms, (vm) => [
      html`<a href=${vmHref(vm)}>${vm.name}</a>`, vmState(vm.state),
      vm.pairs.length ? vm.pairs.map((pair) => pairHealth(pair.health)) : html`<span class="us-quiet">no pair</span>`, this.obstacles(vm)]);
  }

  private obstacles(vm: Vm): TemplateResult {
    const readiness = this.readiness.byVm.get(vmKey(vm));
    if (!readiness) return html`<span class="us-quiet">unknown</span>`;
    if (!readiness.ready) return html`${findingList(sorted(readiness.findings))}`;
    return html`${label('nothing', 'good')} <span class="us-quiet">${readiness.destinations} destinations${
      readiness.best ? `, best ${readiness.best}` : ''}</span>${findingList(sorted(readiness.findings))}`;
  }
}
