// SPDX-License-Identifier: Apache-2.0
// One NIC of a VM with its pair: the path of the traffic, and what is configured beside what is live.

import { html, nothing, type TemplateResult } from 'lit';
import { store } from '../app/context.ts';
import { capital } from '../embed/parts.ts';
import type { Nic, Pair, Vm, VfRequirement } from '../model/types.ts';
import { emulated, label, pairHealth } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { nicName, pairOf } from './switch-state.ts';
import { trafficOf, vfOf, type Carrier, type VfAndPf } from './traffic.ts';
import { vfSettings } from './vf-settings.ts';

/** Whole names, because the build keeps only the classes that it finds. */
const PATHS: Record<Carrier, string> = {
  primary: 'us-path--primary', standby: 'us-path--standby', unknown: 'us-path--unknown', plain: '', none: '' };

/** A device that may carry the traffic of a NIC. */
interface Way {
  carrier: Carrier;
  name: string;
  device: string;
  note: string;
}

/** @param requirements what the pairs of the VM require of their VFs, as far as it is known */
export function nicView(vm: Vm, nic: Nic, requirements: readonly VfRequirement[], more: TemplateResult): TemplateResult {
  const pair = pairOf(vm, nic);
  const found = pair === undefined ? undefined : vfOf(vm, pair, store.vfs.values(), store.hosts.get(vm.host));
  const id = `nic-${nic.index}`;
  return html`<section class="us-section us-flow" aria-labelledby=${id}>
    <h2 class="pf-v6-c-title pf-m-lg" id=${id}>${nic.alias === undefined ? '' : 'NIC '}${nicName(nic)} ${pair === undefined ? nothing : pairHealth(pair.health)}
      ${pair?.kind === 'emulated' ? emulated() : nothing}</h2>
    ${pathView(vm, nic, pair, found)}
    ${pair === undefined ? nothing : cause(pair)}
    ${more}
    ${table(vm, nic, pair, found, requirements)}
  </section>`;
}

/** Where the traffic runs now. */
function pathView(vm: Vm, nic: Nic, pair: Pair | undefined, found: VfAndPf | undefined): TemplateResult {
  const now = trafficOf(vm, nic, found);
  const bridge = `${nic.model} NIC on ${nic.source}`;
  const ways: Way[] = pair === undefined
    ? [{ carrier: 'plain', name: 'NIC', device: bridge, note: 'no failover pair' }]
    : [
      { carrier: 'primary', name: pair.kind === 'vf' ? 'VF' : 'Emulated primary', device: vfText(pair, found), note: vfNote(pair, found) },
      { carrier: 'standby', name: 'Standby NIC', device: bridge, note: pair.standby }];
  // While a change is pending, the standby NIC is an ordinary one.
  const carries = (way: Way) => way.carrier === now.carrier || (way.carrier === 'standby' && now.carrier === 'plain');
  const headline = now.carrier === 'none' ? 'No traffic' : now.carrier === 'unknown' ? 'Path of the traffic is unknown' : `Traffic runs over ${now.device}`;
  return html`<div class="us-path ${PATHS[now.carrier]}">
    <p class="us-path__now">${headline}</p>
    ${now.reason === '' ? nothing : html`<p class="us-quiet">${now.reason}</p>`}
    <ul class="us-path__ways" role="list">${ways.map((way) => html`
      <li class="us-way ${carries(way) ? 'us-way--now' : ''}">
        <span class="us-way__end">${vm.name}</span><span class="us-way__line" aria-hidden="true"></span>
        <span class="us-way__device"><strong>${way.name}</strong> ${way.device}<span class="us-under us-quiet">${way.note}</span></span>
        <span class="us-way__line" aria-hidden="true"></span>
        <span class="us-way__end">${carries(way) ? 'carries the traffic' : 'no traffic'}</span>
      </li>`)}</ul>
  </div>`;
}

function vfText(pair: Pair, found: VfAndPf | undefined): string {
  if (pair.kind === 'emulated') return pair.primary;
  return found === undefined ? 'no VF is leased' : `${found.vf.address}, VF ${found.vf.index} of ${found.vf.pfName}`;
}

