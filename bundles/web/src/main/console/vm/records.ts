// SPDX-License-Identifier: Apache-2.0
// The JSON records of the REST interface that the pages of a VM and of migrations read; see docs/rest.md.

export type Severity = 'error' | 'warning' | 'notice';

export interface Finding {
  code: string;
  severity: Severity;
  subject: string;
  message: string;
  remedy: string;
  fixable: boolean;
}

export type VmState = 'shutoff' | 'running' | 'paused' | 'incoming' | 'unknown';
export type NicRole = 'plain' | 'standby' | 'primary';
export type PairHealth = 'off' | 'pending-restart' | 'hidden' | 'active' | 'on-standby' | 'unplugging' | 'partial' | 'fault';
export type PrimaryKind = 'vf' | 'emulated';

export interface Nic {
  index: number;
  alias?: string;
  mac?: string;
  model: string;
  source: string;
  role: NicRole;
}

export interface Sign {
  source: string;
  says: string;
  at: string;
}

export interface Cooperation {
  answer?: boolean;
  signs: Sign[];
}

export interface Pair {
  standby: string;
  primary: string;
  mac: string;
  pool?: string;
  kind: PrimaryKind;
  health: PairHealth;
  details: string;
  guest?: Cooperation;
}

export interface Vm {
  name: string;
  uuid: string;
  host: string;
  state: VmState;
  nics: Nic[];
  pairs: Pair[];
}

export type Effect = 'none' | 'at-once' | 'at-next-start' | 'after-restart';

export interface PairChange {
  changed: boolean;
  effect: Effect;
  findings: Finding[];
  definition: string;
}

export interface PairRequest {
  nic: string;
  pool?: string;
  consents?: string[];
}

export interface Host {
  name: string;
  connector: string;
  available: boolean;
  summary: string;
  findings: Finding[];
}

export interface Stock {
  host: string;
  free: number;
  leased: number;
  other: number;
}

export interface Pool {
  name: string;
  kind: PrimaryKind;
  stocks: Stock[];
  findings: Finding[];
}

export interface Pf {
  address: string;
  netdev?: string;
  link?: boolean;
}

export interface Vf {
  address: string;
  pf: string;
  pfName: string;
  index: number;
  state: string;
  reason: string;
  mac?: string;
  vlan?: number;
  vlanProtocol?: string;
  trust?: boolean;
  spoofCheck?: boolean;
  driver?: string;
  numaNode?: number;
  holder?: { vm: string; primary: string; owner: string; ours: boolean };
}

export interface NicInventory {
  host: string;
  available: boolean;
  pfs: Pf[];
  vfs: Vf[];
  findings: Finding[];
}

export type StepId = 'preflight' | 'lease' | 'to-standby' | 'copy' | 'switch' | 'to-primary' | 'release';
export type StepState = 'pending' | 'running' | 'done' | 'skipped' | 'failed' | 'undone';
export type Outcome = 'completed' | 'completed-degraded' | 'failed-on-source' | 'cancelled' | 'needs-attention';

export interface StepReport {
  step: StepId;
  state: StepState;
  started?: string;
  durationMs?: number;
  facts: Record<string, string>;
}

export interface PathCount {
  path: string;
  received: number;
  longestGapMs: number;
}

export interface Measured {
  kind: 'measured';
  method: string;
  intervalMs: number;
  sent: number;
  received: number;
  lost: number;
  duplicated: number;
  reordered: number;
  longestGapMs: number;
  paths: PathCount[];
}

export type NetworkGap = Measured | { kind: 'not-measured'; reason: string };

export interface Migration {
  id: string;
  revision: number;
  vm: string;
  uuid?: string;
  source: string;
  destination: string;
  primaries: PrimaryKind[];
  started: string;
  ended?: string;
  steps: StepReport[];
  progress?: number;
  outcome?: Outcome;
  downtimeMs?: number;
  onStandbyMs?: number;
  networkGap: NetworkGap;
  findings: Finding[];
}

export interface AuditEntry {
  at: string;
  user: string;
  face: string;
  address?: string;
  action: string;
  vm?: string;
  result: string;
  details?: string;
}

const BY_SEVERITY: readonly Severity[] = ['error', 'warning', 'notice'];

export function mostSevereFirst(findings: readonly Finding[]): Finding[] {
  return [...findings].sort((a, b) => BY_SEVERITY.indexOf(a.severity) - BY_SEVERITY.indexOf(b.severity));
}

export function isBlocked(findings: readonly Finding[]): boolean {
  return findings.some((finding) => finding.severity === 'error');
}
