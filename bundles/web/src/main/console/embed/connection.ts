// SPDX-License-Identifier: Apache-2.0
// The connection of an embedded element: its server, its token, and the events of one VM or migration.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Change } from '../model/decode.ts';
import { TokenClient, type TokenSource } from './client.ts';

/** What the page sets at an element. */
export interface Embedded extends ReactiveControllerHost {
  server: string;
  token: string;
  tokenSource: TokenSource | undefined;
}

/** The folder of this script, unless the page names another server. */
const OWN = new URL('.', import.meta.url).href;

export class Connection implements ReactiveController {
  /** Why the element shows nothing, or what it shows is old. */
  error: unknown;
  client: TokenClient | undefined;
  private stop = new AbortController();
  private key = '';

  /**
   * @param query what the stream is limited to; empty while the element lacks an attribute
   * @param begin called with each new connection, before its events
   * @param change called with each event
   */
  constructor(
    private readonly host: Embedded,
    private readonly query: () => string,
    private readonly begin: (client: TokenClient) => Promise<void>,
    private readonly change: (change: Change) => void,
  ) {
    host.addController(this);
  }

  hostUpdated(): void {
    const key = JSON.stringify([this.host.server, this.host.token, this.host.tokenSource !== undefined, this.query()]);
    if (key === this.key) return;
    this.key = key;
    this.stop.abort();
    if (this.query() !== '' && (this.host.token !== '' || this.host.tokenSource !== undefined)) this.open();
  }

  hostDisconnected(): void {
    this.stop.abort();
    this.key = '';
  }

  private open(): void {
    this.stop = new AbortController();
    const { signal } = this.stop;
    const client = new TokenClient(this.host.server === '' ? OWN : this.host.server, this.host.tokenSource ?? (() => this.host.token));
    this.client = client;
    const report = (error: unknown) => {
      if (signal.aborted) return;
      this.error = error;
      this.host.requestUpdate();
    };
    void client.listen(this.query(), (change) => { this.change(change); this.host.requestUpdate(); }, (error) => {
      report(error);
      if (error === undefined) this.begin(client).then(() => { this.host.requestUpdate(); }, report);
    }, signal);
  }
}
