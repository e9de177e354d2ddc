// SPDX-License-Identifier: Apache-2.0
// Calls of the REST interface.

import type { Finding } from './types.ts';

/** The folder of the console without user and password of the page's address: browsers refuse them in a request. */
export const ROOT = typeof location === 'undefined' ? '' : location.origin + new URL('.', import.meta.url).pathname;
export const API = `${ROOT}api/v1/`;

/** The path of the login. */
export const SESSION = 'session';
/** The event of a call that the role of the user does not permit, although the page did not know that. */
export const FORBIDDEN = 'understudy-forbidden';

interface Problem {
  detail?: string;
  remedy?: string;
  code?: string;
  findings?: Finding[];
}

/** The error of a call, with the findings and the remedy of the server. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly remedy: string;
  readonly findings: Finding[];

  /** @param status of HTTP; 0 if there was no response */
  constructor(status: number, problem: Problem) {
    super(problem.detail ?? `The server answered with status ${status} and no explanation.`);
    this.status = status;
    this.code = problem.code ?? '';
    this.remedy = problem.remedy ?? '';
    this.findings = problem.findings ?? [];
  }
}

/** The error of a response that is not a success. */
export async function problemOf(response: Response): Promise<ApiError> {
  return new ApiError(response.status, (await response.json().catch(() => ({}))) as Problem);
}

export interface CallOptions {
  body?: unknown;
  /** A document instead of a body. */
  xml?: string;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Sends a request and returns the response, which is a success. */
export async function send(method: string, path: string, { body, xml, headers, signal }: CallOptions = {}): Promise<Response> {
  let response;
  try {
    response = await fetch(API + path, {
      method,
      // A page of another site cannot send this header, so it cannot act as the user.
      headers: {
        'X-Requested-With': 'understudy-console',
        ...(xml !== undefined ? { 'Content-Type': 'application/xml;charset=utf-8' } : body !== undefined ? { 'Content-Type': 'application/json' } : {}),
        ...headers,
      },
      ...(xml !== undefined ? { body: xml } : body !== undefined ? { body: JSON.stringify(body) } : {}),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError(0, { detail: 'The server is unreachable.', remedy: 'Check that Karaf is running, then retry.' });
  }
  if (response.status === 403 && path !== SESSION) dispatchEvent(new Event(FORBIDDEN));
  if (!response.ok) throw await problemOf(response);
  return response;
}

/** The JSON of a response; empty if it has none. */
export async function call<T>(method: string, path: string, options: CallOptions = {}): Promise<T> {
  return (await (await send(method, path, options)).json().catch(() => ({}))) as T;
}

/** The text of a document, which has the encoding that it names itself. */
export async function documentOf(response: Response): Promise<string> {
  const charset = /charset=([\w-]+)/i.exec(response.headers.get('Content-Type') ?? '')?.[1];
  return new TextDecoder(charset ?? 'utf-8').decode(await response.arrayBuffer());
}

/** The query of the next page of a list; empty on the last one. */
export function nextPage(response: Response): string | undefined {
  return /^<(\?[^>]*)>; rel="next"$/.exec(response.headers.get('Link') ?? '')?.[1];
}

/** The path of a VM. The UUID, because a URL cannot contain every name; the host, because VMs of two hosts may have one UUID. */
export function vmPath(vm: { uuid: string; host: string }, part = '', query = ''): string {
  return `vms/${vm.uuid}${part ? `/${part}` : ''}?host=${encodeURIComponent(vm.host)}${query}`;
}
