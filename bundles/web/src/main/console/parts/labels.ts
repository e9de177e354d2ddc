// SPDX-License-Identifier: Apache-2.0
// States as coloured labels. The text has the meaning, the colour repeats it.

import { html, nothing, type TemplateResult } from 'lit';
import type { Health, Severity, VfState, VmState } from '../model/types.ts';
import { icon, type IconName } from './icons.ts';

export type Tone = 'good' | 'warning' | 'bad' | 'busy' | 'odd' | 'plain';

const CLASSES: Record<Tone, string> = {
  good: 'pf-m-green',
  warning: 'pf-m-orange',
  bad: 'pf-m-red',
  busy: 'pf-m-blue',
  odd: 'pf-m-purple',
  plain: '',
};

export function label(text: string, tone: Tone = 'plain', { title, glyph }: { title?: string; glyph?: IconName } = {}): TemplateResult {
  return html`<span class="pf-v6-c-label pf-m-compact ${CLASSES[tone]}" title=${title ?? nothing}><span
    class="pf-v6-c-label__content">${glyph ? html`<span class="pf-v6-c-label__icon">${icon(glyph)}</span>` : nothing}<span
    class="pf-v6-c-label__text">${text}</span></span></span>`;
}

const VM_TONES: Record<string, Tone> = { running: 'good', paused: 'warning', incoming: 'busy', unknown: 'bad' };

export const VM_STATES: readonly VmState[] = ['running', 'paused', 'incoming', 'shutoff', 'unknown'];

export function stateText(state: VmState): string {
  return state === 'shutoff' ? 'shut off' : state;
}

export function vmState(state: VmState): TemplateResult {
  return label(stateText(state), VM_TONES[state] ?? 'plain');
}

/** Worst first. */
export const HEALTHS: readonly Health[] = [
  'fault', 'partial', 'hidden', 'on-standby', 'unplugging', 'pending-restart', 'off', 'active'];

const HEALTH_TONES: Record<string, Tone> = {
  'fault': 'bad', 'partial': 'warning', 'hidden': 'warning', 'on-standby': 'warning', 'unplugging': 'busy',
  'pending-restart': 'warning', 'active': 'good',
};

export function healthText(health: Health): string {
  return health.replaceAll('-', ' ');
}

export function pairHealth(health: Health): TemplateResult {
  return label(healthText(health), HEALTH_TONES[health] ?? 'plain');
}

export function emulated(): TemplateResult {
  return label('emulated', 'odd', { title: 'An emulated NIC replaces the VF. Not for production.' });
}

const SEVERITY_TONES: Record<Severity, Tone> = { error: 'bad', warning: 'warning', notice: 'plain' };

export function severity(value: Severity): TemplateResult {
  return label(value, SEVERITY_TONES[value], { glyph: value });
}

const VF_TONES: Record<VfState, Tone> = {
  'free': 'good', 'leased': 'busy', 'in-use': 'plain', 'foreign': 'odd', 'fault': 'bad', 'unusable': 'plain',
};

export function vfState(state: VfState): TemplateResult {
  return label(state.replace('-', ' '), VF_TONES[state]);
}

/** The outcomes of a migration, and the text for it. */
const OUTCOMES: Record<string, [string, Tone]> = {
  'completed': ['completed', 'good'],
  'completed-degraded': ['completed, on standby', 'warning'],
  'failed-on-source': ['failed, VM is on the source', 'bad'],
  'cancelled': ['cancelled, VM is on the source', 'warning'],
  'needs-attention': ['needs attention', 'bad'],
};

export function outcome(value: string | undefined): TemplateResult {
  if (value === undefined) return label('running', 'busy');
  const [text, tone] = OUTCOMES[value] ?? [value, 'plain'];
  return label(text, tone);
}
