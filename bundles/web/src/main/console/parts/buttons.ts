// SPDX-License-Identifier: Apache-2.0

import { html, nothing, type TemplateResult } from 'lit';
import { store } from '../app/context.ts';
import type { Role } from '../model/types.ts';

export interface ButtonOptions {
  kind?: 'primary' | 'secondary' | 'link' | 'plain' | 'danger';
  /** Why it cannot be used now. */
  refusal?: string | undefined;
  /** The name for screen readers, if the text alone is not unique on the page. */
  name?: string;
  small?: boolean;
}

const KINDS = {
  primary: 'pf-m-primary', secondary: 'pf-m-secondary', link: 'pf-m-link', plain: 'pf-m-plain',
  // Outlined: what is confirmed first must not be the most prominent button of a page.
  danger: 'pf-m-secondary pf-m-danger',
};

/**
 * A button that keeps the focus while it cannot be used: `disabled` would remove it, and would hide the reason from the
 * keyboard.
 */
export function button(
  text: string | TemplateResult, onclick: (event: Event) => unknown,
  { kind = 'secondary', refusal, name, small = false }: ButtonOptions = {},
): TemplateResult {
  const act = (event: Event) => {
    if (refusal) event.preventDefault();
    else onclick(event);
  };
  return html`<button type="button" class="pf-v6-c-button ${KINDS[kind]} ${small ? 'pf-m-small' : ''} ${refusal ? 'pf-m-aria-disabled' : ''}"
    aria-disabled=${refusal ? 'true' : nothing} title=${refusal ?? nothing} aria-description=${refusal ?? nothing}
    aria-label=${name ?? nothing} @click=${act}><span class="pf-v6-c-button__text">${text}</span></button>`;
}

/** A button for an action that needs a role and a live connection. */
export function actionButton(
  text: string | TemplateResult, role: Role, onclick: (event: Event) => unknown, options: ButtonOptions = {},
): TemplateResult {
  return button(text, onclick, { ...options, refusal: store.refusal(role) ?? options.refusal });
}
