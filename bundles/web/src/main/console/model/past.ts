// SPDX-License-Identifier: Apache-2.0
// Lists of the server that are read page by page, newest first, and shown as one. No calls and no elements.

import type { LogEntry } from './log.ts';

/** One object of a list, with its lines in the log. */
export interface PastItem {
  id: string;
  /** By which the list is sorted. */
  at: string;
  entries: LogEntry[];
}

export interface PastPage {
  items: PastItem[];
  /** The query of the next page; empty on the last one. */
  next: string | undefined;
}

export class Feed {
  private items = new Map<string, PastItem>();
  private next: string | undefined;

  /** @param first the query of the first page */
  constructor(private readonly first: string) {
    this.next = first;
  }

  /** The query of the first page, to read it again. */
  get newest(): string {
    return this.first;
  }

  /** The query of the next page; empty if all is known. */
  get older(): string | undefined {
    return this.next;
  }

  /** Adds the page of {@link older}. */
  add({ items, next }: PastPage): void {
    items.forEach((item) => this.items.set(item.id, item));
    this.next = next;
  }

  /** Adds the first page again. Without an item that is known, those between are missing, so older ones are forgotten. */
  refresh(page: PastPage): void {
    if (page.next === undefined || !page.items.some((item) => this.items.has(item.id))) {
      this.items = new Map();
      this.next = page.next;
    }
    page.items.forEach((item) => this.items.set(item.id, item));
  }

  /** It cannot be read, so nothing waits for it. */
  fail(): void {
    this.next = undefined;
  }

  /** Items from here on are known; before, some may be missing. */
  get horizon(): number {
    if (this.next === undefined) return -Infinity;
    return this.known.reduce((oldest, item) => Math.min(oldest, Date.parse(item.at)), Infinity);
  }

  get known(): PastItem[] {
    return [...this.items.values()];
  }
}

/** The feeds that have the least recent past, to be read next. */
export function behind(feeds: readonly Feed[]): Feed[] {
  const horizon = Math.max(...feeds.map((feed) => feed.horizon));
  return feeds.filter((feed) => feed.older !== undefined && feed.horizon === horizon);
}

/**
 * The lines of feeds and of what is live, newest first, as far back as all of them are known.
 *
 * @param live items that replace those of the feeds
 */
export function merged(feeds: readonly Feed[], live: readonly PastItem[]): LogEntry[] {
  const horizon = Math.max(-Infinity, ...feeds.map((feed) => feed.horizon));
  const items = new Map<string, PastItem>();
  [...feeds.flatMap((feed) => feed.known), ...live].forEach((item) => items.set(item.id, item));
  return [...items.values()]
    .filter((item) => Date.parse(item.at) >= horizon)
    .flatMap((item) => item.entries)
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
