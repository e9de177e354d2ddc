// SPDX-License-Identifier: Apache-2.0
// The dry run of a press of the switch, so that its consequence and the change of the definition are shown before it.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Client, Tagged } from '../embed/client.ts';
import { vmPath } from '../model/rest.ts';
import type { Nic, Vm } from '../model/types.ts';
import { canChange, selector, type PairRequest, type PlannedChange } from './switch-state.ts';

/** What a press would do. */
export interface Press {
  client: Client;
  vm: Vm;
  nic: Nic;
  /** Of a call that makes a pair. */
  request: PairRequest;
}

/** The call that switches the pair of a NIC: on with a body, off without one. */
export function pairPath(vm: Vm, nic: Nic, query = ''): string {
  return vmPath(vm, nic.role === 'standby' ? `pairs/${encodeURIComponent(selector(nic))}` : 'pairs', query);
}

export class DryRun implements ReactiveController {
  /** Empty while it is not known. */
  planned: Tagged<PlannedChange> | undefined;
  running = false;
  /** Ends with the dry run. */
  ended: Promise<void> = Promise.resolve();
  private key = '';

  /**
   * @param press undefined if nothing can be pressed
   * @param arrived is called with each result
   */
  constructor(
    private readonly host: ReactiveControllerHost, private readonly press: () => Press | undefined,
    private readonly arrived: (planned: PlannedChange) => void,
  ) {
    host.addController(this);
  }

  hostUpdated(): void {
    if (keyOf(this.press()) !== this.key) this.begin();
  }

  begin(): void {
    this.ended = this.run();
  }

  private async run(): Promise<void> {
    const press = this.press();
    const key = keyOf(press);
    this.key = key;
    this.planned = undefined;
    this.running = press !== undefined && canChange(press.vm, press.nic);
    this.host.requestUpdate();
    if (press === undefined || !this.running) return;
    const planned = await call(press);
    // Not of a press that has changed since.
    if (this.key !== key) return;
    this.running = false;
    this.planned = planned;
    if (planned !== undefined) this.arrived(planned.value);
    this.host.requestUpdate();
  }
}

/** What the dry run depends on. */
function keyOf(press: Press | undefined): string {
  if (press === undefined) return '';
  const { vm, nic, request } = press;
  return JSON.stringify([vm.uuid, vm.host, vm.state, vm.nics, nic.index, request]);
}

async function call({ client, vm, nic, request }: Press): Promise<Tagged<PlannedChange> | undefined> {
  try {
    return nic.role === 'standby'
      ? await client.tagged<PlannedChange>('DELETE', pairPath(vm, nic, '&dry-run'))
      : await client.tagged<PlannedChange>('POST', pairPath(vm, nic, '&dry-run'), request);
  } catch {
    // The same call without dry run reports the cause when the switch is pressed.
    return undefined;
  }
}
