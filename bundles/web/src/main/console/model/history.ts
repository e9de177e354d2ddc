// SPDX-License-Identifier: Apache-2.0
// Migrations of the history, which are not in the events any more.

import { call, nextPage, send } from './rest.ts';
import type { HistoryEntry, Migration } from './types.ts';

export interface StoredMigrations {
  migrations: Migration[];
  /** The query of the next page; empty on the last one. */
  next?: string | undefined;
}

/** @param query of `/history` */
export async function storedMigrations(query: string): Promise<StoredMigrations> {
  const response = await send('GET', `history${query}`);
  const { entries } = (await response.json()) as { entries: HistoryEntry[] };
  return { migrations: entries.flatMap(({ migration }) => migration ?? []), next: nextPage(response) };
}

export async function storedMigration(id: string): Promise<Migration> {
  const { migration } = await call<HistoryEntry>('GET', `history/${encodeURIComponent(id)}`);
  if (migration === undefined) throw new Error(`No migration has the ID ${id}.`);
  return migration;
}
