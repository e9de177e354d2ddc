// SPDX-License-Identifier: Apache-2.0
// The Migrate dialog: destinations with the result of their preflight, warnings to accept, and options.

import { html, nothing, type TemplateResult } from 'lit';
import { router, store } from '../app/context.ts';
import { migrationHref } from '../app/router.ts';
import { ApiError, call, vmPath } from '../model/rest.ts';
import type { Finding, Host, Migration, PoolShare, Vm } from '../model/types.ts';
import { announce } from '../parts/announce.ts';
import { ask, attempt, showMessage } from '../parts/dialog.ts';
import { findingList, sorted } from '../parts/findings.ts';
import { button } from '../parts/buttons.ts';
import { label, type Tone } from '../parts/labels.ts';
import { NO_OPTIONS, optionsProblem, request, type OptionFields } from './options.ts';
import { candidates, canStart, type Check, type Destination, isBlocked, lacksOnlyVf, ranked, type Verdict } from './ranking.ts';

/** Preflights at the same time; each asks two hosts. */
const AT_ONCE = 4;
/** Hosts that are checked without a request of the user; the others have a button. */
const CHECKED_FIRST = 12;
/** Destinations that are shown; a search finds the others. */
const SHOWN = 20;

const VERDICTS: Record<Verdict, [string, Tone]> = {
  ready: ['ready', 'good'], warnings: ['with warnings', 'warning'], standby: ['on standby', 'warning'], unchecked: ['not checked', 'plain'],
  checking: ['checking', 'busy'], unknown: ['check failed', 'bad'], refused: ['not possible', 'bad'], unavailable: ['unavailable', 'bad'],
};

/** Asks for a destination and starts a migration, whose page is shown then. */
export async function migrate(vm: Vm, preferred?: string): Promise<void> {
  const form = new MigrateForm(vm, preferred);
  if (form.hosts().length === 0) {
    await showMessage(`Migrate ${vm.name}`, html`<p>The configuration has no other host than ${vm.host}.</p>`);
    return;
  }
  const confirmed = await ask({
    title: `Migrate ${vm.name} from ${vm.host}`,
    verb: 'Migrate VM',
    wide: true,
    refusal: () => form.refusal(),
    content: (update) => form.render(update),
  });
  form.close();
  if (!confirmed) return;
  await attempt(`Migration of ${vm.name} not started`, async () => {
    const started = await call<Migration>('POST', 'migrations', { body: form.request() });
    announce(`Migrating ${vm.name} to ${started.destination}`);
    router.navigate(migrationHref(started.id));
  });
}

class MigrateForm {
  private readonly checks = new Map<string, Check>();
  private readonly queue: string[] = [];
  private running = 0;
  private readonly accepted = new Set<string>();
  private chosen: string | undefined;
  private text = '';
  private options: OptionFields = { ...NO_OPTIONS };
  private update: () => void = () => {};
  private readonly stop = new AbortController();
  private begun = false;

  constructor(private readonly vm: Vm, private readonly preferred: string | undefined) {}

  hosts(): Host[] {
    return [...store.hosts.values()].filter((host) => host.name !== this.vm.host);
  }

  private shares(): PoolShare[] {
    return [...store.shares.values()];
  }

  close(): void {
    this.stop.abort();
  }

  request(): Record<string, unknown> {
    const one = this.selected();
    return request(`${this.vm.host}/${this.vm.uuid}`, one?.host ?? '', this.options, one?.verdict === 'standby');
  }

  private begin(): void {
    if (this.begun) return;
    this.begun = true;
    const first = candidates(this.vm, this.hosts(), this.shares(), CHECKED_FIRST).map((host) => host.name);
    if (this.preferred !== undefined && store.hosts.get(this.preferred)?.available && !first.includes(this.preferred)) first.unshift(this.preferred);
    first.forEach((host) => { this.check(host); });
  }

