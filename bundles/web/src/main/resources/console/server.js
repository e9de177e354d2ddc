// SPDX-License-Identifier: Apache-2.0
// Talks to the server: calls that change something, and the stream of events.

// A page opened with user and password in its address must not pass them on: browsers refuse that.
const ROOT = `${location.origin}${location.pathname.replace(/[^/]*$/, '')}api/v1/`;

/** A call's error, with the server's findings and remedy. */
export class Refusal extends Error {
  constructor(problem) {
    super(problem.detail ?? 'The server did not answer as expected.');
    this.remedy = problem.remedy ?? '';
    this.findings = problem.findings ?? [];
  }
}

export async function call(method, path, body) {
  // No other site's page can send this header, so none can act in the admin's name.
  const headers = { 'X-Requested-With': 'understudy-console' };
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(ROOT + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch {
    throw new Refusal({ detail: 'The server does not answer.', remedy: 'Check that it runs, then try again.' });
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Refusal(answer);
  return answer;
}

const AGAIN_MS = 2000;

/** Delivers events for as long as the page is open, over as many connections as that takes. */
export function listen(handlers, connected) {
  const source = new EventSource(`${ROOT}events`);
  source.onopen = () => connected(true);
  source.onerror = () => {
    connected(false);
    if (source.readyState === EventSource.CLOSED) setTimeout(() => listen(handlers, connected), AGAIN_MS);
  };
  for (const [type, handle] of Object.entries(handlers)) {
    source.addEventListener(type, (event) => handle(JSON.parse(event.data)));
  }
}
