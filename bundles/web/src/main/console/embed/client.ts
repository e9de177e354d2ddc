// SPDX-License-Identifier: Apache-2.0
// REST calls and events for the custom elements, in the console and in the page of another management server.

import { type Change, decode } from '../model/decode.ts';
import { ApiError, call, problemOf, send } from '../model/rest.ts';
import { EventParser } from '../model/sse.ts';

/** A body and the tag of the definition that it belongs to. */
export interface Tagged<T> {
  value: T;
  tag: string | null;
}

/** What the elements need of a server. */
export interface Client {
  /**
   * @param tag the server refuses the call with status 412 if the definition has another one
   * @throws ApiError if the server refuses, or if it cannot be reached
   */
  call<T>(method: string, path: string, body?: unknown, tag?: string | null): Promise<T>;
  /** The same with the tag of the response. */
  tagged<T>(method: string, path: string, body?: unknown): Promise<Tagged<T>>;
}

function ifMatch(tag: string | null | undefined): Record<string, string> {
  return tag === null || tag === undefined ? {} : { 'If-Match': tag };
}

async function withTag<T>(response: Response): Promise<Tagged<T>> {
  return { value: (await response.json()) as T, tag: response.headers.get('ETag') };
}

/** The server of the console, by the login of the page. */
export const consoleClient: Client = {
  call: (method, path, body, tag) => call(method, path, { ...(body === undefined ? {} : { body }), headers: ifMatch(tag) }),
  tagged: async (method, path, body) => withTag(await send(method, path, body === undefined ? {} : { body })),
};

/** The token of a call; a function may fetch a new one before the old one expires. */
export type TokenSource = () => string | Promise<string>;

const RETRY_MS = 2000;

/** Another server, by a token. */
export class TokenClient implements Client {
  private readonly root: string;

  /** @param base such as `https://understudy.example/understudy/` */
  constructor(base: string, private readonly token: TokenSource) {
    this.root = `${base.replace(/\/$/, '')}/api/v1/`;
  }

  private async send(method: string, path: string, more: RequestInit): Promise<Response> {
    const token = await this.token();
    const headers = { 'Authorization': `Bearer ${token}`, 'X-Requested-With': 'understudy-embed', ...more.headers };
    let response;
    try {
      response = await fetch(this.root + path, { ...more, method, headers, credentials: 'omit' });
    } catch (error) {
      if (more.signal?.aborted) throw error;
      throw new ApiError(0, {
        detail: 'The Understudy server is unreachable.',
        remedy: `Check that it runs, and that its list of allowed origins contains ${location.origin}.`,
      });
    }
    if (!response.ok) throw await problemOf(response);
    return response;
  }

  private request(method: string, path: string, body: unknown, headers: Record<string, string>): Promise<Response> {
    return this.send(method, path, body === undefined
      ? { headers }
      : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', ...headers } });
  }

  async call<T>(method: string, path: string, body?: unknown, tag?: string | null): Promise<T> {
    const response = await this.request(method, path, body, ifMatch(tag));
    return (await response.json().catch(() => ({}))) as T;
  }

  async tagged<T>(method: string, path: string, body?: unknown): Promise<Tagged<T>> {
    return withTag(await this.request(method, path, body, {}));
  }

  /** Delivers changes until the signal; `live` receives each change of the connection, with the error of a lost one. */
  async listen(query: string, change: (change: Change) => void, live: (error?: unknown) => void, stop: AbortSignal): Promise<void> {
    while (!stop.aborted) {
      try {
        const response = await this.send('GET', `events${query}`, { signal: stop });
        live();
        const parser = new EventParser();
        const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
        for (let read = await reader.read(); !read.done; read = await reader.read()) {
          for (const { type, data } of parser.feed(read.value)) decode(type, data).forEach(change);
        }
        live(new Error('The connection to the Understudy server has ended, reconnecting.'));
      } catch (error) {
        if (!stop.aborted) live(error);
      }
      await new Promise((resolve) => { setTimeout(resolve, RETRY_MS); });
    }
  }
}
