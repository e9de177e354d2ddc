// SPDX-License-Identifier: Apache-2.0
// What the next step of an ended migration does in the console.

import { href, vmHref } from '../app/router.ts';
import { router, store } from '../app/context.ts';
import { migrate } from './dialog.ts';
import type { Migration } from '../model/types.ts';
import type { NextStep } from './words.ts';

export function follow({ detail }: CustomEvent<NextStep & { migration: Migration }>): void {
  const { action, host, migration } = detail;
  const vm = vmOf(migration);
  if (action === 'show-host') router.navigate(href(`hosts${host === undefined ? '' : `?q=${encodeURIComponent(host)}`}`));
  else if (vm === undefined) router.navigate(href('vms'));
  else if (action === 'show-vm') router.navigate(vmHref(vm));
  else void migrate(vm, migration.destination);
}

/** The VM where it is now; two hosts may have a copy. */
export function vmOf(migration: Migration) {
  const places = [...store.vms.values()].filter((vm) => (migration.uuid === undefined ? vm.name === migration.vm : vm.uuid === migration.uuid)
    && (vm.host === migration.source || vm.host === migration.destination));
  return places.find((vm) => vm.state === 'running') ?? places[0];
}
