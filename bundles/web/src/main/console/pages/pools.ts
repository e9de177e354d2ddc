// SPDX-License-Identifier: Apache-2.0
// VF pools with their stock, and the VFs of each host by PF.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { AddressQuery } from '../app/query.ts';
import { href } from '../app/router.ts';
import type { Host, Pf, Pool, Stock, Vf, VfState } from '../model/types.ts';
import { PageElement } from '../parts/element.ts';
import { picker, searchField } from '../parts/fields.ts';
import { findingList, sorted } from '../parts/findings.ts';
import { Folds } from '../parts/fold.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { emulated, label, vfState } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { PoolSource } from './source.ts';

const STATES: VfState[] = ['free', 'leased', 'in-use', 'foreign', 'fault', 'unusable'];

@customElement('understudy-pools-page')
export class PoolsPage extends PageElement {
  protected override readonly topics = ['host', 'vf', 'connection'] as const;
  private readonly pools = new PoolSource(this);
  private readonly query = new AddressQuery(this, ['q', 'pool', 'state']);
  private readonly folds = new Folds(this);

  protected override render() {
    const head = pageHead('VF pools', { lead: 'How many VFs each pool has on each host, and who uses the others.' });
    if (!store.ready) return html`${head}${loading('pools')}`;
    return html`${head}
      <section class="us-section us-flow" aria-labelledby="stock"><h2 id="stock" class="pf-v6-c-title pf-m-lg">Pools</h2>
        ${this.stock()}</section>
      <section class="us-section us-flow" aria-labelledby="vfs"><h2 id="vfs" class="pf-v6-c-title pf-m-lg">VFs by host</h2>
        ${this.toolbar()}${this.hosts()}</section>`;
  }

  private stock(): TemplateResult {
    const pools = this.pools.value;
    if (pools === undefined) return loading('pools');
    if (pools.length === 0) return emptyState('No pools', html`Add them under <code>pools</code> in etc/understudy.yaml.`);
    return dataTable('Pools', ['Pool', 'Free', 'Leased', 'Other', 'Per host'], pools, (pool) => this.poolCells(pool));
  }

  private poolCells(pool: Pool): unknown[] {
    const sum = (key: 'free' | 'leased' | 'other') => pool.stocks.reduce((total, stock) => total + stock[key], 0);
    const name = html`${pool.name} ${pool.kind === 'emulated' ? emulated() : nothing}
      <span class="us-under us-quiet">${pool.model ?? (pool.selectors.join(', ') || 'a libvirt network of each host')}</span>
      ${findingList(sorted(pool.findings))}`;
    if (pool.kind === 'emulated') return [name, html`<span class="us-quiet">unlimited</span>`, '', '', html`<span class="us-quiet">on each host</span>`];
    return [name, sum('free') === 0 ? label('0', 'warning', { title: 'No VF is free.' }) : sum('free'), sum('leased'), sum('other'), this.stocks(pool)];
  }

  private stocks(pool: Pool): TemplateResult {
    if (pool.stocks.length === 0) return html`<span class="us-quiet">on no host</span>`;
    const lines = (stocks: Stock[]) => html`<ul role="list">${stocks.map((stock) => html`<li>
      ${stockBar(stock)} <strong>${stock.host}</strong>: ${stock.free} free, ${stock.leased} leased, ${stock.other} other</li>`)}</ul>`;
    return pool.stocks.length <= 4
      ? lines(pool.stocks)
      : this.folds.render(`pool/${pool.name}`, `${pool.stocks.length} hosts`, () => lines(pool.stocks));
  }

  private toolbar(): TemplateResult {
    return html`<search class="us-toolbar">
      ${searchField('Search VFs', 'Address, MAC, VM or host', this.query.get('q'), this.query.setter('q'))}
      ${picker('Pool', this.query.get('pool'), (this.pools.value ?? []).map((pool) => pool.name).sort(), this.query.setter('pool'))}
      ${picker('State', this.query.get('state'), STATES.map((value) => ({ value, text: value.replace('-', ' ') })), this.query.setter('state'))}
    </search>`;
  }

  private isShown(host: string, vf: Vf): boolean {
    const [words, pool, state] = [this.query.get('q'), this.query.get('pool'), this.query.get('state')];
    if (pool !== '' && !vf.pools.includes(pool)) return false;
    if (state !== '' && vf.state !== state) return false;
    if (words === '') return true;
    const text = [host, vf.address, vf.pfName, vf.mac, vf.netdev, vf.holder?.vm, vf.reason].join('\n').toLowerCase();
    return words.toLowerCase().split(/\s+/).every((word) => text.includes(word));
  }

