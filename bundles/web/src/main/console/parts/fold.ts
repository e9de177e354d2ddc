// SPDX-License-Identifier: Apache-2.0

import { html, nothing, type ReactiveControllerHost, type TemplateResult } from 'lit';

/** Parts of a page that open and close. What is closed is not rendered, so that there may be thousands. */
export class Folds {
  private readonly open = new Set<string>();
  /** Opened once, without a press. */
  private readonly shown = new Set<string>();

  constructor(private readonly host: ReactiveControllerHost) {}

  isOpen(key: string): boolean {
    return this.open.has(key);
  }

  /** @param begin whether it is open until the user closes it */
  render(key: string, summary: unknown, content: () => unknown, begin = false): TemplateResult {
    if (begin && !this.shown.has(key)) {
      this.shown.add(key);
      this.open.add(key);
    }
    const open = this.open.has(key);
    return html`<details class="us-fold" ?open=${open} @toggle=${(event: Event) => this.toggled(key, event)}>
      <summary>${summary}</summary>
      ${open ? html`<div class="us-fold__body us-flow">${content()}</div>` : nothing}
    </details>`;
  }

  private toggled(key: string, event: Event): void {
    const { open } = event.target as HTMLDetailsElement;
    if (open === this.open.has(key)) return;
    if (open) this.open.add(key);
    else this.open.delete(key);
    this.host.requestUpdate();
  }
}
