// SPDX-License-Identifier: Apache-2.0
// Keeps a stream of events open and applies it to the store. After a loss it resumes where it ended.

import { decode } from './decode.ts';
import { API, ApiError, problemOf } from './rest.ts';
import { EventParser } from './sse.ts';
import type { Store } from './store.ts';

/** The server sends a line at least each 10 s. */
const SILENCE_MS = 25_000;
const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;

/** Doubles with each failure, with jitter, so that all viewers of a server do not return at once. */
export function retryDelay(failures: number, random: () => number = Math.random): number {
  const longest = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures);
  return longest * (0.5 + random() / 2);
}

export class Stream {
  private failures = 0;
  private lastId: string | undefined;
  private stopped = false;
  private cancel: () => void = () => {};

  constructor(private readonly store: Store) {
    addEventListener('online', () => this.cancel());
  }

  async run(): Promise<void> {
    while (!this.stopped) {
      const reason = await this.follow().catch((error: unknown) => error);
      if (this.stopped) return;
      this.lose(reason);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, retryDelay(this.failures++));
        this.cancel = () => { clearTimeout(timer); resolve(); };
      });
    }
  }

  stop(): void {
    this.stopped = true;
    this.cancel();
  }

  /** Reads one stream to its end. */
  private async follow(): Promise<void> {
    const abort = new AbortController();
    this.cancel = () => abort.abort();
    let watchdog = setTimeout(this.cancel, SILENCE_MS);
    try {
      const response = await fetch(`${API}events`, {
        headers: { 'X-Requested-With': 'understudy-console', ...(this.lastId ? { 'Last-Event-ID': this.lastId } : {}) },
        cache: 'no-store', signal: abort.signal,
      });
      if (!response.ok || !response.body) throw await problemOf(response);
      this.failures = 0;
      this.store.setConnection({ state: 'live' });
      const parser = new EventParser();
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      for (let read = await reader.read(); !read.done; read = await reader.read()) {
        clearTimeout(watchdog);
        watchdog = setTimeout(this.cancel, SILENCE_MS);
        for (const event of parser.feed(read.value)) {
          this.store.apply(decode(event.type, event.data));
          if (event.id) this.lastId = event.id;
        }
      }
    } finally {
      clearTimeout(watchdog);
      abort.abort();
    }
  }

  private lose(reason: unknown): void {
    const { since } = this.store.connection;
    this.store.setConnection({
      state: 'lost',
      since: since ?? new Date(),
      ...(reason instanceof ApiError && reason.status !== 0 ? { reason: reason.message } : {}),
    });
    if (reason instanceof ApiError && reason.status === 401) dispatchEvent(new Event('understudy-login'));
  }
}
