// SPDX-License-Identifier: Apache-2.0
// Renders only the rows of a long table that are in sight. All rows have one height.

import type { ReactiveController, ReactiveControllerHost } from 'lit';

/** Rows beyond the visible ones, so that scrolling by keyboard and by short distances finds them rendered. */
const MARGIN = 12;

export interface Slice {
  first: number;
  /** Exclusive. */
  last: number;
}

/** The rows in sight. */
export function slice(count: number, rowHeight: number, above: number, visible: number): Slice {
  const first = Math.max(0, Math.min(count, Math.floor(above / rowHeight) - MARGIN));
  const last = Math.min(count, Math.max(first, Math.ceil((above + visible) / rowHeight) + MARGIN));
  return { first, last };
}

/** Follows the scrolling of a table body. */
export class RowWindow implements ReactiveController {
  private readonly resize = new ResizeObserver(() => this.measure());
  private scroller: HTMLElement | undefined;
  private count = 0;
  private current: Slice = { first: 0, last: 2 * MARGIN };
  rowHeight = 49;

  constructor(private readonly host: ReactiveControllerHost & HTMLElement, private readonly body: () => HTMLElement | null) {
    host.addController(this);
  }

  hostConnected(): void {
    const scroller = this.host.closest<HTMLElement>('#scroller') ?? document.documentElement;
    this.scroller = scroller;
    scroller.addEventListener('scroll', this.measure, { passive: true });
    this.resize.observe(scroller);
  }

  hostDisconnected(): void {
    this.scroller?.removeEventListener('scroll', this.measure);
    this.resize.disconnect();
  }

  hostUpdated(): void {
    this.measure();
  }

  /** The rows to render, of this many. */
  rows(count: number): Slice {
    this.count = count;
    const last = Math.min(count, this.current.last);
    return { first: Math.min(this.current.first, last), last };
  }

  /** Scrolls to a row, and renders it. */
  async reveal(index: number): Promise<void> {
    const body = this.body();
    if (!this.scroller || !body) return;
    const top = body.getBoundingClientRect().top - this.scroller.getBoundingClientRect().top + index * this.rowHeight;
    // The header of the table covers the first row.
    if (top < 2 * this.rowHeight) this.scroller.scrollTop += top - 2 * this.rowHeight;
    const below = top + 2 * this.rowHeight - this.scroller.clientHeight;
    if (below > 0) this.scroller.scrollTop += below;
    this.measure();
    await this.host.updateComplete;
  }

  private readonly measure = (): void => {
    const body = this.body();
    if (!body || !this.scroller) return;
    const row = body.querySelector<HTMLElement>('tr[data-row]');
    if (row && row.offsetHeight > 0) this.rowHeight = row.getBoundingClientRect().height;
    const above = this.scroller.getBoundingClientRect().top - body.getBoundingClientRect().top;
    const next = slice(this.count, this.rowHeight, Math.max(0, above), this.scroller.clientHeight);
    if (next.first === this.current.first && next.last === this.current.last) return;
    this.current = next;
    this.host.requestUpdate();
  };
}
