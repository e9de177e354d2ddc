// SPDX-License-Identifier: Apache-2.0

import { html, nothing, type TemplateResult } from 'lit';

export interface HeadOptions {
  /** The page that lists what this one shows. */
  parent?: { text: string; href: string };
  labels?: unknown;
  actions?: unknown;
  lead?: unknown;
}

/** The heading of a page. It receives the focus after a navigation. */
export function pageHead(title: string, { parent, labels, actions, lead }: HeadOptions = {}): TemplateResult {
  document.title = `${title} – Understudy`;
  return html`<header class="us-head">
    <div class="us-head__text">
      ${parent ? html`<nav class="us-head__parent" aria-label="Breadcrumb"><a href=${parent.href}>${parent.text}</a></nav>` : nothing}
      <div class="us-head__title"><h1 class="pf-v6-c-title pf-m-2xl" tabindex="-1">${title}</h1>${labels ?? nothing}</div>
      ${lead ? html`<p class="us-quiet">${lead}</p>` : nothing}
    </div>
    ${actions ? html`<div class="us-head__actions">${actions}</div>` : nothing}
  </header>`;
}

export function emptyState(title: string, text: unknown = nothing): TemplateResult {
  return html`<div class="us-empty"><p class="us-empty__title">${title}</p><p class="us-quiet">${text}</p></div>`;
}

/** Until the first state of the server has arrived. */
export function loading(what: string): TemplateResult {
  return html`<p class="us-empty us-quiet" role="status">Loading ${what} …</p>`;
}
