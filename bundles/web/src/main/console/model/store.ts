// SPDX-License-Identifier: Apache-2.0
// What the page knows of the server. Pages read from it and are notified of changes; only the stream of events changes it.

import type { Change, Kind, Objects } from './decode.ts';
import { hostChange, type LogEntry, LONGEST, pairChange, vmChange } from './log.ts';
import type { PairChanged, Role, Session, Words } from './types.ts';

/** What a listener can wait for. */
export type Topic = Kind | 'connection' | 'session' | 'words' | 'log';

/** The keys of the objects of each kind that have changed; `all` after a new state. */
export type Changes = ReadonlyMap<Topic, ReadonlySet<string> | 'all'>;

export interface Connection {
  state: 'connecting' | 'live' | 'lost';
  /** When it was lost. */
  since?: Date;
  /** Why, for the user. */
  reason?: string;
}

type Tables = { [K in Kind]: Map<string, Objects[K]> };

const RANK: Record<Role, number> = { viewer: 0, operator: 1, admin: 2 };

function tables(): Tables {
  return {
    vm: new Map(), host: new Map(), pool: new Map(), vf: new Map(), migration: new Map(), configuration: new Map(),
  };
}

export class Store {
  private tables = tables();
  /** Receives a new state until it is complete, so that the page never shows a part of it. */
  private arriving: Tables | undefined;
  private readonly revisions = new Map<Kind, Map<string, number>>();
  private readonly listeners = new Map<(changes: Changes) => void, Set<Topic>>();
  private pending = new Map<Topic, Set<string> | 'all'>();
  private readonly changes = new Map<Topic, number>();
  private complete = false;
  connection: Connection = { state: 'connecting' };
  /** Empty until the server has named the user, and for a server that does not. */
  session: Session | undefined;
  words: Words = { health: {}, steps: [] };
  /** Changes since the page was opened, oldest first. */
  readonly log: LogEntry[] = [];

  /** @param schedule runs the notification of listeners once for many changes */
  constructor(private readonly schedule: (notify: () => void) => void = (notify) => requestAnimationFrame(notify)) {}

  get vms(): ReadonlyMap<string, Objects['vm']> { return this.tables.vm; }
  get hosts(): ReadonlyMap<string, Objects['host']> { return this.tables.host; }
  get shares(): ReadonlyMap<string, Objects['pool']> { return this.tables.pool; }
  get vfs(): ReadonlyMap<string, Objects['vf']> { return this.tables.vf; }
  get migrations(): ReadonlyMap<string, Objects['migration']> { return this.tables.migration; }
  get configuration(): Objects['configuration'] { return this.tables.configuration.get('configuration') ?? []; }

  /** Whether the first state of the server has arrived. */
  get ready(): boolean { return this.complete; }

  apply(changes: readonly Change[]): void {
    changes.forEach((change) => this.one(change));
  }

  private one(change: Change): void {
    switch (change.change) {
      case 'begin':
        this.arriving = tables();
        this.revisions.clear();
        break;
      case 'ready':
        if (this.arriving) {
          this.tables = this.arriving;
          this.arriving = undefined;
          this.touch('vm', 'host', 'pool', 'vf', 'migration', 'configuration');
        }
        if (!this.complete) {
          this.complete = true;
          this.touch('connection');
        }
        break;
      case 'put':
        if (!this.isNewer(change)) return;
        this.record(change.kind, change.key, change.value);
        (this.current()[change.kind] as Map<string, unknown>).set(change.key, change.value);
        this.touchOne(change.kind, change.key);
        break;
      case 'remove':
        if (!this.isNewer(change)) return;
        this.record(change.kind, change.key, undefined);
        this.current()[change.kind].delete(change.key);
        this.touchOne(change.kind, change.key);
        break;
      case 'pair':
        this.pairChanged(change.value);
        break;
    }
  }

  private current(): Tables {
    return this.arriving ?? this.tables;
  }

