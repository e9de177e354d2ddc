// SPDX-License-Identifier: Apache-2.0
// <understudy-timeline>: one migration while it runs and after its end.

import { css, html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { Client } from '../embed/client.ts';
import { findingsList, findingText, problem } from '../embed/parts.ts';
import { base } from '../embed/styles.ts';
import { full, duration } from '../model/time.ts';
import type { Migration, StepReport } from '../model/types.ts';
import { band } from './band.ts';
import { bandStyles, bandView } from './band-view.ts';
import { copy, factText, figures, type Copy } from './figures.ts';
import { cancelText, cause, isRunning, nextStep, outcomeText, place, title } from './words.ts';

/** Fired when the user selects the next step; `detail` is a {@link NextStep} with the migration. */
export const NEXT_STEP = 'understudy-next-step';

/** The duration of a running step grows between two updates. */
const TICK_MS = 200;

export class UnderstudyTimeline extends LitElement {
  static override readonly styles = [base, bandStyles, css`
    :host { display: grid; gap: 1rem; container-type: inline-size; }
    .outcome { font-weight: 600; }
    .ended { display: grid; gap: .6rem; }
    .ended button { justify-self: start; }
    .figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr)); gap: .8rem 1.5rem; }
    .figures dt { color: var(--us-quiet); }
    .figures dd { margin: 0; overflow-wrap: anywhere; }
    .value { font-size: 1.4rem; font-weight: 600; font-variant-numeric: tabular-nums; }
    .value.absent { font-size: 1rem; font-weight: 400; }
    .steps { display: grid; gap: .15rem; }
    .steps summary, .line { display: grid; grid-template-columns: 1.6rem minmax(8rem, 14rem) 5.5rem 5.5rem minmax(0, 1fr); gap: .6rem; align-items: baseline; padding: .15rem 0; }
    .steps summary { cursor: pointer; }
    .mark { text-align: center; font-weight: 600; border-radius: 99px; border: 1px solid var(--us-line); }
    .running .mark { background: var(--us-accent); color: var(--us-on-accent); border-color: var(--us-accent); }
    .done .mark { border-color: var(--us-good); color: var(--us-good); }
    .failed .mark { border-color: var(--us-bad); color: var(--us-bad); }
    .running .title { font-weight: 600; }
    .time { text-align: end; font-variant-numeric: tabular-nums; }
    .gist { color: var(--us-quiet); font-size: .875rem; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
    details[open] .gist { visibility: hidden; }
    .facts { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .1rem .8rem; font-size: .875rem; padding: .2rem 0 .5rem 2.2rem; }
    .facts dt { color: var(--us-quiet); }
    .facts dd { margin: 0; overflow-wrap: anywhere; }
    .copy { display: grid; gap: .4rem; padding-left: 2.2rem; }
    progress { width: 100%; height: .8rem; accent-color: var(--us-accent); }
    .copy dl { display: flex; flex-wrap: wrap; gap: .2rem 1.5rem; }
    .copy dl div { display: flex; gap: .4rem; }
    .copy dt { color: var(--us-quiet); }
    .copy dd { margin: 0; font-variant-numeric: tabular-nums; }
    .cancel { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; }
    table { border-collapse: collapse; font-size: .875rem; }
    th, td { text-align: start; padding: .1rem 1rem .1rem 0; font-weight: 400; font-variant-numeric: tabular-nums; }
    thead { color: var(--us-quiet); }
    @container (max-width: 34rem) {
      .steps summary, .line { grid-template-columns: 1.6rem minmax(0, 1fr) max-content; }
      .gist, .state { display: none; }
      .facts { grid-template-columns: minmax(0, 1fr); padding-left: 0; }
      .copy { padding-left: 0; }
    }
  `];

  @property({ attribute: false }) client: Client | undefined;
  @property({ attribute: false }) migration: Migration | undefined;
  /** Why the user may not cancel it, such as a missing role or a lost connection. */
  @property() locked = '';
  @state() private error: unknown;
  @state() private cancelling = false;
  @state() private asking = false;
  @state() private status = '';
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  private received = 0;
  private timer: ReturnType<typeof setInterval> | undefined;

  protected override willUpdate(changes: PropertyValues<this>): void {
    const before = changes.get('migration');
    if (!changes.has('migration') || before?.revision === this.migration?.revision && before?.id === this.migration?.id) return;
    this.received = performance.now();
    if (before?.id !== this.migration?.id) this.cancelling = false;
    this.status = this.migration === undefined ? '' : statusText(this.migration);
  }

  protected override updated(): void {
    const ticks = this.isConnected && this.migration !== undefined && isRunning(this.migration) && this.locked === '';
    if (ticks) this.timer ??= setInterval(() => { this.requestUpdate(); }, TICK_MS);
    else this.stop();
    if (this.dialog?.open && this.migration !== undefined && !isRunning(this.migration)) this.dialog.close();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
  }

  private stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  protected override render(): TemplateResult | typeof nothing {
    const { migration } = this;
    if (migration === undefined) return nothing;
    const running = isRunning(migration);
    const since = running && this.timer !== undefined ? performance.now() - this.received : 0;
    const [first, ...others] = migration.findings;
    const rest = cause(migration) === undefined && first !== undefined ? [first, ...others] : others;
    return html`
      <p role="status" class="visually-hidden">${this.status}</p>
      ${running ? this.cancelBar(migration) : this.end(migration)}
      ${bandView(band(migration, since), migration.primaries.includes('emulated'))}
      ${running ? nothing : this.figures(migration)}
      <ol class="steps" role="list" aria-label="Steps">${migration.steps.map((report, at) => this.step(migration, report, at, since))}</ol>
      ${running ? this.figures(migration) : nothing}
      ${findingsList(running ? migration.findings : rest)}
      ${this.question(migration)}`;
  }

  /** The cause first and whole, where the VM is, and one next step. */
  private end(migration: Migration): TemplateResult {
    const reason = cause(migration);
    const next = nextStep(migration);
    return html`<div class="ended">
      <p><span class="outcome">${outcomeText(migration)}</span>${migration.ended === undefined ? nothing : html`
        <span class="quiet small">${full(new Date(migration.ended))}, after ${duration(Date.parse(migration.ended) - Date.parse(migration.started))}</span>`}</p>
      ${reason === undefined ? nothing : html`<div class="finding ${reason.severity}">${findingText(reason)}</div>`}
      <p>${place(migration)}</p>
      ${next === undefined ? nothing : html`<button type="button" class="main" @click=${() => {
        this.dispatchEvent(new CustomEvent(NEXT_STEP, { detail: { ...next, migration }, bubbles: true, composed: true }));
      }}>${next.label}</button>`}
    </div>`;
  }

  private cancelBar(migration: Migration): TemplateResult {
    const cancel = cancelText(migration);
    const reason = this.locked || (this.cancelling ? 'Cancel requested: the migration is being rolled back.' : cancel.text);
    const disabled = this.locked !== '' || this.cancelling || !cancel.possible;
    return html`<div class="cancel">
      <button type="button" aria-disabled=${String(disabled)} aria-describedby="cancel-text"
        @click=${() => { if (!disabled) void this.ask(); }}>Cancel migration …</button>
      <span id="cancel-text" class="small quiet">${disabled ? reason : `If you cancel: ${reason}`}</span>
      ${this.error === undefined ? nothing : problem(this.error)}
    </div>`;
  }

  private question(migration: Migration): TemplateResult {
    const cancel = cancelText(migration);
    return html`<dialog aria-labelledby="title" @close=${() => { this.asking = false; }}>${this.asking ? html`<div>
      <h2 id="title">Cancel migration of ${migration.vm}</h2>
      <p role="status">${cancel.text}</p>
      <footer>
        <button type="button" @click=${() => { this.dialog.close(); }}>Continue migration</button>
        <button type="button" class="danger" aria-disabled=${String(!cancel.possible)}
          @click=${() => { if (cancel.possible) void this.cancel(migration); }}>Cancel migration</button>
      </footer>
    </div>` : nothing}</dialog>`;
  }

  private async ask(): Promise<void> {
    this.asking = true;
    await this.updateComplete;
    this.dialog.showModal();
  }

  private async cancel(migration: Migration): Promise<void> {
    this.dialog.close();
    this.cancelling = true;
    this.error = undefined;
    try {
      await this.client!.call('DELETE', `migrations/${encodeURIComponent(migration.id)}`);
    } catch (error) {
      this.cancelling = false;
      this.error = error;
    }
  }

  private step(migration: Migration, report: StepReport, at: number, since: number): TemplateResult {
    const facts = Object.entries(report.facts).map(factText);
    const time = report.durationMs === undefined ? '' : duration(report.durationMs + (report.state === 'running' ? since : 0));
    const progress = report.step === 'copy' ? copy(migration) : undefined;
    const line = html`<span class="mark" aria-hidden="true">${at + 1}</span><span class="title">${title(report.step)}</span>
      <span class="state quiet small">${report.state}</span><span class="time">${time}</span>
      <span class="gist" aria-hidden="true">${facts.map(([name, value]) => `${name}: ${value}`).join(' · ')}</span>`;
    return html`<li class=${report.state} aria-current=${report.state === 'running' ? 'step' : nothing}>
      ${facts.length === 0 ? html`<div class="line">${line}</div>` : html`<details><summary>${line}</summary>
        <dl class="facts">${facts.map(([name, value]) => html`<dt>${name}</dt><dd>${value}</dd>`)}</dl></details>`}
      ${progress === undefined ? nothing : copyView(progress)}
    </li>`;
  }

  private figures(migration: Migration): TemplateResult {
    const gap = migration.networkGap;
    return html`<dl class="figures">${figures(migration).map((one) => html`<div><dt>${one.name}</dt>
      <dd><span class="value ${one.absent ? 'absent' : ''}">${one.value}</span><br><span class="small quiet">${one.note}</span></dd></div>`)}</dl>
      ${gap.kind !== 'measured' || gap.paths.length === 0 ? nothing : html`<table>
        <caption class="visually-hidden">Packets of each path</caption>
        <thead><tr><th scope="col">Path</th><th scope="col">Packets</th><th scope="col">Longest gap before a packet</th></tr></thead>
        <tbody>${gap.paths.map((path) => html`<tr><th scope="row">${path.path}</th><td>${path.received}</td>
          <td>${path.received < 2 ? 'not measured' : duration(path.longestGapMs)}</td></tr>`)}</tbody></table>`}`;
  }
}

function copyView(one: Copy): TemplateResult {
  const rows: [string, string | undefined][] = [
    ['Memory', one.total], ['Remaining', one.remaining], ['Rate', one.rate], ['Written by guest', one.dirtyRate], ['Time left', one.left]];
  return html`<div class="copy">
    <progress max="100" .value=${one.percent} aria-label="Memory copied"></progress>
    <dl><div><dt>Copied</dt><dd>${one.percent} %</dd></div>${rows.map(([name, value]) => html`
      <div><dt>${name}</dt><dd>${value ?? html`<span class="quiet">not known yet</span>`}</dd></div>`)}</dl>
  </div>`;
}

function statusText(migration: Migration): string {
  if (!isRunning(migration)) return `${outcomeText(migration)}. ${place(migration)}`;
  const at = migration.steps.findIndex((report) => report.state === 'running');
  return at < 0 ? '' : `Step ${at + 1} of 7: ${title(migration.steps[at]!.step)}`;
}
