// SPDX-License-Identifier: Apache-2.0
// The switch in the page of another management server: it reads its VM itself.

import { html, type PropertyValues, type TemplateResult, nothing } from 'lit';
import { property } from 'lit/decorators.js';
import type { Migration, Vm } from '../model/types.ts';
import { UnderstudySwitch } from '../vm/switch.ts';
import type { TokenSource } from './client.ts';
import { Connection } from './connection.ts';
import { problem } from './parts.ts';

export class EmbeddedSwitch extends UnderstudySwitch {
  @property() server = '';
  @property() token = '';
  @property({ attribute: false }) tokenSource: TokenSource | undefined;
  /** UUID or name. */
  @property({ attribute: 'vm-id' }) vmId = '';
  /** Needed if VMs of several hosts have the name. */
  @property({ attribute: 'vm-host' }) vmHost = '';
  /** Alias, MAC address or index; without it the only virtio NIC. */
  @property({ attribute: 'nic-id' }) nicId = '';
  private readonly migrations = new Map<string, Migration>();
  private readonly connection = new Connection(this, () => this.address(), (client) => this.read(client), (change) => {
    if (change.change === 'put' && change.kind === 'vm' && this.isOwn(change.value)) this.accept(change.value);
    if (change.change === 'put' && change.kind === 'migration') this.migrated(change.value);
    if (change.change === 'pair' && change.value.vm === this.vm?.name && this.client !== undefined) void this.read(this.client);
  });

  private address(): string {
    if (this.vmId === '') return '';
    return `?vm=${encodeURIComponent(this.vmHost === '' ? this.vmId : `${this.vmHost}/${this.vmId}`)}`;
  }

  private async read(client: NonNullable<UnderstudySwitch['client']>): Promise<void> {
    this.client = client;
    this.accept(await client.call<Vm>('GET', `vms/${encodeURIComponent(this.vmId)}${this.vmHost === '' ? '' : `?host=${encodeURIComponent(this.vmHost)}`}`));
  }

  private isOwn(vm: Vm): boolean {
    return (vm.uuid === this.vmId || vm.name === this.vmId) && (this.vmHost === '' || vm.host === this.vmHost);
  }

  private accept(vm: Vm): void {
    this.vm = vm;
    this.nic = this.nicId === ''
      ? vm.nics.find((nic) => nic.role === 'standby') ?? vm.nics.find((nic) => nic.model === 'virtio')
      : vm.nics.find((nic) => nic.alias === this.nicId || nic.mac === this.nicId || String(nic.index) === this.nicId)
        // The alias of a NIC changes with its pair.
        ?? vm.nics.find((nic) => nic.mac === this.nic?.mac);
  }

  private migrated(migration: Migration): void {
    this.migrations.set(migration.id, migration);
    this.moving = [...this.migrations.values()].some((one) => one.outcome === undefined && one.uuid === this.vm?.uuid);
  }

  protected override willUpdate(changes: PropertyValues<this>): void {
    super.willUpdate(changes);
    this.locked = this.connection.error !== undefined && this.vm !== undefined ? 'Not available: the connection to the server is lost.' : '';
  }

  protected override render(): TemplateResult {
    if (this.vm !== undefined && this.nic === undefined) return html`<p>VM ${this.vm.name} has no such NIC.</p>`;
    return html`${this.connection.error === undefined ? nothing : problem(this.connection.error)}${super.render()}`;
  }
}