function vfNote(pair: Pair, found: VfAndPf | undefined): string {
  const pool = pair.pool === undefined ? '' : `pool ${pair.pool}`;
  const link = found?.pf?.link === undefined ? '' : `link of the PF ${found.pf.link ? 'up' : 'down'}`;
  return [pool, link].filter((text) => text !== '').join(', ');
}

function cause(pair: Pair): TemplateResult | typeof nothing {
  const words = store.words.health[pair.health];
  if (pair.health === 'active') return nothing;
  return html`<div><p>${capital(pair.details || words?.cause || '')}</p>${words === undefined ? nothing : html`<p class="us-quiet">${words.nextStep}</p>`}</div>`;
}

type Row = [name: string, configured: unknown, live: unknown];

const UNKNOWN = html`<span class="us-quiet">not reported</span>`;
const NONE = html`<span class="us-quiet">none</span>`;

function table(
  vm: Vm, nic: Nic, pair: Pair | undefined, found: VfAndPf | undefined, requirements: readonly VfRequirement[],
): TemplateResult {
  const off = vm.state === 'shutoff';
  const live = (value: unknown) => (off ? NONE : value);
  const rows: Row[] = [
    ['NIC', `${nic.model} on ${nic.source}`, live(UNKNOWN)],
    ['Alias', nic.alias ?? NONE, live(pair?.health === 'pending-restart' ? UNKNOWN : nic.alias ?? NONE)],
    ['MAC address', nic.mac ?? NONE, live(pair === undefined || nic.mac === pair.mac ? nic.mac ?? NONE : pair.mac)],
    ['Failover pair', nic.role === 'standby' ? 'on' : 'off', live(pair === undefined ? 'off' : pairHealth(pair.health))],
    ...(pair === undefined ? [] : pairRows(vm, pair, nic.role === 'standby', found,
      requirements.find((one) => one.standby === pair.standby && one.primary === pair.primary))),
  ];
  return dataTable(`Configured and live: ${nicName(nic)}`, ['Property', 'Configured', 'Live'], rows, (row) => row);
}

function pairRows(
  vm: Vm, pair: Pair, configured: boolean, found: VfAndPf | undefined, required: VfRequirement | undefined,
): Row[] {
  const when = (value: unknown) => (configured ? value : NONE);
  const rows: Row[] = [['Primary', when(pair.primary), presence(pair)]];
  if (pair.kind === 'emulated') return [...rows, ['Pool', when(pair.pool ?? NONE), pair.pool ?? NONE]];
  const vf = found?.vf;
  const of = <T>(value: T | undefined, text: (value: T) => unknown): unknown => (vf === undefined ? NONE : value === undefined ? UNKNOWN : text(value));
  return [
    ...rows,
    ['Pool', when(pair.pool ?? NONE), of(vf?.pools.join(', '), (pools) => pools)],
    ['VF', when(pair.pool === undefined ? 'in the definition' : 'selected by the host'), of(vf, ({ address, driver }) =>
      `${address}${driver === undefined ? '' : `, driver ${driver}`}`)],
    ['PF', NONE, of(vf, ({ pf, pfName, index }) => `${pfName} (${pf}), VF ${index}`)],
    ['MAC address of the VF', when(pair.mac), of(vf?.mac, (mac) => (mac === pair.mac ? mac : different(mac)))],
    ...vfSettings(required, vf).map((one): Row => [one.name, when(one.configured ?? UNKNOWN),
      of(one.live, (live) => (one.differs ? different(live) : live))]),
    ['Link of the PF', NONE, vf === undefined ? NONE : found?.pf?.link === undefined ? UNKNOWN : label(found.pf.link ? 'up' : 'down', found.pf.link ? 'good' : 'bad')],
  ].map((row) => (vm.state === 'shutoff' ? [row[0], row[1], NONE] as Row : row as Row));
}

/** A live value that is not the configured one. */
function different(live: string): TemplateResult {
  return html`${live} ${label('differs', 'bad')}`;
}

function presence(pair: Pair): string {
  switch (pair.health) {
    case 'active': return `${pair.primary}, in use by the guest`;
    case 'partial': return `${pair.primary}, not enabled by the guest`;
    case 'hidden': return `${pair.primary}, hidden from the guest`;
    case 'unplugging': return `${pair.primary}, the guest is releasing it`;
    case 'on-standby':
    case 'off': return 'none';
    default: return pair.details;
  }
}
