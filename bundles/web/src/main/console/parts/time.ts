// SPDX-License-Identifier: Apache-2.0

import { html, LitElement } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ago, full } from '../model/time.ts';

const TICK_MS = 5_000;
const shown = new Set<Timestamp>();
let timer: ReturnType<typeof setInterval> | undefined;

/** A time with date and zone, and how long ago that is. */
@customElement('understudy-time')
export class Timestamp extends LitElement {
  /** RFC 3339. */
  @property() at = '';

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    shown.add(this);
    timer ??= setInterval(() => shown.forEach((one) => one.requestUpdate()), TICK_MS);
  }

  override disconnectedCallback(): void {
    shown.delete(this);
    if (shown.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
    super.disconnectedCallback();
  }

  protected override render() {
    const date = new Date(this.at);
    return html`<time datetime=${this.at} class="us-time">${full(date)} <span class="us-quiet">${ago(date, new Date())}</span></time>`;
  }
}

export function timestamp(at: string) {
  return html`<understudy-time at=${at}></understudy-time>`;
}
