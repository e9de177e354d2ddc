// SPDX-License-Identifier: Apache-2.0
// Pages have addresses below /understudy; following a link to one does not load the page again.

import { ROOT } from '../model/rest.ts';

export type Route =
  | { page: 'vms' | 'pools' | 'hosts' | 'migrations' | 'events' | 'audit' | 'tokens' | 'configuration' | 'help' | 'unknown' }
  | { page: 'vm'; uuid: string; host: string | undefined }
  | { page: 'migration'; id: string };

const LISTS = new Set(['vms', 'pools', 'hosts', 'migrations', 'events', 'audit', 'tokens', 'configuration', 'help']);

/** @param path below the folder of the console, without a leading slash */
export function parse(path: string, query: string): Route {
  const [page = '', id = '', ...more] = path.replace(/\/$/, '').split('/').map(decoded);
  if (more.length > 0) return { page: 'unknown' };
  if (page === '' && id === '') return { page: 'vms' };
  if (id === '') return LISTS.has(page) ? { page } as Route : { page: 'unknown' };
  if (page === 'vms') return { page: 'vm', uuid: id, host: new URLSearchParams(query).get('host') ?? undefined };
  if (page === 'migrations') return { page: 'migration', id };
  return { page: 'unknown' };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function href(path: string): string {
  return ROOT + path;
}

export function vmHref(vm: { uuid: string; host: string }): string {
  return href(`vms/${vm.uuid}?host=${encodeURIComponent(vm.host)}`);
}

export function migrationHref(id: string): string {
  return href(`migrations/${encodeURIComponent(id)}`);
}

/** Emits `route` after each navigation. */
export class Router extends EventTarget {
  route: Route = { page: 'vms' };
  private readonly positions = new Map<string, number>();

  /** Reads the address of the page, and follows links and the buttons of the browser from now on. */
  start(): void {
    document.addEventListener('click', (event) => this.click(event));
    addEventListener('popstate', () => this.update(true));
    this.update(false);
  }

  navigate(url: string): void {
    this.remember();
    history.pushState(null, '', url);
    this.update(false);
  }

  /** Changes the query of the address, such as a filter, without a navigation. */
  replaceQuery(query: URLSearchParams): void {
    const text = query.toString();
    history.replaceState(history.state, '', location.pathname + (text ? `?${text}` : ''));
  }

  /** Where the page was scrolled to when it was left. */
  position(): number {
    return this.positions.get(location.href) ?? 0;
  }

  private remember(): void {
    const main = document.getElementById('scroller');
    if (main) this.positions.set(location.href, main.scrollTop);
  }

  private update(back: boolean): void {
    this.route = parse(location.pathname.slice(new URL(ROOT).pathname.length), location.search);
    this.dispatchEvent(new CustomEvent('route', { detail: { back } }));
  }

  private click(event: MouseEvent): void {
    if (event.defaultPrevented || event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const link = event.composedPath().find((node): node is HTMLAnchorElement => node instanceof HTMLAnchorElement);
    if (!link || link.target || link.hasAttribute('download') || link.dataset['reload'] !== undefined) return;
    // A link to a part of this page is left to the browser.
    if (link.getAttribute('href')?.startsWith('#')) return;
    if (!link.href.startsWith(ROOT) || link.href.startsWith(`${ROOT}api/`)) return;
    if (parse(new URL(link.href).pathname.slice(new URL(ROOT).pathname.length), '').page === 'unknown') return;
    event.preventDefault();
    this.navigate(link.href);
  }
}
