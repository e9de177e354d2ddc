// SPDX-License-Identifier: Apache-2.0
// All VMs: a table of any length, with search, filters, order, groups and actions for the selected ones.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import { router, store } from '../app/context.ts';
import { href, vmHref } from '../app/router.ts';
import {
  fromParameters, type GroupKey, type GroupRow, NO_PAIR, type Query, type Row, type SortKey, toParameters, type VmRow, VmRows,
} from '../model/rows.ts';
import { full } from '../model/time.ts';
import type { Vm, VmReadiness } from '../model/types.ts';
import { actionButton, button } from '../parts/buttons.ts';
import { PageElement } from '../parts/element.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { emulated, HEALTHS, healthText, label, pairHealth, stateText, VM_STATES, vmState } from '../parts/labels.ts';
import { picker, searchField } from '../parts/fields.ts';
import { sortHeader } from '../parts/sorting.ts';
import { timestamp } from '../parts/time.ts';
import { RowWindow } from '../parts/window.ts';
import { define } from '../vm/define.ts';
import { bulkActions } from './bulk.ts';
import './queue.ts';
import { ReadinessSource } from './source.ts';

const COLUMNS: { key: SortKey; text: string }[] = [
  { key: 'name', text: 'Name' },
  { key: 'state', text: 'State' },
  { key: 'health', text: 'Failover' },
  { key: 'pool', text: 'Pool' },
  { key: 'host', text: 'Host' },
  { key: 'ready', text: 'Can migrate' },
];

const GROUPS: { value: GroupKey; text: string }[] = [
  { value: 'host', text: 'host' },
  { value: 'pool', text: 'pool' },
  { value: 'health', text: 'failover' },
  { value: 'state', text: 'state' },
  { value: 'ready', text: 'obstacle' },
];

@customElement('understudy-vms-page')
export class VmsPage extends PageElement {
  protected override readonly topics = ['vm', 'host', 'pool', 'migration', 'connection', 'session'] as const;
  @state() private query: Query = fromParameters(new URLSearchParams(location.search));
  @state() private selected = new Set<string>();
  private readonly readiness = new ReadinessSource(this);
  private readonly table = new VmRows();
  private readonly sight = new RowWindow(this, () => this.querySelector('tbody'));
  private rows: Row[] = [];
  /** What the rows were built from. */
  private basis: unknown[] = [];
  /** The row with the focus stays rendered when it is scrolled out of sight. */
  private focused: string | undefined;

  private change(part: Partial<Query>): void {
    this.query = { ...this.query, ...part };
    router.replaceQuery(toParameters(this.query));
  }

  protected override render() {
    this.build();
    const head = pageHead('VMs', { labels: this.summary(), actions: actionButton('Define VM …', 'admin', () => define()) });
    if (!store.ready) return html`${head}${loading('VMs')}`;
    return html`${head}
      ${this.unanswered()}
      ${store.vms.size === 0
        ? emptyState('No VMs', 'Define one here, or with understudy:vm-define in the shell.')
        : html`${this.toolbar()}${this.selection()}<understudy-queue></understudy-queue>${this.list()}`}`;
  }

  /** Only when something that the rows depend on has changed: not when the page is scrolled. */
  private build(): void {
    const basis = [store.change('vm'), this.query, this.readiness.byVm];
    if (basis.every((one, index) => one === this.basis[index])) return;
    this.basis = basis;
    this.rows = this.table.of(store.vms, this.query, this.readiness.byVm);
    const gone = [...this.selected].filter((key) => !store.vms.has(key));
    gone.forEach((key) => this.selected.delete(key));
  }

  private get vmRows(): VmRow[] {
    return this.rows.filter((row): row is VmRow => row.kind === 'vm');
  }

  private summary(): TemplateResult {
    const shown = this.query.group ? this.vmRows.length : this.rows.length;
    const total = store.vms.size;
    const number = new Intl.NumberFormat('en');
    const { at, ready, blocked } = this.readiness;
    return html`<span class="us-quiet" role="status">${shown === total
      ? number.format(total)
      : `${number.format(shown)} of ${number.format(total)}`}</span>
      ${at !== undefined ? html`<a class="us-quiet" href=${href('vms?group=ready')} @click=${(event: Event) => {
        event.preventDefault();
        this.change({ group: 'ready' });
      }}>${number.format(ready)} can migrate, ${number.format(blocked)} cannot</a>
        ${this.query.group === 'ready' ? html`<span class="us-quiet">as of ${timestamp(at)}</span>` : nothing}` : nothing}`;
  }

