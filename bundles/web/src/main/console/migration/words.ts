// SPDX-License-Identifier: Apache-2.0
// Sentences about a migration: its outcome, where the VM is, what a cancel does, and the next step.

import type { Finding, Migration } from '../model/types.ts';

export const STEPS: readonly { step: string; title: string }[] = [
  { step: 'preflight', title: 'Preflight' },
  { step: 'lease', title: 'Lease VF on destination' },
  { step: 'to-standby', title: 'Traffic to standby' },
  { step: 'copy', title: 'Copy memory' },
  { step: 'switch', title: 'Switch host' },
  { step: 'to-primary', title: 'Traffic to VF' },
  { step: 'release', title: 'Release VF on source' },
];

export function title(step: string): string {
  return STEPS.find((one) => one.step === step)?.title ?? step;
}

export function isRunning(migration: Migration): boolean {
  return migration.outcome === undefined;
}

export function outcomeText(migration: Migration): string {
  switch (migration.outcome) {
    case undefined: return 'Running';
    case 'completed': return 'Completed';
    case 'completed-degraded': return 'Completed, degraded: on standby';
    case 'cancelled': return 'Cancelled: the VM runs on the source';
    case 'needs-attention': return 'Needs attention';
    default: return isOfAnother(migration) ? 'Failed: another migration has the VM' : 'Failed: the VM runs on the source';
  }
}

/** Another migration may have moved the VM since. */
function isOfAnother(migration: Migration): boolean {
  return migration.findings[0]?.code === 'other-migration';
}

/** Where the VM is after the migration. */
export function place(migration: Migration): string {
  const { vm, source, destination } = migration;
  switch (migration.outcome) {
    case undefined: return hasArrived(migration) ? `VM ${vm} runs on ${destination}.` : `VM ${vm} runs on ${source}.`;
    case 'completed': return `VM ${vm} runs on ${destination}; its traffic uses the primary.`;
    case 'completed-degraded': return `VM ${vm} runs on ${destination}; its traffic uses the standby NIC.`;
    case 'cancelled': return `VM ${vm} runs on ${source} as before.`;
    case 'failed-on-source': return isOfAnother(migration)
      ? `VM ${vm} belongs to another migration; its page shows its host.`
      : `VM ${vm} runs on ${source} as before.`;
    default: return hasArrived(migration)
      ? `VM ${vm} was switched to ${destination}. Its present state is on its page.`
      : `Whether VM ${vm} runs on ${source} or on ${destination} is not proven. Its present state is on its page.`;
  }
}

function hasArrived(migration: Migration): boolean {
  return migration.steps.some((report) => report.step === 'switch' && report.state === 'done');
}

/** The reason of the outcome: the server puts it first. A success has none, and a cancel only if the rollback failed. */
export function cause(migration: Migration): Finding | undefined {
  const first = migration.findings[0];
  if (migration.outcome === 'completed' || migration.outcome === undefined) return undefined;
  return migration.outcome === 'cancelled' && first?.severity !== 'error' ? undefined : first;
}

export interface Cancel {
  possible: boolean;
  text: string;
}

/** What a cancel does now. */
export function cancelText(migration: Migration): Cancel {
  const { vm, source, destination } = migration;
  const current = migration.steps.find((report) => report.state === 'running')?.step ?? 'preflight';
  switch (current) {
    case 'preflight':
      return { possible: true, text: `Nothing has changed yet. VM ${vm} stays on ${source}.` };
    case 'lease':
      return { possible: true, text: `VM ${vm} stays on ${source}. The VF that is leased on ${destination} is released.` };
    case 'to-standby':
    case 'copy':
      return {
        possible: true,
        text: `VM ${vm} stays on ${source}. The copied memory on ${destination} is discarded`
          + `${migration.primaries.length === 0 ? '.' : ', and the primary is plugged again: traffic returns from the standby NIC.'}`,
      };
    case 'switch':
      return {
        possible: true,
        text: `The hosts are being switched. If VM ${vm} runs on ${destination} already, the migration completes; otherwise it stays on ${source}.`,
      };
    default:
      return { possible: false, text: `Too late: VM ${vm} runs on ${destination}. The migration completes.` };
  }
}

export type NextAction = 'migrate-again' | 'migrate-without-vf' | 'show-vm' | 'show-host';

export interface NextStep {
  action: NextAction;
  label: string;
  host?: string;
}

/** The one next step after an end; undefined after a success. */
export function nextStep(migration: Migration): NextStep | undefined {
  const reason = cause(migration);
  switch (migration.outcome) {
    case undefined:
    case 'completed': return undefined;
    case 'cancelled': return { action: 'migrate-again', label: 'Migrate VM again …' };
    case 'completed-degraded': return { action: 'show-vm', label: 'Show pairs of VM' };
    case 'needs-attention': return { action: 'show-vm', label: 'Show state of VM' };
    default: return afterFailure(migration, reason);
  }
}

function afterFailure(migration: Migration, reason: Finding | undefined): NextStep {
  switch (reason?.code) {
    case 'pool-exhausted': return { action: 'migrate-without-vf', label: 'Migrate without a VF …' };
    case 'other-migration': return { action: 'show-vm', label: 'Show state of VM' };
    case 'primary-not-released':
    case 'standby-not-negotiated':
    case 'guest-rebooting': return { action: 'show-vm', label: 'Check guest of VM' };
    case 'host-unavailable': return { action: 'show-host', label: 'Show host', host: hostOf(migration, reason) };
    default: return { action: 'migrate-again', label: 'Migrate VM again …' };
  }
}

/** The subject of the finding is a host; without one of the two, it is the destination. */
function hostOf(migration: Migration, reason: Finding): string {
  return reason.subject.endsWith(` ${migration.source}`) ? migration.source : migration.destination;
}