  private hosts(): TemplateResult {
    const matching = new Map<string, Vf[]>();
    for (const vf of store.vfs.values()) {
      if (!this.isShown(vf.host, vf)) continue;
      const known = matching.get(vf.host);
      if (known) known.push(vf);
      else matching.set(vf.host, [vf]);
    }
    const shown = [...store.hosts.values()]
      .filter(({ name, pfs, nicFindings }) => matching.has(name)
        || (!this.query.filters && ((pfs ?? []).length > 0 || (nicFindings ?? []).some((finding) => finding.severity !== 'notice'))))
      .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }));
    if (shown.length === 0) return emptyState(this.query.filters ? 'No VF matches' : 'No host with an SR-IOV NIC');
    return html`<div class="us-stack">${shown.map((host) => {
      const vfs = (matching.get(host.name) ?? []).sort((a, b) => a.pf.localeCompare(b.pf) || a.index - b.index);
      return this.folds.render(`host/${host.name}`, this.hostSummary(host, vfs), () => this.host(host, vfs));
    })}</div>`;
  }

  private hostSummary(host: Host, vfs: Vf[]): TemplateResult {
    const count = (state: VfState) => vfs.filter((vf) => vf.state === state).length;
    return html`<strong>${host.name}</strong>
      ${host.nicsAvailable === false ? label('NICs unavailable', 'bad') : nothing}
      <span class="us-quiet">${host.pfs?.length ?? 0} PFs, ${vfs.length} VFs${vfs.length ? ': ' : ''}${STATES.filter((state) => count(state) > 0)
        .map((state) => `${count(state)} ${state.replace('-', ' ')}`).join(', ')}</span>
      ${(host.nicFindings ?? []).some((finding) => finding.severity !== 'notice') ? label('findings', 'warning', { glyph: 'warning' }) : nothing}`;
  }

  private host(host: Host, vfs: Vf[]): TemplateResult {
    const pfs = host.pfs ?? [];
    return html`${findingList(sorted(host.nicFindings ?? []))}
      ${pfs.length === 0 ? html`<p class="us-quiet">No SR-IOV NIC.</p>` : nothing}
      ${pfs.map((pf) => this.pf(host.name, pf, vfs.filter((vf) => vf.pf === pf.address)))}
      <p><a href=${href(`vms?host=${encodeURIComponent(host.name)}`)}>VMs of ${host.name}</a></p>`;
  }

  private pf(host: string, pf: Pf, vfs: Vf[]): TemplateResult | typeof nothing {
    if (vfs.length === 0 && this.query.filters) return nothing;
    const name = pf.netdev ?? pf.address;
    const facts = [pf.netdev ? pf.address : undefined, pf.driver, pf.master ? `in ${pf.masterKind ?? 'master'} ${pf.master}` : undefined,
      `${pf.vfs} of ${pf.totalVfs} VFs`, pf.numaNode === undefined ? undefined : `NUMA node ${pf.numaNode}`];
    return html`<section class="us-pf">
      <h3 class="pf-v6-c-title pf-m-md">PF ${name}
        ${pf.link === undefined ? nothing : label(pf.link ? 'link up' : 'no link', pf.link ? 'good' : 'warning')}
        <span class="us-quiet">${facts.filter((fact) => fact !== undefined).join(' · ')}</span></h3>
      ${vfs.length === 0 ? html`<p class="us-quiet">No VFs.</p>` : dataTable(`VFs of ${name} on ${host}`,
        ['VF', 'State', 'Used by', 'Address', 'MAC', 'VLAN', 'Pool', 'Driver'], vfs, vfCells)}
    </section>`;
  }
}

function stockBar({ free, leased, other }: Stock): TemplateResult {
  const total = Math.max(1, free + leased + other);
  const part = (count: number, kind: string) => (count === 0 ? nothing : html`<span class=${kind} .style=${`flex:${count / total}`}></span>`);
  return html`<span class="us-bar" aria-hidden="true">${part(leased, 'us-bar__leased')}${part(other, 'us-bar__other')}${part(free, 'us-bar__free')}</span>`;
}

function vfCells(vf: Vf): unknown[] {
  const none = html`<span class="us-quiet">none</span>`;
  return [
    `${vf.pfName}#${vf.index}`, vfState(vf.state), usedBy(vf), html`<code>${vf.address}</code>`, vf.mac ? html`<code>${vf.mac}</code>` : none,
    vf.vlan ? vf.vlan : vf.vlan === 0 ? none : html`<span class="us-quiet">unknown</span>`,
    html`<span class="us-nowrap">${vf.pools.join(', ') || none}</span>`, vf.driver ?? none,
  ];
}

function usedBy(vf: Vf): TemplateResult {
  const holder = vf.holder;
  if (holder?.vm) {
    return html`<a href=${href(`vms?q=${encodeURIComponent(holder.vm)}`)}>${holder.vm}</a> <span class="us-quiet">${holder.primary}${
      holder.ours ? '' : `, leased by server ${holder.owner}`}</span>`;
  }
  if (holder) return html`<span class="us-quiet">leased by ${holder.owner}</span>`;
  return html`<span class="us-quiet">${vf.reason || '–'}</span>`;
}
