// SPDX-License-Identifier: Apache-2.0
// The settings of the VF of a pair: what the pair requires, and what the VF has.

import type { Vf, VfRequirement } from '../model/types.ts';

export interface Setting {
  name: string;
  /** Undefined if it is not known. */
  configured: string | undefined;
  /** Undefined if the host does not report it. */
  live: string | undefined;
  /** Whether both are known, and are not the same. */
  differs: boolean;
}

/**
 * @param required undefined until the server has evaluated it
 * @param vf undefined if none is leased
 */
export function vfSettings(required: VfRequirement | undefined, vf: Vf | undefined): Setting[] {
  return [
    setting('VLAN', required?.vlan, vf?.vlan, (vlan) => (vlan === 0 ? 'none' : String(vlan))),
    setting('Trust', required?.trust, vf?.trust, (trust) => (trust ? 'trusted' : 'not trusted')),
    setting('Spoof check', required?.spoofCheck, vf?.spoofCheck, (on) => (on ? 'on' : 'off')),
  ];
}

function setting<T>(name: string, configured: T | undefined, live: T | undefined, text: (value: T) => string): Setting {
  const shown = (value: T | undefined): string | undefined => (value === undefined ? undefined : text(value));
  return {
    name, configured: shown(configured), live: shown(live), differs: configured !== undefined && live !== undefined && configured !== live };
}
