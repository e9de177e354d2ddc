// SPDX-License-Identifier: Apache-2.0
// Destinations of a migration, the best first, each with the reason for its place.

import type { Finding, Host, PoolShare, Vm } from '../model/types.ts';

export function isBlocked(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}

export type Verdict = 'ready' | 'warnings' | 'standby' | 'unchecked' | 'checking' | 'unknown' | 'refused' | 'unavailable';

/** What is known of a destination. */
export interface Check {
  /** Absent while the preflight runs, and if it failed. */
  findings?: Finding[];
  /** The findings if the VM may arrive without a VF; only requested if nothing but a VF is missing. */
  onStandby?: Finding[];
  /** Why the preflight could not be executed. */
  error?: string;
}

export interface Destination {
  host: string;
  verdict: Verdict;
  reason: string;
  findings: Finding[];
  /** Free VFs of the pools of the VM; absent if the VM needs none, or if the number is unknown. */
  freeVfs?: number;
}

const ORDER: readonly Verdict[] = ['ready', 'warnings', 'standby', 'checking', 'unchecked', 'unknown', 'refused', 'unavailable'];

/** The findings whose only remedy in this dialog is to arrive without a VF. */
export function lacksOnlyVf(findings: readonly Finding[]): boolean {
  const errors = findings.filter((finding) => finding.severity === 'error');
  return errors.length > 0 && errors.every((finding) => finding.code === 'pool-exhausted');
}

/** The smallest number of free VFs in the pools of the VM's pairs; undefined if it is not known. */
export function freeVfs(vm: Vm, host: string, shares: readonly PoolShare[]): number | undefined {
  const names = new Set(vm.pairs.filter((pair) => pair.kind === 'vf').map((pair) => pair.pool));
  const free = [...names].map((name) =>
    shares.find((share) => share.pool === name && share.stock?.host === host)?.stock?.free);
  if (free.length === 0 || free.includes(undefined)) return undefined;
  return Math.min(...(free as number[]));
}

/** The destinations to check first: available ones with the most free VFs. */
export function candidates(vm: Vm, hosts: readonly Host[], shares: readonly PoolShare[], limit: number): Host[] {
  return hosts.filter((host) => host.available && host.name !== vm.host)
    .sort((a, b) => (freeVfs(vm, b.name, shares) ?? 0) - (freeVfs(vm, a.name, shares) ?? 0) || a.name.localeCompare(b.name))
    .slice(0, limit);
}

export function ranked(vm: Vm, hosts: readonly Host[], shares: readonly PoolShare[], checks: ReadonlyMap<string, Check>): Destination[] {
  return hosts.filter((host) => host.name !== vm.host)
    .map((host) => destination(vm, host, shares, checks.get(host.name)))
    .sort((a, b) => ORDER.indexOf(a.verdict) - ORDER.indexOf(b.verdict)
      || count(a, 'warning') - count(b, 'warning')
      || (b.freeVfs ?? 0) - (a.freeVfs ?? 0)
      || a.host.localeCompare(b.host));
}

function count(one: Destination, severity: Finding['severity']): number {
  return one.findings.filter((finding) => finding.severity === severity).length;
}

function destination(vm: Vm, host: Host, shares: readonly PoolShare[], check: Check | undefined): Destination {
  const free = freeVfs(vm, host.name, shares);
  const base = { host: host.name, ...(free === undefined ? {} : { freeVfs: free }) };
  const stock = free === undefined ? '' : `, ${free} free VF${free === 1 ? '' : 's'}`;
  if (!host.available) return { ...base, verdict: 'unavailable', reason: host.summary || 'The host does not answer', findings: host.findings };
  if (check === undefined) return { ...base, verdict: 'unchecked', reason: `Not checked${stock}`, findings: [] };
  if (check.error !== undefined) return { ...base, verdict: 'unknown', reason: `Check failed: ${check.error}`, findings: [] };
  if (check.findings === undefined) return { ...base, verdict: 'checking', reason: 'Checking both hosts', findings: [] };
  if (check.onStandby !== undefined && !isBlocked(check.onStandby)) {
    return { ...base, verdict: 'standby', reason: 'No free VF: the VM arrives on its standby NIC', findings: check.onStandby };
  }
  if (isBlocked(check.findings)) {
    const errors = check.findings.filter((finding) => finding.severity === 'error');
    const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
    return { ...base, verdict: 'refused', reason: `${errors[0]!.message}${more}`, findings: check.findings };
  }
  const warnings = check.findings.filter((finding) => finding.severity === 'warning').length;
  return warnings === 0
    ? { ...base, verdict: 'ready', reason: `Ready${stock}`, findings: check.findings }
    : { ...base, verdict: 'warnings', reason: `${warnings} warning${warnings === 1 ? '' : 's'} to accept${stock}`, findings: check.findings };
}

export function canStart(one: Destination | undefined): boolean {
  return one !== undefined && (one.verdict === 'ready' || one.verdict === 'warnings' || one.verdict === 'standby');
}
