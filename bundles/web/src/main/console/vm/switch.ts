// SPDX-License-Identifier: Apache-2.0
// <understudy-switch>: switches the failover pair of one NIC on or off, and shows before what will happen.

import { css, html, LitElement, nothing, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { Client, Tagged } from '../embed/client.ts';
import { ApiError, vmPath } from '../model/rest.ts';
import { findingText, problem } from '../embed/parts.ts';
import { base } from '../embed/styles.ts';
import type { Finding, Nic, Pool, Vm } from '../model/types.ts';
import { changeView } from './diff-view.ts';
import { canChange, consequence, done, isAnswerable, nicName, pairOf, position, questionsAfter, riskOf, selector, stateText,
  type Consequence, type PairChange, type PairRequest, type PlannedChange } from './switch-state.ts';

/** Fired when a pair was changed; `detail` is the change. */
export const CHANGED = 'understudy-changed';

export class UnderstudySwitch extends LitElement {
  static override readonly styles = [base, css`
    .row { display: flex; flex-wrap: wrap; align-items: center; gap: .3rem .8rem; }
    .toggle { display: inline-flex; align-items: center; gap: .6rem; border: 0; background: none; padding: .2rem; font-weight: 600; text-align: start; }
    .track { flex: none; width: 2.6rem; height: 1.4rem; border-radius: 99px; border: 2px solid var(--us-quiet); position: relative; }
    .track::after {
      content: ''; position: absolute; top: .15rem; left: .15rem; width: .85rem; height: .85rem; border-radius: 50%;
      background: var(--us-quiet); transition: left .15s;
    }
    .on .track { background: var(--us-accent); border-color: var(--us-accent); }
    .on .track::after { left: 1.35rem; background: var(--us-on-accent); }
    .mixed .track { border-style: dashed; border-color: var(--us-warn); }
    .mixed .track::after { left: .75rem; background: var(--us-warn); }
    .pending { border-left: 4px solid var(--us-warn); padding-left: .6rem; display: flex; flex-wrap: wrap; gap: .3rem .8rem; align-items: center; }
    label { display: flex; gap: .6rem; align-items: baseline; }
  `];

  @property({ attribute: false }) client: Client | undefined;
  @property({ attribute: false }) vm: Vm | undefined;
  @property({ attribute: false }) nic: Nic | undefined;
  /** Whether a migration of the VM runs. */
  @property({ type: Boolean }) moving = false;
  /** Why the user may not press it, such as a missing role or a lost connection. */
  @property() locked = '';

  /** The dry run of a press; empty while it is not known. */
  @state() private preview: Tagged<PlannedChange> | undefined;
  @state() private foreseeing = false;
  @state() private questions: Finding[] = [];
  @state() private pools: Pool[] = [];
  @state() private error: unknown;
  @state() private busy = false;
  @state() private message = '';
  /** The consents of the admin. */
  @state() private accepted: readonly string[] = [];
  @state() private asking = false;
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  @state() private pool = '';
  private previewKey = '';
  /** Ends with the dry run. */
  private foreseen: Promise<void> = Promise.resolve();
  private pressing = false;

  protected override updated(): void {
    if (this.definitionKey() !== this.previewKey) this.foreseen = this.foresee();
  }

  /** What the dry run depends on. */
  private definitionKey(): string {
    return JSON.stringify([this.client !== undefined, this.vm?.uuid, this.vm?.host, this.vm?.state, this.vm?.nics, this.nic?.index,
      this.locked, this.pool, this.accepted]);
  }

  /** The dry run, so that the consequence and the change of the definition are shown before a press. */
  private async foresee(): Promise<void> {
    const { vm, nic, client } = this;
    const key = this.definitionKey();
    this.previewKey = key;
    this.preview = undefined;
    this.foreseeing = false;
    if (vm === undefined || nic === undefined || client === undefined || this.locked !== '' || !canChange(vm, nic)) return;
    this.foreseeing = true;
    try {
      const preview = nic.role === 'standby'
        ? await client.tagged<PlannedChange>('DELETE', this.path(vm, nic, '&dry-run'))
        : await client.tagged<PlannedChange>('POST', this.path(vm, nic, '&dry-run'), this.request());
      if (this.previewKey === key) {
        this.preview = preview;
        if (this.asking) this.questions = questionsAfter(this.questions, preview.value.findings);
      }
    } catch {
      // The same call without dry run reports the cause when the switch is pressed.
    }
    if (this.previewKey === key) this.foreseeing = false;
  }

  /** Of the call that switches the pair. */
  private path(vm: Vm, nic: Nic, query = ''): string {
    return vmPath(vm, nic.role === 'standby' ? `pairs/${encodeURIComponent(selector(nic))}` : 'pairs', query);
  }

  private request(): PairRequest {
    const pool = this.pool || (this.vm && this.nic ? pairOf(this.vm, this.nic)?.pool : undefined);
    return {
      nic: selector(this.nic!),
      ...(pool === undefined ? {} : { pool }),
      ...(this.accepted.length > 0 ? { consents: [...this.accepted] } : {}),
    };
  }

  protected override render(): TemplateResult | typeof nothing {
    const { vm, nic } = this;
    if (vm === undefined || nic === undefined) return nothing;
    const now = position(vm, nic);
    const next = this.consequence(vm, nic);
    const pressed = now === 'on' ? 'true' : now === 'off' ? 'false' : 'mixed';
    const pending = now === 'pending-on' || now === 'pending-off';
    return html`
      <div class="row">
        <button type="button" class="toggle ${pressed === 'true' ? 'on' : pressed}" aria-pressed=${pressed}
          aria-disabled=${String(!next.possible || this.busy)} aria-describedby="consequence"
          aria-label="Failover pair of ${nicName(nic)} of ${vm.name}: ${stateText(vm, nic)}" @click=${() => { void this.press(); }}>
          <span class="track" aria-hidden="true"></span><span>${stateText(vm, nic)}</span>
        </button>
      </div>
      ${pending ? html`<div class="pending"><span>Pending change: ${now === 'pending-on'
        ? 'the VM gets the pair when it is shut down and started again.'
        : 'the VM loses the pair when it is shut down and started again.'}</span>
        <button type="button" aria-disabled=${String(!next.possible || this.busy)} @click=${() => { void this.press(); }}>Revert pending change</button></div>` : nothing}
      <p id="consequence" class="small quiet">${next.possible ? `If you press: ${next.text}` : next.text}</p>
      <p role="status" class="small">${this.busy ? 'Changing …' : this.message}</p>
      ${this.error === undefined ? nothing : problem(this.error)}
      ${next.possible && !this.asking ? changeView(this.preview?.value, this.foreseeing) : nothing}
      ${this.question(vm, nic, next)}`;
  }

  private consequence(vm: Vm, nic: Nic): Consequence {
    return this.locked === '' ? consequence(vm, nic, this.moving, this.preview?.value) : { text: this.locked, possible: false, asks: false };
  }

  private question(vm: Vm, nic: Nic, next: Consequence): TemplateResult {
    const off = nic.role === 'standby';
    const risks = this.questions.flatMap((one) => riskOf(one) ?? []);
    const missing = risks.find((one) => !this.accepted.includes(one.consent))?.missing;
    const refused = missing !== undefined ? missing
      : this.foreseeing ? 'Checking …'
      : next.possible ? '' : next.text;
    return html`<dialog aria-labelledby="title" @close=${() => { this.reset(); }}>
      ${this.asking ? html`<div>
        <h2 id="title">Failover ${off ? 'off' : 'on'}: ${vm.name}, ${nicName(nic)}</h2>
        <p>${next.text}</p>
        <ul class="findings">${this.questions.map((one) => html`<li class="finding warning">${findingText(one)}</li>`)}</ul>
        ${risks.map(({ consent, text }) => html`<label><input type="checkbox" .checked=${this.accepted.includes(consent)}
          @change=${(e: Event) => { this.answer(consent, (e.target as HTMLInputElement).checked); }}>
          <span>${text}</span></label>`)}
        ${this.pools.length > 0 ? html`<div><label for="pool">Take the primary from pool</label>
          <select id="pool" @change=${(e: Event) => { this.pool = (e.target as HTMLSelectElement).value; }}>
            ${this.pools.map((one) => html`<option value=${one.name}>${one.name}${one.kind === 'emulated' ? ' (emulated)' : ''}</option>`)}
          </select></div>` : nothing}
        ${changeView(this.preview?.value, this.foreseeing, true)}
        <p role="status" class="small">${refused}</p>
        <footer>
          <button type="button" @click=${() => { this.dialog.close(); }}>Cancel</button>
          <button type="button" class=${off ? 'danger' : 'main'} aria-disabled=${String(refused !== '')}
            @click=${() => { if (refused === '') void this.confirm(); }}>${off ? confirmOff(next) : 'Switch failover on'}</button>
        </footer>
      </div>` : nothing}
    </dialog>`;
  }

  private answer(consent: string, on: boolean): void {
    this.accepted = [...this.accepted.filter((one) => one !== consent), ...(on ? [consent] : [])];
  }

  /** A press before the end of the dry run waits for it. */
  private async press(): Promise<void> {
    if (this.pressing) return;
    this.pressing = true;
    await this.foreseen;
    if (this.vm !== undefined && this.nic !== undefined) await this.act(this.consequence(this.vm, this.nic));
    this.pressing = false;
  }

  private async act(next: Consequence): Promise<void> {
    if (!next.possible || this.busy) return;
    this.error = undefined;
    this.message = '';
    this.questions = questionsAfter([], this.preview?.value.findings ?? []);
    if (next.asks || this.questions.length > 0) {
      await this.ask();
    } else {
      await this.change();
    }
  }

  private async ask(): Promise<void> {
    this.pools = this.questions.some((one) => one.code === 'pool-unknown')
      ? await this.client!.call<Pool[]>('GET', 'pools').catch(() => [])
      : [];
    this.pool = this.pools[0]?.name ?? '';
    this.asking = true;
    await this.updateComplete;
    this.dialog.showModal();
  }

  /** The answers were for one press. */
  private reset(): void {
    this.asking = false;
    this.accepted = [];
    this.pool = '';
  }

  private async confirm(): Promise<void> {
    const change = this.change();
    this.dialog.close();
    await change;
  }

  private async change(): Promise<void> {
    const { vm, nic, client } = this;
    if (vm === undefined || nic === undefined || client === undefined) return;
    const on = nic.role !== 'standby';
    // Only to the definition whose change was shown.
    const tag = this.preview?.tag;
    const request = this.request();
    this.busy = true;
    try {
      const change = on
        ? await client.call<PairChange>('POST', this.path(vm, nic), request, tag)
        : await client.call<PairChange>('DELETE', this.path(vm, nic), undefined, tag);
      this.message = done(on, nicName(nic), change);
      this.dispatchEvent(new CustomEvent(CHANGED, { detail: change, bubbles: true, composed: true }));
    } catch (error) {
      await this.refused(error);
    } finally {
      this.busy = false;
    }
  }

  /** The dry run was not possible, or the state has changed since: ask what the server needs now. */
  private async refused(error: unknown): Promise<void> {
    const blocking = error instanceof ApiError ? error.findings.filter((one) => one.severity === 'error') : [];
    const questions = questionsAfter(this.questions, blocking);
    if (blocking.every(isAnswerable) && questions.length > this.questions.length) {
      this.questions = questions;
      await this.ask();
    } else {
      this.error = error;
      if (error instanceof ApiError && error.status === 412) this.foreseen = this.foresee();
    }
  }
}

function confirmOff(next: Consequence): string {
  if (next.text.startsWith('Unplugs')) return 'Unplug primary';
  return 'Remove pair';
}
