// SPDX-License-Identifier: Apache-2.0
// The connection to the server: REST calls and the stream of events.

// Without user and password of the address of the page: browsers refuse them in a request.
const ROOT = `${location.origin}${location.pathname.replace(/[^/]*$/, '')}api/v1/`;

/** The error of a REST call, with the findings and the remedy of the server. */
export class ApiError extends Error {
  constructor(problem) {
    super(problem.detail ?? 'The server sent an unexpected response.');
    this.remedy = problem.remedy ?? '';
    this.findings = problem.findings ?? [];
  }
}

export async function call(method, path, body) {
  // A page of another site cannot send this header, so it cannot act as the admin.
  const headers = { 'X-Requested-With': 'understudy-console' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(ROOT + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new ApiError({ detail: 'The server is unreachable.', remedy: 'Check that Karaf is running, then retry.' });
  }
  const result = await response.json().catch(() => ({}));
  if (!response.ok) throw new ApiError(result);
  return result;
}

const RECONNECT_MS = 2000;

/** Delivers events while the page is open, and reconnects if necessary. */
export function listen(handlers, connected) {
  const source = new EventSource(`${ROOT}events`);
  source.onopen = () => connected(true);
  source.onerror = () => {
    connected(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(handlers, connected), RECONNECT_MS);
  };
  for (const [type, handle] of Object.entries(handlers)) {
    source.addEventListener(type, (event) => handle(JSON.parse(event.data)));
  }
}
