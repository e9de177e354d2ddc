// SPDX-License-Identifier: Apache-2.0
// The stored events of a page: migrations, findings and actions of users. Read page by page, and again after changes.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { store } from '../app/context.ts';
import { actionEntry, findingEntries, type LogEntry, migrationEntries } from '../model/log.ts';
import { behind, Feed, merged, type PastItem, type PastPage } from '../model/past.ts';
import { nextPage, send } from '../model/rest.ts';
import type { AuditEntry, HistoryEntry, Migration } from '../model/types.ts';

/** An entry is stored within seconds after its event. */
const DELAY_MS = 3_000;
const PAGE = '100';

export interface PastFilter {
  kind: string;
  host: string;
  /** UUID of a VM. */
  vm: string;
  /** RFC 3339, empty for all; the second is exclusive. */
  since: string;
  until: string;
}

interface Source {
  feed: Feed;
  read: (query: string) => Promise<PastPage>;
}

export class PastEvents implements ReactiveController {
  /** Why stored events are missing. */
  problem: unknown;
  reading = false;
  private sources: Source[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private unlisten: () => void = () => {};

  constructor(private readonly host: ReactiveControllerHost, private readonly filter: () => PastFilter) {
    host.addController(this);
  }

  hostConnected(): void {
    this.unlisten = store.listen(['host', 'migration', 'log', 'connection'], () => {
      this.timer ??= setTimeout(() => {
        this.timer = undefined;
        void this.refresh();
      }, DELAY_MS);
    });
    this.begin();
  }

  hostDisconnected(): void {
    this.unlisten();
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** Reads the first pages, after a change of the filter. */
  begin(): void {
    const { kind, ...others } = this.filter();
    const query = new URLSearchParams({ limit: PAGE });
    Object.entries(others).forEach(([name, value]) => { if (value !== '') query.set(name, value); });
    this.sources = [];
    if (kind === '' || kind === 'action') this.sources.push({ feed: new Feed(`?${query}`), read: readActions });
    if (kind === 'migration' || kind === 'finding') query.set('kind', kind);
    if (kind === '' || query.has('kind')) this.sources.push({ feed: new Feed(`?${query}`), read: readHistory });
    void this.load(this.sources);
  }

  get hasOlder(): boolean {
    return this.sources.some(({ feed }) => feed.older !== undefined);
  }

  /** The stored events and the migrations of the server, as far back as all are known. */
  entries(): LogEntry[] {
    const live = [...store.migrations.values()].filter((one) => this.selects(one)).map(migrationItem);
    return merged(this.sources.map(({ feed }) => feed), live);
  }

  private selects({ uuid, source, destination, started }: Migration): boolean {
    const { kind, host, vm, since, until } = this.filter();
    return (kind === '' || kind === 'migration') && (vm === '' || uuid === vm) && (host === '' || source === host || destination === host)
      && isWithin(started, since, until);
  }

  async older(): Promise<void> {
    const next = behind(this.sources.map(({ feed }) => feed));
    await this.load(this.sources.filter(({ feed }) => next.includes(feed)));
  }

  private async load(next: readonly Source[]): Promise<void> {
    const { sources } = this;
    this.problem = undefined;
    this.reading = true;
    this.host.requestUpdate();
    await Promise.all(next.map(async ({ feed, read }) => {
      try {
        if (feed.older !== undefined) feed.add(await read(feed.older));
      } catch (error) {
        feed.fail();
        // Not of a filter that has changed since.
        if (this.sources === sources) this.problem = error;
      }
    }));
    if (this.sources !== sources) return;
    this.reading = false;
    this.host.requestUpdate();
  }

  private async refresh(): Promise<void> {
    if (store.connection.state === 'lost' || this.reading) return;
    const { sources } = this;
    await Promise.all(sources.map(async ({ feed, read }) => {
      try {
        feed.refresh(await read(feed.newest));
        this.problem = undefined;
      } catch (error) {
        this.problem = error;
      }
    }));
    this.host.requestUpdate();
  }
}

export function isWithin(at: string, since: string, until: string): boolean {
  const time = Date.parse(at);
  return (since === '' || time >= Date.parse(since)) && (until === '' || time < Date.parse(until));
}

function migrationItem(migration: Migration): PastItem {
  return { id: migration.id, at: migration.started, entries: migrationEntries(migration) };
}

async function readHistory(query: string): Promise<PastPage> {
  const response = await send('GET', `history${query}`);
  const { entries } = (await response.json()) as { entries: HistoryEntry[] };
  return { next: nextPage(response), items: entries.map(({ id, time, migration, finding }) => ({
    id, at: time, entries: migration ? migrationEntries(migration) : finding ? findingEntries(finding) : [] })) };
}

async function readActions(query: string): Promise<PastPage> {
  const response = await send('GET', `audit${query}`);
  const entries = (await response.json()) as AuditEntry[];
  return { next: nextPage(response), items: entries.map((entry) => ({ id: entry.id, at: entry.time, entries: [actionEntry(entry)] })) };
}
