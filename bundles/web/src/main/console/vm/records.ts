// SPDX-License-Identifier: Apache-2.0
// What is read for the page of one VM and is not in the events: findings of its definition, what its pairs require of
// their VFs, audit entries, older migrations.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { storedMigrations } from '../model/history.ts';
import { ApiError, call, vmPath } from '../model/rest.ts';
import type { AuditEntry, Finding, Migration, VfRequirement, Vm } from '../model/types.ts';

export class VmRecords implements ReactiveController {
  findings: Finding[] | undefined;
  audit: AuditEntry[] | undefined;
  older: Migration[] = [];
  /** Why there are no audit entries. */
  auditProblem = '';
  error: unknown;
  requirements: VfRequirement[] = [];
  private basis = '';

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.basis = '';
  }

  /** Reads again if what they depend on has changed. */
  follow(vm: Vm, migrations: number): void {
    const basis = JSON.stringify([vm.uuid, vm.host, vm.state, vm.nics, migrations]);
    if (basis !== this.basis) {
      this.basis = basis;
      void this.read(vm);
    }
  }

  async read(vm: Vm): Promise<void> {
    await Promise.all([this.readFindings(vm), this.readRequirements(vm), this.readAudit(vm), this.readOlder(vm)]);
    this.host.requestUpdate();
  }

  private async readFindings(vm: Vm): Promise<void> {
    try {
      this.findings = await call<Finding[]>('GET', vmPath(vm, 'lint'));
      this.error = undefined;
    } catch (error) {
      this.error = error;
    }
  }

  private async readRequirements(vm: Vm): Promise<void> {
    this.requirements = vm.pairs.some((pair) => pair.kind === 'vf')
      ? await call<VfRequirement[]>('GET', vmPath(vm, 'vf-requirements')).catch(() => [])
      : [];
  }

  private async readAudit(vm: Vm): Promise<void> {
    try {
      this.audit = await call<AuditEntry[]>('GET', `audit?vm=${encodeURIComponent(vm.uuid)}&limit=20`);
      this.auditProblem = '';
    } catch (error) {
      this.audit = undefined;
      // A server without an audit log does not know the call.
      this.auditProblem = error instanceof ApiError && error.status === 404
        ? 'This server keeps no audit log.'
        : error instanceof Error ? error.message : String(error);
    }
  }

  private async readOlder(vm: Vm): Promise<void> {
    this.older = (await storedMigrations(`?kind=migration&vm=${vm.uuid}&limit=20`).catch(() => ({ migrations: [] }))).migrations;
  }
}
