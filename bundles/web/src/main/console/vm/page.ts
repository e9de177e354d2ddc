// SPDX-License-Identifier: Apache-2.0
// One VM.

import { html } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { store } from '../app/context.ts';
import { href } from '../app/router.ts';
import { PageElement } from '../parts/element.ts';
import { emptyState, loading, pageHead } from '../parts/head.ts';
import { vmState } from '../parts/labels.ts';

@customElement('understudy-vm-page')
export class VmPage extends PageElement {
  protected override readonly topics = ['vm', 'migration', 'connection', 'session'] as const;
  @property() uuid = '';
  /** Empty if the address does not name one. */
  @property() host: string | undefined;

  protected override render() {
    const vm = [...store.vms.values()].find((one) => one.uuid === this.uuid && (!this.host || one.host === this.host));
    const parent = { text: 'VMs', href: href('vms') };
    if (!vm) return html`${pageHead('VM', { parent })}${store.ready ? emptyState('VM not found') : loading('the VM')}`;
    return pageHead(vm.name, { parent, labels: vmState(vm.state) });
  }
}
