// SPDX-License-Identifier: Apache-2.0
// What the switch of a failover pair shows, and what a press will do. No element, so that it is tested without a browser.

import type { Finding, Nic, Pair, Vm } from '../model/types.ts';

/** What a change of a pair did, or would do. */
export interface PairChange {
  changed: boolean;
  effect: 'none' | 'at-once' | 'at-next-start' | 'after-restart';
  findings: Finding[];
  definition: string;
}

/** The result of a dry run. */
export interface PlannedChange extends PairChange {
  /** The definition before the change. */
  before: string;
}

export interface PairRequest {
  nic: string;
  pool?: string;
  consents?: string[];
}

/** "on" only for a pair that carries traffic over its primary; "pending" while the configured and the live VM differ. */
export type Position = 'off' | 'on' | 'pending-on' | 'pending-off' | 'unproven';

export interface Consequence {
  /** One sentence: what a press does, or why it is not possible. */
  text: string;
  /** False if a press is not possible; `text` has the reason. */
  possible: boolean;
  /** Whether a press takes something away from a running VM, so that it is confirmed first. */
  asks: boolean;
}

/** The pair of a NIC: after a removal the NIC has its former alias again, but its MAC address stays. */
export function pairOf(vm: Vm, nic: Nic): Pair | undefined {
  return vm.pairs.find((pair) => pair.standby === nic.alias) ?? vm.pairs.find((pair) => pair.mac === nic.mac);
}

/** The NIC selector of a request. */
export function selector(nic: Nic): string {
  return nic.alias ?? nic.mac ?? String(nic.index);
}

export function nicName(nic: Nic): string {
  return nic.alias ?? `NIC ${nic.index}`;
}

export function position(vm: Vm, nic: Nic): Position {
  const pair = pairOf(vm, nic);
  if (nic.role !== 'standby') return pair === undefined ? 'off' : 'pending-off';
  if (pair === undefined) return 'unproven';
  if (pair.health === 'pending-restart') return 'pending-on';
  return pair.health === 'active' ? 'on' : 'unproven';
}

const UNPROVEN: Record<string, string> = {
  'off': 'configured, VM is off',
  'hidden': 'waits for the guest',
  'on-standby': 'on standby',
  'unplugging': 'guest releases the VF',
  'partial': 'VF not in use by the guest',
  'fault': 'broken',
};

/** The state in words, beside the switch. */
export function stateText(vm: Vm, nic: Nic): string {
  switch (position(vm, nic)) {
    case 'off': return 'Failover off';
    case 'on': return 'Failover on';
    case 'pending-on': return 'Failover on after a restart';
    case 'pending-off': return 'Failover off, the running VM still has the pair';
    default: return `Failover ${UNPROVEN[pairOf(vm, nic)?.health ?? 'hidden'] ?? 'not proven'}`;
  }
}

function impossible(text: string): Consequence {
  return { text, possible: false, asks: false };
}

/** Whether a dry run is worth a call: a press that is not possible for another reason needs none. */
export function canChange(vm: Vm, nic: Nic): boolean {
  return nic.role !== 'primary' && (nic.role === 'standby' || nic.model === 'virtio') && vm.state !== 'incoming' && vm.state !== 'unknown';
}

/**
 * What a press will do.
 *
 * @param preview the dry run of switching the pair on; undefined while it is not known
 */
export function consequence(vm: Vm, nic: Nic, moving: boolean, preview?: PairChange): Consequence {
  if (moving) return impossible('Not available: a migration of the VM is running.');
  if (nic.role === 'primary') return impossible('Not available: this NIC is the primary of a pair.');
  if (nic.role !== 'standby' && nic.model !== 'virtio') {
    return impossible(`Not available: the model is ${nic.model}; only a virtio NIC can be the standby of a pair.`);
  }
  if (vm.state === 'incoming' || vm.state === 'unknown') return impossible(`Not available: the VM is ${vm.state}.`);
  return nic.role === 'standby' ? turningOff(vm, pairOf(vm, nic)) : turningOn(vm, nic, preview);
}