  /** Hosts that do not answer, so that the list may lack VMs. */
  private unanswered(): TemplateResult | typeof nothing {
    const away = [...store.hosts.values()].filter((host) => !host.available);
    if (away.length === 0) return nothing;
    return html`<p class="us-unanswered" role="status">${label(away.length === 1 ? `host ${away[0]?.name} unavailable` : `${away.length} hosts unavailable`,
      'bad', { glyph: 'warning' })} The state of their VMs is unknown. <a href=${href('hosts')}>Show hosts</a></p>`;
  }

  private toolbar(): TemplateResult {
    const { query } = this;
    const set = (key: keyof Query) => (value: string) => this.change({ [key]: value });
    return html`<search class="us-toolbar">
      ${searchField('Search VMs', 'Name, UUID, MAC address, host or pool', query.text, set('text'))}
      ${picker('Host', query.host, [...store.hosts.keys()].sort(), set('host'))}
      ${picker('Pool', query.pool, this.pools(), set('pool'))}
      ${picker('Failover', query.health, [...HEALTHS.map((value) => ({ value, text: healthText(value) })), { value: NO_PAIR, text: 'no pair' }],
        set('health'))}
      ${picker('State', query.state, VM_STATES.map((value) => ({ value, text: stateText(value) })), set('state'))}
      ${picker('Can migrate', query.ready, ['yes', 'no', 'unknown'], set('ready'))}
      ${picker('Group by', query.group, GROUPS, set('group'), 'none')}
    </search>`;
  }

  private pools(): string[] {
    const names = new Set([...store.shares.values()].map((share) => share.pool));
    for (const vm of store.vms.values()) for (const { pool } of vm.pairs) if (pool) names.add(pool);
    return [...names].sort();
  }

  private selection(): TemplateResult {
    const vms = [...this.selected].flatMap((key) => store.vms.get(key) ?? []);
    return html`<div class="us-selection" role="group" aria-label="Actions for selected VMs">
      <span role="status">${vms.length === 0 ? 'No VM selected' : `${vms.length} selected`}</span>
      ${bulkActions(vms)}
      ${vms.length > 0 ? button('Clear selection', () => { this.selected = new Set(); }, { kind: 'link' }) : nothing}
    </div>`;
  }

  private list(): TemplateResult {
    if (this.rows.length === 0) {
      return emptyState('No VM matches', button('Clear filters', () => this.change(fromParameters(new URLSearchParams())), { kind: 'link' }));
    }
    const all = this.vmRows.length > 0 && this.vmRows.every((row) => this.selected.has(row.key));
    const rows = this.inSight();
    return html`<table class="pf-v6-c-table pf-m-compact us-table us-vms" aria-label="VMs" aria-rowcount=${this.rows.length + 1}>
      <thead class="pf-v6-c-table__thead"><tr class="pf-v6-c-table__tr" aria-rowindex="1">
        <th class="pf-v6-c-table__th us-check"><input type="checkbox" aria-label="Select all ${this.vmRows.length} VMs" .checked=${all}
          @change=${() => this.selectAll(!all)}></th>
        ${COLUMNS.map(({ key, text }) =>
          sortHeader(text, key, this.query.sort, this.query.descending, `us-col-${key}`, (sort, descending) => this.change({ sort, descending })))}
      </tr></thead>
      <tbody class="pf-v6-c-table__tbody" @keydown=${this.moveFocus} @focusin=${this.holdFocus} @focusout=${() => { this.focused = undefined; }}>
        ${repeat(rows, (row) => row.key, (row) => row.kind === 'space'
          ? html`<tr aria-hidden="true"><td colspan="7" class="us-space" .style=${`height:${row.rows * this.sight.rowHeight}px`}></td></tr>`
          : this.row(row.row, row.index))}
      </tbody>
    </table>`;
  }

  /** The rows to render, with the space of the others between them. */
  private inSight(): ({ kind: 'space'; key: string; rows: number } | { kind: 'row'; key: string; row: Row; index: number })[] {
    const { first, last } = this.sight.rows(this.rows.length);
    const indexes = Array.from({ length: last - first }, (_, offset) => first + offset);
    const held = this.focused === undefined ? -1 : this.rows.findIndex((row) => row.key === this.focused);
    if (held >= 0 && held < first) indexes.unshift(held);
    if (held >= last) indexes.push(held);
    const shown: ReturnType<VmsPage['inSight']> = [];
    let next = 0;
    for (const index of indexes) {
      if (index > next) shown.push({ kind: 'space', key: `space-${shown.length === 0 ? 'top' : 'middle'}`, rows: index - next });
      const row = this.rows[index];
      if (row) shown.push({ kind: 'row', key: row.key, row, index });
      next = index + 1;
    }
    if (next < this.rows.length) shown.push({ kind: 'space', key: 'space-bottom', rows: this.rows.length - next });
    return shown;
  }

