// SPDX-License-Identifier: Apache-2.0
// Which device carries the traffic of a pair or NIC now.

import type { Host, Nic, Pair, Pf, Vf, Vm } from '../model/types.ts';
import { pairOf } from './switch-state.ts';

export type Carrier = 'primary' | 'standby' | 'plain' | 'none' | 'unknown';

export interface Traffic {
  carrier: Carrier;
  /** The device, such as "VF 0000:03:10.1 of eno1" or "standby NIC ua-standby0". */
  device: string;
  /** Why it is that device, if that needs a reason. */
  reason: string;
}

export interface VfAndPf {
  vf: Vf;
  pf?: Pf;
}

/**
 * The VF that is leased for a pair on the host of the VM.
 *
 * @param host the host of the VM, which knows its PFs
 */
export function vfOf(vm: Vm, pair: Pair, vfs: Iterable<Vf & { host: string }>, host: Host | undefined): VfAndPf | undefined {
  for (const vf of vfs) {
    if (vf.host !== vm.host || vf.holder?.vm !== vm.name || vf.holder.primary !== pair.primary) continue;
    const pf = host?.pfs?.find((candidate) => candidate.address === vf.pf);
    return pf === undefined ? { vf } : { vf, pf };
  }
  return undefined;
}

export function trafficOf(vm: Vm, nic: Nic, found?: VfAndPf): Traffic {
  const pair = pairOf(vm, nic);
  if (vm.state === 'shutoff') return { carrier: 'none', device: 'none', reason: 'The VM is off.' };
  if (vm.state === 'incoming') return { carrier: 'none', device: 'none', reason: 'The VM is being received from another host.' };
  if (vm.state === 'unknown') return { carrier: 'unknown', device: 'unknown', reason: 'The host cannot determine the state of the VM.' };
  const traffic = pair === undefined ? plain(nic) : ofPair(nic, pair, found);
  return vm.state === 'paused' ? { ...traffic, carrier: 'none', reason: 'The VM is paused: it sends and receives nothing.' } : traffic;
}

function plain(nic: Nic): Traffic {
  return { carrier: 'plain', device: `${nic.model} NIC on ${nic.source}`, reason: 'The NIC has no failover pair.' };
}

function ofPair(nic: Nic, pair: Pair, found: VfAndPf | undefined): Traffic {
  const standby = `standby NIC ${pair.standby} on ${nic.source}`;
  switch (pair.health) {
    case 'active': return { carrier: 'primary', device: primaryDevice(pair, found), reason: '' };
    case 'unplugging': return { carrier: 'primary', device: primaryDevice(pair, found), reason: 'QEMU waits for the guest to release it.' };
    case 'hidden': return { carrier: 'standby', device: standby, reason: 'The guest has not negotiated standby.' };
    case 'partial': return { carrier: 'standby', device: standby, reason: 'The guest has not enabled the primary.' };
    case 'on-standby': return { carrier: 'standby', device: standby, reason: 'The primary is unplugged.' };
    case 'pending-restart': return nic.role === 'standby'
      ? { carrier: 'plain', device: `${nic.model} NIC on ${nic.source}`, reason: 'The pair is configured; the running VM does not have it yet.' }
      : leftover(pair, standby, found);
    default: return { carrier: 'unknown', device: 'unknown', reason: pair.details };
  }
}

/** The pair is no longer configured. Without a lease its VF is released; an emulated primary has none. */
function leftover(pair: Pair, standby: string, found: VfAndPf | undefined): Traffic {
  return pair.kind === 'vf' && found === undefined
    ? { carrier: 'standby', device: standby, reason: 'The pair is switched off; the VM has its standby NIC until a restart.' }
    : { carrier: 'unknown', device: 'unknown', reason: pair.details };
}

function primaryDevice(pair: Pair, found: VfAndPf | undefined): string {
  if (pair.kind === 'emulated') return `emulated primary ${pair.primary}`;
  return found === undefined ? `VF of ${pair.primary}` : `VF ${found.vf.address} of ${found.vf.pfName}`;
}
