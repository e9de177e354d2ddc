// SPDX-License-Identifier: Apache-2.0
// One VM.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { href, migrationHref } from '../app/router.ts';
import { consoleClient } from '../embed/client.ts';
import type { AuditEntry, Finding, Migration, Nic, Vm } from '../model/types.ts';
import { actionButton } from '../parts/buttons.ts';
import { attempt, errorText } from '../parts/dialog.ts';
import { PageElement } from '../parts/element.ts';
import { findingList, sorted } from '../parts/findings.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { label, vmState } from '../parts/labels.ts';
import { dataTable } from '../parts/table.ts';
import { timestamp } from '../parts/time.ts';
import { migrate } from '../migration/dialog.ts';
import { migrationTable } from '../migration/list.ts';
import { ofVm } from '../migration/selection.ts';
import { UnderstudyTimeline } from '../migration/timeline.ts';
import { edit } from './define.ts';
import { Evidence } from './evidence.ts';
import { fix } from './fix.ts';
import { nicView } from './nic.ts';
import { powerButtons } from './power.ts';
import { VmRecords } from './records.ts';
import { UnderstudySwitch } from './switch.ts';
import { pairOf } from './switch-state.ts';

if (customElements.get('understudy-switch') === undefined) customElements.define('understudy-switch', UnderstudySwitch);
if (customElements.get('understudy-timeline') === undefined) customElements.define('understudy-timeline', UnderstudyTimeline);

/** Migrations that the page shows; the page of events has all. */
const SHOWN = 10;

@customElement('understudy-vm-page')
export class VmPage extends PageElement {
  protected override readonly topics = ['vm', 'host', 'vf', 'migration', 'connection', 'session', 'words'] as const;
  @property() uuid = '';
  /** Empty if the address does not name one. */
  @property() host: string | undefined;
  private readonly evidence = new Evidence(this);
  private readonly records = new VmRecords(this);

  /** A VM that has moved is shown where it is now. */
  private find(): Vm | undefined {
    const copies = [...store.vms.values()].filter((one) => one.uuid === this.uuid);
    return copies.find((one) => one.host === this.host && one.state !== 'shutoff')
      ?? copies.find((one) => one.state === 'running')
      ?? copies.find((one) => one.host === this.host)
      ?? copies[0];
  }

  protected override updated(): void {
    const vm = this.find();
    if (vm !== undefined) this.records.follow(vm, ofVm(vm, store.migrations.values()).filter((one) => one.outcome !== undefined).length);
  }

  protected override render() {
    const vm = this.find();
    const parent = { text: 'VMs', href: href('vms') };
    if (vm === undefined) {
      return html`${pageHead('VM', { parent })}${store.ready
        ? emptyState('VM not found', 'No host that answers has a VM with this UUID.')
        : loading('the VM')}`;
    }
    const running = store.migrationOf(vm);
    return html`${this.head(vm, parent, running)}
      ${this.copies(vm)}
      ${running === undefined ? nothing : this.migrating(running)}
      <div class="us-columns">
        <div>${vm.nics.filter((nic) => nic.role !== 'primary').map((nic) => nicView(vm, nic, this.records.requirements, this.pairParts(vm, nic, running !== undefined)))}</div>
        <div>${this.findings(vm)}${this.history(vm)}${this.audit()}</div>
      </div>`;
  }

  private head(vm: Vm, parent: { text: string; href: string }, running: Migration | undefined): TemplateResult {
    const moving = running !== undefined;
    return pageHead(vm.name, {
      parent,
      labels: vmState(vm.state),
      lead: html`On host <a href=${href(`hosts?q=${encodeURIComponent(vm.host)}`)}>${vm.host}</a> · UUID ${vm.uuid}`,
      actions: html`
        ${vm.state === 'shutoff' ? nothing : actionButton('Migrate VM …', 'operator', () => migrate(vm), {
          kind: 'primary', refusal: moving ? 'A migration of the VM is running.' : undefined })}
        ${powerButtons(vm, moving)}
        ${actionButton('Edit definition …', 'admin', () => this.definition(vm))}`,
    });
  }

