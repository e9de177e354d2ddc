// SPDX-License-Identifier: Apache-2.0
// Which VMs can migrate, as the server evaluates it. The whole is large, so that a change of a VM reads that VM alone.

import type { Changes, Store } from './store.ts';
import { type FleetReadiness, type Migration, type VmReadiness, vmKey } from './types.ts';

/** After a change, so that many changes cause one request. */
export const DELAY_MS = 1_000;
/** Between two reads of the whole. */
export const WHOLE_MS = 60_000;
/** VMs of one request: the address of a request has a limit. */
export const MOST_VMS = 50;
/** With more changed VMs, the whole is read. */
export const MANY_VMS = 1_000;

export interface Timers {
  now(): number;
  /** The result cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

const TIMERS: Timers = {
  now: () => Date.now(),
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Follows the store from the start, and reads while it has listeners. */
export class ReadinessReader {
  byVm: ReadonlyMap<string, VmReadiness> = new Map();
  /** When the server evaluated the whole; undefined until it did. */
  at: string | undefined;
  ready = 0;
  private readonly listeners = new Set<() => void>();
  private readonly changed = new Set<string>();
  private readonly running = new Set<string>();
  private changedDue: number | undefined;
  private wholeDue: number | undefined;
  private wholeRead: number | undefined;
  private cancel: () => void = () => {};
  private reading = false;

  /** @param read the readiness of VMs by their keys; of all without a key */
  constructor(
    private readonly store: Store, private readonly read: (vms: readonly string[]) => Promise<FleetReadiness>,
    private readonly timers: Timers = TIMERS,
  ) {
    this.wholeDue = timers.now();
    store.listen(['vm', 'host', 'pool', 'migration', 'configuration', 'connection'], (changes) => this.follow(changes));
  }

  get blocked(): number {
    return this.byVm.size - this.ready;
  }

  /** Calls the listener after each read; the result ends that. */
  listen(listener: () => void): () => void {
    this.listeners.add(listener);
    this.plan();
    return () => {
      this.listeners.delete(listener);
      this.plan();
    };
  }

  private follow(changes: Changes): void {
    const now = this.timers.now();
    const vms = changes.get('vm');
    if (vms === 'all') this.wholeDue = Math.min(this.wholeDue ?? Infinity, now + DELAY_MS);
    else vms?.forEach((key) => this.changed.add(key));
    this.migrations(changes.get('migration'));
    // The destinations of many VMs depend on these.
    if (changes.has('host') || changes.has('pool') || changes.has('configuration') || this.changed.size > MANY_VMS) this.readWholeLater();
    if (this.changed.size > 0) this.changedDue ??= now + DELAY_MS;
    this.plan();
  }

  /** Its progress has many events; only its start and its end change what can migrate. */
  private migrations(ids: ReadonlySet<string> | 'all' | undefined): void {
    for (const id of ids === 'all' ? this.store.migrations.keys() : ids ?? []) {
      const migration = this.store.migrations.get(id);
      const runs = migration !== undefined && migration.outcome === undefined;
      if (runs === this.running.has(id)) continue;
      if (runs) this.running.add(id);
      else this.running.delete(id);
      hosted(migration).forEach((key) => this.changed.add(key));
    }
  }

  private readWholeLater(): void {
    this.wholeDue ??= Math.max(this.timers.now() + DELAY_MS, (this.wholeRead ?? -Infinity) + WHOLE_MS);
  }

  /** One timer, for what is due first. */
  private plan(): void {
    this.cancel();
    if (this.reading || this.listeners.size === 0 || !this.store.ready || this.store.connection.state === 'lost') return;
    // VMs alone are no fleet.
    const due = Math.min(this.wholeDue ?? Infinity, (this.at === undefined ? undefined : this.changedDue) ?? Infinity);
    if (due !== Infinity) this.cancel = this.timers.after(Math.max(0, due - this.timers.now()), () => { void this.run(); });
  }

  private async run(): Promise<void> {
    this.reading = true;
    const keys = this.take();
    try {
      this.receive(keys, await this.read(keys));
    } catch {
      this.wholeDue ??= this.timers.now() + WHOLE_MS;
    }
    this.reading = false;
    this.listeners.forEach((listener) => listener());
    this.plan();
  }

  /** What to read now; no key for the whole. */
  private take(): string[] {
    const now = this.timers.now();
    const whole = this.wholeDue !== undefined && this.wholeDue <= now;
    const keys = whole ? [] : [...this.changed].slice(0, MOST_VMS);
    if (whole) {
      this.wholeDue = undefined;
      this.wholeRead = now;
      this.changed.clear();
    }
    keys.forEach((key) => this.changed.delete(key));
    this.changedDue = this.changed.size > 0 ? now + DELAY_MS : undefined;
    return keys;
  }

  private receive(keys: readonly string[], answer: FleetReadiness): void {
    const received = new Map(answer.vms.map((one) => [vmKey(one), one]));
    if (keys.length === 0) {
      this.byVm = received;
      this.ready = answer.ready;
      this.at = answer.at;
      return;
    }
    const byVm = new Map(this.byVm);
    for (const key of keys) {
      if (byVm.get(key)?.ready) this.ready--;
      byVm.delete(key);
    }
    received.forEach((one, key) => byVm.set(key, one));
    this.ready += answer.ready;
    this.byVm = byVm;
  }
}

/** The keys of the VM on both hosts; its events are enough if they are unknown. */
function hosted(migration: Migration | undefined): string[] {
  const uuid = migration?.uuid;
  return uuid === undefined ? [] : [migration!.source, migration!.destination].map((host) => vmKey({ host, uuid }));
}
