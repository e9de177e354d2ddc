// SPDX-License-Identifier: Apache-2.0
// The objects of the REST interface, as far as the console uses them.

export type Severity = 'error' | 'warning' | 'notice';

export interface Finding {
  code: string;
  severity: Severity;
  subject: string;
  message: string;
  remedy: string;
  fixable: boolean;
}

export type VmState = 'running' | 'paused' | 'shutoff' | 'crashed' | 'unknown' | (string & {});

export type Health =
  | 'active' | 'on-standby' | 'hidden' | 'unplugging' | 'pending-restart' | 'off' | 'partial' | 'fault' | (string & {});

export interface Sign {
  source: string;
  says: string;
  at: string;
}

export interface Cooperation {
  answer?: boolean;
  signs: Sign[];
}

export interface Nic {
  index: number;
  alias?: string;
  mac?: string;
  model: string;
  source: string;
  role: 'primary' | 'standby' | 'plain' | (string & {});
}

export interface Pair {
  standby: string;
  primary: string;
  mac: string;
  pool?: string;
  kind: string;
  health: Health;
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

export interface Host {
  name: string;
  connector: string;
  available: boolean;
  summary: string;
  findings: Finding[];
  /** Since when its VMs cannot be read: they are those of that time. */
  staleSince?: string;
  nicsAvailable?: boolean;
  nicAccess?: string;
  pfs?: Pf[];
  nicFindings?: Finding[];
}

export interface Stock {
  host: string;
  free: number;
  leased: number;
  other: number;
}

export interface Pool {
  name: string;
  kind: string;
  selectors: string[];
  model?: string;
  stocks: Stock[];
  findings: Finding[];
}

export interface Pf {
  address: string;
  netdev?: string;
  altNames: string[];
  master?: string;
  masterKind?: string;
  vendor: string;
  device: string;
  driver?: string;
  totalVfs: number;
  vfs: number;
  link?: boolean;
  numaNode?: number;
}

export type VfState = 'free' | 'leased' | 'in-use' | 'foreign' | 'fault' | 'unusable';

export interface Vf {
  address: string;
  pf: string;
  pfName: string;
  index: number;
  state: VfState;
  reason: string;
  signs: string[];
  pools: string[];
  driver?: string;
  netdev?: string;
  mac?: string;
  vlan?: number;
  trust?: boolean;
  spoofCheck?: boolean;
  numaNode?: number;
  iommuGroup?: number;
  vfio: string;
  holder?: { vm: string; primary: string; owner: string; fencing: number; ours: boolean };
}

/** What a pair requires of its VF. */
export interface VfRequirement {
  standby: string;
  primary: string;
  mac: string;
  /** 0 for none. */
  vlan: number;
  /** Absent if the host of the VF sets it up. */
  trust?: boolean;
  spoofCheck?: boolean;
}

/** What a pool has on one host. */
export interface PoolShare {
  pool: string;
  /** Absent while it is unknown, and for an emulated pool. */
  stock?: Stock;
  findings: Finding[];
}

export interface StepReport {
  step: string;
  state: string;
  started?: string;
  durationMs?: number;
  facts: Record<string, string>;
}

export interface PathCount {
  path: string;
  received: number;
  longestGapMs: number;
}

export type NetworkGap =
  | { kind: 'not-measured'; reason: string }
  | {
    kind: 'measured'; method: string; intervalMs: number; sent: number; received: number; lost: number; duplicated: number;
    reordered: number; longestGapMs: number; paths: PathCount[];
  };

export interface Migration {
  id: string;
  revision: number;
  vm: string;
  uuid?: string;
  source: string;
  destination: string;
  primaries: string[];
  started: string;
  ended?: string;
  steps: StepReport[];
  progress?: number;
  outcome?: string;
  downtimeMs?: number;
  onStandbyMs?: number;
  networkGap: NetworkGap;
  findings: Finding[];
}

export interface PairChanged {
  vm: string;
  host: string;
  from: Health;
  pair: Pair;
}

export interface Words {
  health: Record<string, { cause: string; nextStep: string }>;
  steps: { step: string; number: number; title: string }[];
}

export interface VmReadiness {
  vm: string;
  uuid: string;
  host: string;
  state: VmState;
  ready: boolean;
  destinations: number;
  best?: string;
  findings: Finding[];
}

export interface FleetReadiness {
  at: string;
  ready: number;
  blocked: number;
  groups: { code: string; severity: Severity; vms: number; remedy: string }[];
  vms: VmReadiness[];
  findings: Finding[];
}

export interface AuditEntry {
  id: string;
  time: string;
  user: string;
  face: string;
  remoteAddress?: string;
  action: string;
  object: string;
  uuid?: string;
  host?: string;
  result: 'accepted' | 'refused' | 'failed';
  error?: string;
  message: string;
}

/** A finding of the history, from when it appeared until it was gone. */
export interface PastFinding {
  /** For the health of a pair `pair-` and the health. */
  code: string;
  severity: Severity;
  subject: string;
  message: string;
  remedy: string;
  host?: string;
  vm?: string;
  uuid?: string;
  appeared: string;
  ended?: string;
}

/** An entry of the history: a migration or a finding. */
export interface HistoryEntry {
  id: string;
  time: string;
  migration?: Migration;
  finding?: PastFinding;
}

export interface BulkEntry {
  vm: string;
  uuid: string;
  source: string;
  destination?: string;
  state: 'waiting' | 'running' | 'ended' | 'refused' | 'cancelled';
  migration?: string;
  progress?: number;
  outcome?: string;
  reason: string;
}

/** Migrations of many VMs that were requested at once. */
export interface BulkMigration {
  id: string;
  revision: number;
  created: string;
  ended?: string;
  entries: BulkEntry[];
}

export type Role = 'viewer' | 'operator' | 'admin';

/** By which a script uses REST. */
export interface Token {
  id: string;
  name: string;
  /** Its creator. */
  user: string;
  role: Role | 'peer';
  created: string;
  expires: string;
  lastUsed?: string;
}

/** The login of the page. */
export interface Session {
  user: string;
  role: Role;
  /** Whether the login is a session that can be ended; not for Basic. */
  canLogOut: boolean;
}

/** A VM is addressed by its host and UUID: names are not unique. */
export function vmKey(vm: { host: string; uuid: string }): string {
  return `${vm.host}/${vm.uuid}`;
}
