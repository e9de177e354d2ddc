// SPDX-License-Identifier: Apache-2.0
// REST calls and events for the custom elements, in the console and in the page of another management server.

import type { Finding } from '../vm/records.js';

/** What the elements need of a server. */
export interface Client {
  /** @throws Refusal if the server refuses, or if it cannot be reached */
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
  /** Delivers the events of one VM until the returned function is called; `live` is called with each change of the connection. */
  listen(query: string, event: (type: string, data: unknown) => void, live: (connected: boolean) => void): () => void;
}

/** The error of a REST call, with the findings and the remedy of the server. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code = '',
    readonly remedy = '',
    readonly findings: readonly Finding[] = [],
  ) {
    super(message);
  }
}

/** The token for a call; a function may fetch a new one before the old one expires. */
export type TokenSource = () => string | undefined | Promise<string | undefined>;

const RETRY_MS = 2000;

export class RestClient implements Client {
  private readonly root: string;

  /**
   * @param base such as `https://understudy.example/understudy/`
   * @param token without one the session of the browser is used
   */
  constructor(base: string, private readonly token: TokenSource = () => undefined) {
    this.root = `${base.replace(/\/$/, '')}/api/v1/`;
  }

  private async fetch(method: string, path: string, more: RequestInit): Promise<Response> {
    const token = await this.token();
    // A page of another site cannot send this header without the consent of the server.
    const headers: Record<string, string> = { 'X-Requested-With': 'understudy', ...(more.headers as Record<string, string>) };
    if (token !== undefined) headers['Authorization'] = `Bearer ${token}`;
    try {
      return await fetch(this.root + path, { ...more, method, headers, credentials: token === undefined ? 'same-origin' : 'omit' });
    } catch (error) {
      if (error instanceof DOMException && error.name === 'AbortError') throw error;
      throw new Refusal(0, 'The Understudy server is unreachable.', 'unreachable',
        'Check that the server runs, and that it allows this page as an origin.');
    }
  }

  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const response = await this.fetch(method, path, body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
    const isJson = /json/.test(response.headers.get('Content-Type') ?? '');
    const result: unknown = isJson ? await response.json().catch(() => ({})) : await response.text();
    if (!response.ok) throw refusal(response.status, result);
    return result as T;
  }

  listen(query: string, event: (type: string, data: unknown) => void, live: (connected: boolean) => void): () => void {
    const stop = new AbortController();
    void this.stream(query, event, live, stop.signal);
    return () => { stop.abort(); };
  }

  /** Reads streams until it is stopped. EventSource cannot send a token. */
  private async stream(
    query: string, event: (type: string, data: unknown) => void, live: (connected: boolean) => void, stop: AbortSignal,
  ): Promise<void> {
    while (!stop.aborted) {
      try {
        const response = await this.fetch('GET', `events${query}`, { signal: stop, headers: { Accept: 'text/event-stream' } });
        if (!response.ok || response.body === null) throw new Refusal(response.status, 'The event stream was refused.');
        live(true);
        const parser = new EventParser((type, data) => { event(type, JSON.parse(data)); });
        const text = new TextDecoder();
        const reader = response.body.getReader();
        for (let part = await reader.read(); !part.done; part = await reader.read()) {
          parser.push(text.decode(part.value, { stream: true }));
        }
      } catch {
        // Reported by live(false); the cause is in the console of the browser.
      }
      if (stop.aborted) return;
      live(false);
      await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
    }
  }
}

function refusal(status: number, result: unknown): Refusal {
  const problem = (typeof result === 'object' && result !== null ? result : {}) as Partial<Record<'detail' | 'code' | 'remedy', string>>
    & { findings?: Finding[] };
  return new Refusal(status, problem.detail ?? `The server answered with status ${status}.`, problem.code, problem.remedy, problem.findings);
}

/** Parses a stream of server-sent events that arrives in parts. */
export class EventParser {
  private rest = '';
  private type = '';
  private data: string[] = [];

  constructor(private readonly event: (type: string, data: string) => void) {}

  push(part: string): void {
    const all = (this.rest + part).split(/\r\n|\n|\r(?!$)/);
    this.rest = all.pop()!;
    for (const line of all) this.line(line);
  }

  private line(line: string): void {
    if (line === '') {
      if (this.data.length > 0) this.event(this.type === '' ? 'message' : this.type, this.data.join('\n'));
      this.type = '';
      this.data = [];
      return;
    }
    const colon = line.indexOf(':');
    if (colon === 0) return;
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (name === 'event') this.type = value;
    if (name === 'data') this.data.push(value);
  }
}