function turningOff(vm: Vm, pair: Pair | undefined): Consequence {
  const vf = pair?.kind === 'emulated' ? 'emulated primary' : 'VF';
  if (vm.state === 'shutoff') {
    return { text: `Removes the ${vf} from the definition. Applies at the next start.`, possible: true, asks: false };
  }
  switch (pair?.health) {
    case 'pending-restart':
      return { text: 'Reverts the pending change. The running VM is unchanged.', possible: true, asks: false };
    case 'on-standby':
      return {
        text: `Removes the pair. The ${vf} is unplugged already, and traffic stays on the standby NIC.`, possible: true, asks: true };
    case 'unplugging':
      return impossible(`Not available: the guest is releasing the ${vf}.`);
    case 'hidden':
      return { text: `Unplugs the ${vf} now. The guest does not use it; traffic stays on the standby NIC.`, possible: true, asks: true };
    default:
      return {
        text: `Unplugs the ${vf} now${vf === 'VF' ? ' and releases it' : ''}; traffic moves to the standby NIC, which is slower.`,
        possible: true,
        asks: true,
      };
  }
}

function turningOn(vm: Vm, nic: Nic, preview: PairChange | undefined): Consequence {
  const errors = preview?.findings.filter((finding) => finding.severity === 'error') ?? [];
  const obstacle = errors.find((finding) => !isAnswerable(finding));
  if (obstacle !== undefined) return impossible(`Not available: ${obstacle.message}.`);
  return { text: [...errors.map(need), whenOn(vm, nic)].join(' '), possible: true, asks: false };
}

function whenOn(vm: Vm, nic: Nic): string {
  if (vm.state === 'shutoff') return 'Adds a VF to the definition. Applies at the next start.';
  return pairOf(vm, nic) === undefined
    ? 'Adds a VF to the definition. Applies after the VM is shut down and started again, or now if it still has the standby NIC of a former pair.'
    : 'Plugs a VF now; traffic moves from the standby NIC to the VF.';
}

/** A risk that the admin accepts. */
export interface Risk {
  /** As in a request. */
  consent: string;
  need: string;
  /** What is accepted. */
  text: string;
  /** While it is not accepted. */
  missing: string;
}

const POOL_UNKNOWN = 'pool-unknown';

/** By the code of the finding. */
const RISKS: Record<string, Risk> = {
  'machine-change-needs-consent': {
    consent: 'change-machine-type',
    need: 'Needs the q35 machine type.',
    text: 'Change the machine type. The guest may fail to boot on it, or may rename its devices.',
    missing: 'Accept the change of the machine type first.',
  },
  'filter-bypassed': {
    consent: 'bypass-filter',
    need: 'Bypasses the network filter of the NIC, which you accept.',
    text: 'Bypass the network filter. The host no longer drops what the filter forbids, such as packets with a forged IP address, '
      + 'while the traffic uses the primary.',
    missing: 'Accept that the primary bypasses the network filter first.',
  },
};

/** What the admin has to accept because of a finding. */
export function riskOf(finding: Finding): Risk | undefined {
  return RISKS[finding.code];
}

/** Findings that an answer of the admin resolves. */
export function isAnswerable(finding: Finding): boolean {
  return finding.code === POOL_UNKNOWN || riskOf(finding) !== undefined;
}

/** What is asked: an answer may lead to a dry run with further questions, and answered ones stay. */
export function questionsAfter(asked: readonly Finding[], findings: readonly Finding[]): Finding[] {
  const known = new Set(asked.map((one) => one.code));
  return [...asked, ...findings.filter((one) => one.severity === 'error' && isAnswerable(one) && !known.has(one.code))];
}

function need(finding: Finding): string {
  return finding.code === POOL_UNKNOWN ? 'Needs a VF pool, which you select.' : riskOf(finding)?.need ?? '';
}

/** What a change did, for the message after it. */
export function done(on: boolean, name: string, change: PairChange): string {
  const effects = {
    'none': on ? 'The VM had the pair already.' : 'The running VM is unchanged.',
    'at-once': on ? 'The primary is being plugged.' : 'The primary is being unplugged.',
    'at-next-start': 'It applies at the next start.',
    'after-restart': 'It applies after the VM is shut down and started again.',
  };
  return `Failover of ${name} is switched ${on ? 'on' : 'off'}. ${effects[change.effect]}`;
}
