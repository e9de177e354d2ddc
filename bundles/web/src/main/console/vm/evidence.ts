// SPDX-License-Identifier: Apache-2.0
// Whether the guest cooperates in a pair. Requested when opened, because the request may query the guest.

import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { call, vmPath } from '../model/rest.ts';
import type { Cooperation, Pair, Vm } from '../model/types.ts';
import { button } from '../parts/buttons.ts';
import { errorText } from '../parts/dialog.ts';
import { timestamp } from '../parts/time.ts';

type Answer = { state: 'reading' } | { state: 'read'; pairs: readonly Pair[] } | { state: 'failed'; error: unknown };

export class Evidence implements ReactiveController {
  private answer: Answer | undefined;

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostDisconnected(): void {
    this.answer = undefined;
  }

  render(vm: Vm, pair: Pair): TemplateResult {
    const opened = (event: Event) => {
      if ((event.target as HTMLDetailsElement).open && this.answer === undefined) void this.read(vm);
    };
    return html`<details class="us-fold" @toggle=${opened}><summary>Does the guest cooperate?</summary>
      <div class="us-fold__body us-flow" role="status">${this.content(pair)}
        ${this.answer === undefined || this.answer.state === 'reading' ? '' : button('Check guest again', () => this.read(vm), { small: true })}</div>
    </details>`;
  }

  private async read(vm: Vm): Promise<void> {
    this.answer = { state: 'reading' };
    this.host.requestUpdate();
    try {
      this.answer = { state: 'read', pairs: (await call<Vm>('GET', vmPath(vm, 'guest'))).pairs };
    } catch (error) {
      this.answer = { state: 'failed', error };
    }
    this.host.requestUpdate();
  }

  private content(pair: Pair): TemplateResult {
    switch (this.answer?.state) {
      case undefined:
      case 'reading': return html`<p>Checking …</p>`;
      case 'failed': return errorText(this.answer.error);
      case 'read': return cooperation(this.answer.pairs.find((one) => one.primary === pair.primary)?.guest);
    }
  }
}

function cooperation(guest: Cooperation | undefined): TemplateResult {
  if (guest === undefined) return html`<p>The VM is not running.</p>`;
  return html`<p><strong>${guest.answer === undefined ? 'Unknown.' : guest.answer ? 'Yes.' : 'No.'}</strong></p>
    <ul class="us-bullets">${guest.signs.map((sign) => html`<li>${sign.source}: ${sign.says} <span class="us-quiet">${timestamp(sign.at)}</span></li>`)}</ul>`;
}