  private row(row: Row, index: number): TemplateResult {
    return row.kind === 'group' ? this.groupRow(row, index) : this.vmRow(row, index);
  }

  private groupRow(row: GroupRow, index: number): TemplateResult {
    return html`<tr class="pf-v6-c-table__tr us-group" data-row=${index} aria-rowindex=${index + 2}>
      <th colspan="7" class="pf-v6-c-table__th" scope="rowgroup">${this.groupText(row.value)}
        <span class="us-quiet">${row.count}</span></th>
    </tr>`;
  }

  private groupText(value: string): string {
    if (value === '') return 'no pool';
    if (value === NO_PAIR) return 'no pair';
    // Names of hosts and pools stay as they are.
    if (this.query.group !== 'ready' && this.query.group !== 'health' && this.query.group !== 'state') return value;
    if (this.query.group === 'ready' && value === 'yes') return 'can migrate';
    return this.query.group === 'state' ? stateText(value) : value.replaceAll('-', ' ');
  }

  private vmRow({ key, vm, ready, pool }: VmRow, index: number): TemplateResult {
    const checked = this.selected.has(key);
    const migration = store.migrationOf(vm);
    const { staleSince } = store.hosts.get(vm.host) ?? {};
    return html`<tr class="pf-v6-c-table__tr ${checked ? 'us-selected' : ''}" data-row=${index} data-key=${key} aria-rowindex=${index + 2}>
      <td class="pf-v6-c-table__td us-check"><input type="checkbox" data-col="check" aria-label="Select ${vm.name} on ${vm.host}" .checked=${checked}
        @change=${() => this.select(key, !checked)}></td>
      <th class="pf-v6-c-table__td us-col-name" scope="row"><a data-col="name" href=${vmHref(vm)}>${vm.name}</a>
        <span class="us-under us-quiet">${vm.host}${pool ? ` · ${pool}` : ''}</span></th>
      <td class="pf-v6-c-table__td us-col-state">${staleSince ? stale(staleSince) : vmState(vm.state)}
        ${migration ? label('migrating', 'busy') : nothing}</td>
      <td class="pf-v6-c-table__td us-col-health">${failover(vm)}</td>
      <td class="pf-v6-c-table__td us-col-pool">${pool}</td>
      <td class="pf-v6-c-table__td us-col-host">${vm.host}</td>
      <td class="pf-v6-c-table__td us-col-ready">${readinessLabel(ready, this.readiness.byVm.get(key))}</td>
    </tr>`;
  }

  private select(key: string, on: boolean): void {
    const selected = new Set(this.selected);
    if (on) selected.add(key);
    else selected.delete(key);
    this.selected = selected;
  }

  private selectAll(on: boolean): void {
    this.selected = new Set(on ? this.vmRows.map((row) => row.key) : []);
  }

  private readonly holdFocus = (event: FocusEvent): void => {
    this.focused = (event.target as HTMLElement).closest('tr')?.dataset['key'];
  };

  /** Arrow keys move to the same column of another row. */
  private readonly moveFocus = async (event: KeyboardEvent): Promise<void> => {
    const target = event.target as HTMLElement;
    const index = Number(target.closest('tr')?.dataset['row']);
    const steps: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: this.rows.length - 1 };
    const wanted = steps[event.key];
    if (wanted === undefined || target.dataset['col'] === undefined) return;
    event.preventDefault();
    const back = event.key === 'ArrowUp' || event.key === 'End';
    let to = Math.max(0, Math.min(this.rows.length - 1, wanted));
    while (this.rows[to]?.kind === 'group') to += back ? -1 : 1;
    const key = this.rows[to]?.key;
    if (key === undefined) return;
    await this.sight.reveal(to);
    this.querySelector<HTMLElement>(`tr[data-row="${to}"] [data-col="${target.dataset['col']}"]`)?.focus({ preventScroll: true });
  };
}

/** The host does not answer, so the state is that of an earlier time. */
function stale(since: string): TemplateResult {
  return label('unknown', 'bad', { title: `The host has not answered since ${full(new Date(since))}.` });
}

/** The health of each pair. */
function failover(vm: Vm): TemplateResult {
  if (vm.pairs.length === 0) return html`<span class="us-quiet">no pair</span>`;
  return html`<span class="us-labels">${vm.pairs.map((pair) => html`${pairHealth(pair.health)}${pair.kind === 'emulated' ? emulated() : nothing}`)}</span>`;
}

function readinessLabel(ready: string, readiness: VmReadiness | undefined): TemplateResult {
  const reason = readiness?.findings.find((finding) => finding.severity === 'error')?.message;
  return label(ready, ready === 'yes' ? 'good' : ready === 'no' ? 'warning' : 'plain', reason ? { title: reason } : {});
}
