// SPDX-License-Identifier: Apache-2.0

import { html, type TemplateResult } from 'lit';
import { icon } from './icons.ts';

export type Option = string | { value: string; text: string };

/** Names of fields are unique on a page. */
function idOf(name: string): string {
  return `field-${name.toLowerCase().replace(/[^a-z]+/g, '-')}`;
}

/** A list to choose from; the empty value means all. */
export function picker(
  name: string, value: string, options: readonly Option[], changed: (value: string) => void, none = 'all',
): TemplateResult {
  const known = options.map((option) => (typeof option === 'string' ? { value: option, text: option } : option));
  // An address may name a value that does not exist any more.
  const shown = value === '' || known.some((option) => option.value === value) ? known : [...known, { value, text: value }];
  const id = idOf(name);
  return html`<div class="us-field"><label class="us-field__name" for=${id}>${name}</label>
    <span class="pf-v6-c-form-control us-select"><select id=${id} @change=${(event: Event) => changed((event.target as HTMLSelectElement).value)}>
      <option value="" ?selected=${value === ''}>${none}</option>
      ${shown.map((option) => html`<option value=${option.value} ?selected=${option.value === value}>${option.text}</option>`)}
    </select><span class="us-select__arrow">${icon('down')}</span></span></div>`;
}

export function searchField(name: string, hint: string, value: string, changed: (value: string) => void): TemplateResult {
  const id = idOf(name);
  return html`<div class="us-field us-field--search"><label class="us-field__name" for=${id}>${name}</label>
    <span class="pf-v6-c-form-control"><input id=${id} type="search" placeholder=${hint} spellcheck="false" autocomplete="off" .value=${value}
      @input=${(event: Event) => changed((event.target as HTMLInputElement).value)}></span></div>`;
}

/** @param value such as 2026-11-30 */
export function dateField(name: string, value: string, changed: (value: string) => void): TemplateResult {
  const id = idOf(name);
  return html`<div class="us-field"><label class="us-field__name" for=${id}>${name}</label>
    <span class="pf-v6-c-form-control"><input id=${id} type="date" .value=${value}
      @change=${(event: Event) => changed((event.target as HTMLInputElement).value)}></span></div>`;
}

export function textField(name: string, value: string, changed: (value: string) => void, hint = ''): TemplateResult {
  const id = idOf(name);
  return html`<div class="us-field"><label class="us-field__name" for=${id}>${name}</label>
    <span class="pf-v6-c-form-control"><input id=${id} type="text" placeholder=${hint} spellcheck="false" autocomplete="off" .value=${value}
      @input=${(event: Event) => changed((event.target as HTMLInputElement).value)}></span></div>`;
}

/** Several lines of code. */
export function codeField(name: string, value: string, changed: (value: string) => void): TemplateResult {
  const id = idOf(name);
  return html`<div class="us-field us-field--wide"><label class="us-field__name" for=${id}>${name}</label>
    <span class="pf-v6-c-form-control"><textarea id=${id} class="us-code" rows="14" spellcheck="false" .value=${value}
      @input=${(event: Event) => changed((event.target as HTMLTextAreaElement).value)}></textarea></span></div>`;
}