  private check(host: string): void {
    this.checks.set(host, {});
    this.queue.push(host);
    this.next();
  }

  private next(): void {
    while (this.running < AT_ONCE && this.queue.length > 0) {
      const host = this.queue.shift()!;
      this.running++;
      void this.preflight(host).then((check) => {
        this.checks.set(host, check);
        this.running--;
        this.next();
        this.update();
      });
    }
  }

  private async preflight(host: string): Promise<Check> {
    const read = (query: string) => call<Finding[]>('GET',
      vmPath(this.vm, 'preflight', `&destination=${encodeURIComponent(host)}${query}`), { signal: this.stop.signal });
    try {
      const findings = await read('');
      return lacksOnlyVf(findings) ? { findings, onStandby: await read('&acceptStandby') } : { findings };
    } catch (error) {
      // A server that answers a refusal with its findings.
      if (error instanceof ApiError && error.status === 422 && error.findings.length > 0) return { findings: error.findings };
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  private destinations(): Destination[] {
    return ranked(this.vm, this.hosts(), this.shares(), this.checks);
  }

  /** Until the user selects one, the preferred or the best destination. */
  private selected(): Destination | undefined {
    const all = this.destinations();
    return all.find((one) => one.host === (this.chosen ?? this.preferred)) ?? all.find(canStart);
  }

  private warnings(): Finding[] {
    return this.selected()?.findings.filter((one) => one.severity === 'warning') ?? [];
  }

  refusal(): string | undefined {
    const one = this.selected();
    const lost = store.refusal('operator');
    if (lost !== undefined) return lost;
    if (one === undefined) return this.running > 0 ? 'The hosts are being checked.' : 'No host can receive the VM.';
    if (!canStart(one)) return one.verdict === 'checking' ? `Host ${one.host} is being checked.` : `${one.host}: ${one.reason}`;
    if (this.warnings().some((warning) => !this.accepted.has(key(one, warning)))) return 'Accept each warning first.';
    if (one.verdict === 'standby' && !this.accepted.has(`${one.host}\nstandby`)) return 'Accept the arrival without a VF first.';
    return optionsProblem(this.options);
  }

  render(update: () => void): TemplateResult {
    this.update = update;
    this.begin();
    const all = this.destinations().filter((one) => one.host.toLowerCase().includes(this.text.toLowerCase()));
    const chosen = this.selected();
    return html`
      ${this.hosts().length > CHECKED_FIRST ? html`<label class="us-field us-field--search"><span class="us-field__name">Search hosts</span>
        <span class="pf-v6-c-form-control"><input type="search" autocomplete="off" .value=${this.text}
          @input=${(event: Event) => { this.text = (event.target as HTMLInputElement).value; update(); }}></span></label>` : nothing}
      <fieldset class="us-destinations">
        <legend>Destination, the best first</legend>
        ${all.slice(0, SHOWN).map((one) => this.row(one, one.host === chosen?.host))}
        ${all.length > SHOWN ? html`<p class="us-quiet">${all.length - SHOWN} more hosts; search to find one.</p>` : nothing}
      </fieldset>
      ${chosen === undefined ? nothing : this.details(chosen)}
      ${this.optionFields()}
      <p role="status" class="us-quiet">${this.refusal() ?? ''}</p>`;
  }

  private row(one: Destination, checked: boolean): TemplateResult {
    const [text, tone] = VERDICTS[one.verdict];
    return html`<div class="us-destination">
      <label><input type="radio" name="destination" value=${one.host} .checked=${checked} ?disabled=${one.verdict === 'unavailable'}
        @change=${() => { this.chosen = one.host; this.accepted.clear(); this.update(); }}>
        <strong>${one.host}</strong> ${label(text, tone)} <span class="us-quiet">${one.reason}</span></label>
      ${one.verdict === 'unchecked' || one.verdict === 'unknown'
        ? button('Check', () => { this.check(one.host); this.update(); }, { small: true, name: `Check ${one.host}` })
        : nothing}
    </div>`;
  }

  private details(one: Destination): TemplateResult {
    const blocked = one.findings.filter((finding) => finding.severity === 'error');
    const notices = one.findings.filter((finding) => finding.severity === 'notice');
    return html`<section class="us-flow" aria-label="Findings for ${one.host}">
      ${isBlocked(one.findings) ? html`<p>VM ${this.vm.name} cannot be migrated to ${one.host}:</p>${findingList(blocked)}` : nothing}
      ${one.verdict === 'standby' ? this.consent(`${one.host}\nstandby`,
        'Migrate without a VF. The VM arrives on its standby NIC, and gets a VF on the destination as soon as one is free.') : nothing}
      ${this.warnings().map((warning) => this.consent(key(one, warning), warning.message, warning.remedy))}
      ${findingList(sorted(notices))}
    </section>`;
  }

  private consent(id: string, text: string, remedy = ''): TemplateResult {
    return html`<label class="us-consent"><input type="checkbox" .checked=${this.accepted.has(id)} @change=${(event: Event) => {
      if ((event.target as HTMLInputElement).checked) this.accepted.add(id);
      else this.accepted.delete(id);
      this.update();
    }}><span>${label('warning', 'warning', { glyph: 'warning' })} Accept: ${text}${remedy === '' ? nothing : html`<br>
      <span class="us-quiet">${remedy}</span>`}</span></label>`;
  }

  private optionFields(): TemplateResult {
    const number = (name: string, field: 'bandwidthMibS' | 'downtimeLimitMs' | 'multifdChannels', none: string) => html`
      <label class="us-field"><span class="us-field__name">${name}</span><span class="pf-v6-c-form-control"><input type="text" inputmode="decimal"
        autocomplete="off" placeholder=${none} .value=${this.options[field]} @input=${(event: Event) => {
          this.options[field] = (event.target as HTMLInputElement).value.trim();
          this.update();
        }}></span></label>`;
    const flag = (text: string, field: 'autoConverge' | 'tls') => html`<label class="us-consent"><input type="checkbox"
      .checked=${this.options[field]} @change=${(event: Event) => {
        this.options[field] = (event.target as HTMLInputElement).checked;
      }}><span>${text}</span></label>`;
    const problem = optionsProblem(this.options);
    return html`<details class="us-fold"><summary>Options</summary><div class="us-fold__body us-flow">
      <fieldset class="us-destinations"><legend>Strategy</legend>${STRATEGIES.map(([value, name, text]) => html`
        <label><input type="radio" name="strategy" .checked=${this.options.strategy === value}
          @change=${() => { this.options.strategy = value; }}> ${name} <span class="us-quiet">${text}</span></label>`)}</fieldset>
      <div class="us-toolbar">
        ${number('Bandwidth limit in MiB/s', 'bandwidthMibS', 'limit of QEMU')}
        ${number('Downtime limit in ms', 'downtimeLimitMs', '300')}
        ${number('Memory streams', 'multifdChannels', 'one')}
      </div>
      ${flag('Encrypt the migration (TLS); both hosts need certificates.', 'tls')}
      ${flag('Auto-converge: slow the guest down if it writes memory faster than it is sent.', 'autoConverge')}
      <p class="us-quiet">The check above does not include these options. The migration is refused if a host does not support them.</p>
      <p role="alert">${problem ?? ''}</p>
    </div></details>`;
  }
}

const STRATEGIES = [
  ['', 'As configured', ''],
  ['explicit', 'Explicit', 'unplug before the copy, plug after the arrival: the shortest downtime'],
  ['automatic', 'Automatic', 'QEMU unplugs and plugs; opening the VF is part of the downtime'],
] as const;

function key(one: Destination, warning: Finding): string {
  return `${one.host}\n${warning.code}\n${warning.subject}\n${warning.message}`;
}