  /** Updates may arrive out of order. */
  private isNewer({ kind, key, revision }: { kind: Kind; key: string; revision: number }): boolean {
    const known = this.revisions.get(kind) ?? new Map<string, number>();
    if ((known.get(key) ?? -1) >= revision) return false;
    this.revisions.set(kind, known.set(key, revision));
    return true;
  }

  /** Not while a state arrives: that is no change. */
  private record(kind: Kind, key: string, value: unknown): void {
    if (this.arriving || !this.complete) return;
    const at = new Date().toISOString();
    if (kind === 'vm') this.append(vmChange(this.tables.vm.get(key), value as Objects['vm'] | undefined, at));
    if (kind === 'host') this.append(hostChange(this.tables.host.get(key), value as Objects['host'] | undefined, at));
  }

  private append(entry: LogEntry | undefined): void {
    if (!entry) return;
    this.log.push(entry);
    if (this.log.length > LONGEST) this.log.shift();
    this.touch('log');
  }

  private pairChanged(change: PairChanged): void {
    const { vm, host, pair } = change;
    const vms = this.current().vm;
    for (const [key, known] of vms) {
      if (known.host !== host || known.name !== vm) continue;
      const pairs = known.pairs.map((old) => (old.standby === pair.standby ? pair : old));
      vms.set(key, { ...known, pairs });
      if (this.complete) this.append(pairChange(change, known.uuid, new Date().toISOString()));
      this.touchOne('vm', key);
      return;
    }
  }

  setConnection(connection: Connection): void {
    this.connection = connection;
    this.touch('connection');
  }

  setSession(session: Session | undefined): void {
    this.session = session;
    this.touch('session');
  }

  setWords(words: Words): void {
    this.words = words;
    this.touch('words');
  }

  /** Why an action that needs a role cannot be done now; undefined if it can. The server checks the role again. */
  refusal(role: Role): string | undefined {
    if (this.connection.state === 'lost') return 'The connection to the server is lost, so this page may be out of date.';
    if (this.session && RANK[this.session.role] < RANK[role]) return `Your role is ${this.session.role}; this action needs ${role}.`;
    return undefined;
  }

  /** The running migration of a VM. */
  migrationOf(vm: { name: string; host: string }): Objects['migration'] | undefined {
    for (const migration of this.tables.migration.values()) {
      if (migration.outcome === undefined && migration.vm === vm.name
        && (migration.source === vm.host || migration.destination === vm.host)) return migration;
    }
    return undefined;
  }

  /** A number that differs after each change of a kind. */
  change(kind: Kind): number {
    return this.changes.get(kind) ?? 0;
  }

  /** Calls the listener after changes of these topics; the result ends that. */
  listen(topics: readonly Topic[], listener: (changes: Changes) => void): () => void {
    this.listeners.set(listener, new Set(topics));
    return () => { this.listeners.delete(listener); };
  }

  private touch(...topics: Topic[]): void {
    if (this.arriving && !topics.includes('connection')) return;
    this.note(topics.map((topic) => [topic, 'all']));
  }

  private touchOne(kind: Kind, key: string): void {
    if (this.arriving) return;
    const known = this.pending.get(kind);
    this.note([[kind, known === 'all' ? known : (known ?? new Set<string>()).add(key)]]);
  }

  private note(changed: readonly [Topic, Set<string> | 'all'][]): void {
    const idle = this.pending.size === 0;
    for (const [topic, keys] of changed) {
      this.pending.set(topic, keys);
      this.changes.set(topic, (this.changes.get(topic) ?? 0) + 1);
    }
    if (idle) this.schedule(() => this.notify());
  }

  private notify(): void {
    const changes = this.pending;
    this.pending = new Map();
    for (const [listener, topics] of this.listeners) {
      if ([...changes.keys()].some((topic) => topics.has(topic))) listener(changes);
    }
  }
}