  /** Two hosts have a definition of the VM: after a migration that needs attention, or while one runs. */
  private copies(vm: Vm): TemplateResult | typeof nothing {
    const others = [...store.vms.values()].filter((one) => one.uuid === vm.uuid && one.host !== vm.host);
    if (others.length === 0 || store.migrationOf(vm) !== undefined) return nothing;
    return html`<p class="us-quiet">Also defined on ${others.map((one) => `${one.host} (${one.state})`).join(', ')}.</p>`;
  }

  private migrating(migration: Migration): TemplateResult {
    return html`<section class="us-section us-flow" aria-labelledby="migrating">
      <h2 class="pf-v6-c-title pf-m-lg" id="migrating"><a href=${migrationHref(migration.id)}>Migration ${migration.source} → ${migration.destination}</a></h2>
      <understudy-timeline .client=${consoleClient} .migration=${migration} .locked=${store.refusal('operator') ?? ''}></understudy-timeline>
    </section>`;
  }

  private pairParts(vm: Vm, nic: Nic, moving: boolean): TemplateResult {
    const pair = pairOf(vm, nic);
    return html`<understudy-switch .client=${consoleClient} .vm=${vm} .nic=${nic} .moving=${moving}
        .locked=${store.refusal('admin') ?? ''}></understudy-switch>
      ${pair !== undefined && vm.state === 'running' ? this.evidence.render(vm, pair) : nothing}`;
  }

  private findings(vm: Vm): TemplateResult {
    const { findings, error } = this.records;
    return html`<section class="us-section us-flow" aria-labelledby="findings">
      <h2 class="pf-v6-c-title pf-m-lg" id="findings">Findings of the definition</h2>
      ${error !== undefined ? errorText(error)
        : findings === undefined ? html`<p class="us-quiet">Checking …</p>`
        : findings.length === 0 ? html`<p>None.</p>`
        : html`${findingList(sorted(findings))}${this.fixButton(vm, findings)}`}
    </section>`;
  }

  private fixButton(vm: Vm, findings: Finding[]): TemplateResult | typeof nothing {
    const fixable = findings.filter((finding) => finding.fixable).length;
    return fixable === 0 ? nothing : actionButton(`Fix ${fixable} finding${fixable === 1 ? '' : 's'} …`, 'admin', async () => {
      if (await fix(vm)) await this.records.read(vm);
    });
  }

  private history(vm: Vm): TemplateResult {
    const live = ofVm(vm, store.migrations.values());
    const known = new Set(live.map((one) => one.id));
    const all = [...live, ...this.records.older.filter((one) => !known.has(one.id))];
    return html`<section class="us-section us-flow" aria-labelledby="history">
      <h2 class="pf-v6-c-title pf-m-lg" id="history">Migrations</h2>
      ${all.length === 0 ? html`<p class="us-quiet">None.</p>` : migrationTable(ofVm(vm, all).slice(0, SHOWN), false)}
      <p><a href=${href(`events?vm=${vm.uuid}`)}>All events of the VM</a></p>
    </section>`;
  }

  private audit(): TemplateResult {
    const { audit, auditProblem } = this.records;
    return html`<section class="us-section us-flow" aria-labelledby="audit">
      <h2 class="pf-v6-c-title pf-m-lg" id="audit">Audit</h2>
      ${auditProblem !== '' ? html`<p class="us-quiet">${auditProblem}</p>`
        : audit === undefined ? html`<p class="us-quiet">Reading …</p>`
        : audit.length === 0 ? html`<p class="us-quiet">No entries.</p>`
        : dataTable('Audit entries of the VM', ['Time', 'User', 'Action', 'Result'], audit, auditRow)}
    </section>`;
  }

  private async definition(vm: Vm): Promise<void> {
    await attempt(`Definition of ${vm.name} not read`, async () => {
      if (await edit(vm)) await this.records.read(vm);
    });
  }
}

function auditRow(entry: AuditEntry): unknown[] {
  return [
    timestamp(entry.time),
    html`${entry.user}<span class="us-under us-quiet">${entry.face}${entry.remoteAddress ? ` from ${entry.remoteAddress}` : ''}</span>`,
    entry.action.replaceAll('-', ' '),
    html`${label(entry.result, entry.result === 'accepted' ? 'good' : 'warning')} ${entry.message}`];
}
