// SPDX-License-Identifier: Apache-2.0
// What the stream of events does not contain: read when a page opens, and again after changes that concern it.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { store } from '../app/context.ts';
import { ReadinessReader } from '../model/readiness.ts';
import { ApiError, call } from '../model/rest.ts';
import type { Topic } from '../model/store.ts';
import type { BulkMigration, FleetReadiness, Pool, VmReadiness } from '../model/types.ts';

/** After a change, so that many changes cause one request. */
const DELAY_MS = 2_000;

/** The path of migrations of many VMs. */
export const BULK = 'bulk-migrations';

export class Source<T> implements ReactiveController {
  value: T | undefined;
  error: unknown;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unlisten: () => void = () => {};
  private abort = new AbortController();

  constructor(private readonly host: ReactiveControllerHost, private readonly path: string, private readonly topics: readonly Topic[]) {
    host.addController(this);
  }

  hostConnected(): void {
    this.abort = new AbortController();
    this.unlisten = store.listen([...this.topics, 'connection'], () => this.later());
    void this.read();
  }

  hostDisconnected(): void {
    this.unlisten();
    clearTimeout(this.timer);
    this.timer = undefined;
    this.abort.abort();
  }

  private later(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      void this.read();
    }, DELAY_MS);
  }

  async read(): Promise<void> {
    if (store.connection.state === 'lost') return;
    try {
      this.value = await call<T>('GET', this.path, { signal: this.abort.signal });
      this.error = undefined;
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.error = error;
      if (error instanceof ApiError && error.status === 404) this.unlisten();
    }
    this.host.requestUpdate();
  }
}

export class PoolSource extends Source<Pool[]> {
  constructor(host: ReactiveControllerHost) {
    super(host, 'pools', ['pool', 'configuration']);
  }
}

/** Newest first. */
export class BulkSource extends Source<BulkMigration[]> {
  constructor(host: ReactiveControllerHost) {
    super(host, BULK, ['migration']);
  }
}

const reader = new ReadinessReader(store, (vms) =>
  call<FleetReadiness>('GET', `readiness${vms.length ? '?' : ''}${vms.map((key) => `vm=${encodeURIComponent(key)}`).join('&')}`));

/** Which VMs can migrate now, as the server evaluates it. */
export class ReadinessSource implements ReactiveController {
  private unlisten: () => void = () => {};

  constructor(private readonly host: ReactiveControllerHost) {
    host.addController(this);
  }

  hostConnected(): void {
    this.unlisten = reader.listen(() => this.host.requestUpdate());
  }

  hostDisconnected(): void {
    this.unlisten();
  }

  get byVm(): ReadonlyMap<string, VmReadiness> {
    return reader.byVm;
  }

  /** When the whole was evaluated; undefined before. */
  get at(): string | undefined {
    return reader.at;
  }

  get ready(): number {
    return reader.ready;
  }

  get blocked(): number {
    return reader.blocked;
  }
}
