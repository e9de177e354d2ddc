// SPDX-License-Identifier: Apache-2.0
// Header, navigation and the current page.

import { html, nothing, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { announce } from '../parts/announce.ts';
import { PageElement } from '../parts/element.ts';
import { emptyState, pageHead } from '../parts/head.ts';
import { icon } from '../parts/icons.ts';
import { label } from '../parts/labels.ts';
import { ROOT } from '../model/rest.ts';
import { clock } from '../model/time.ts';
import { router, store } from './context.ts';
import { href, type Route } from './router.ts';
import { logOut } from './session.ts';

const LINKS: { page: Route['page']; text: string }[] = [
  { page: 'vms', text: 'VMs' },
  { page: 'pools', text: 'VF pools' },
  { page: 'hosts', text: 'Hosts' },
  { page: 'migrations', text: 'Migrations' },
  { page: 'events', text: 'Events' },
  { page: 'audit', text: 'Audit' },
  { page: 'tokens', text: 'Tokens' },
  { page: 'configuration', text: 'Configuration' },
  { page: 'help', text: 'Help' },
];

/** The entry of the navigation that a page belongs to. */
const PARENTS: Partial<Record<Route['page'], Route['page']>> = { vm: 'vms', migration: 'migrations' };

@customElement('understudy-frame')
export class Frame extends PageElement {
  protected override readonly topics = ['connection', 'session', 'configuration'] as const;
  @state() private route: Route = router.route;
  /** Of a narrow window, where it covers the page. */
  @state() private menuOpen = false;
  private wasLive = true;

  override connectedCallback(): void {
    super.connectedCallback();
    router.addEventListener('route', (event) => this.show((event as CustomEvent<{ back: boolean }>).detail.back));
    router.start();
  }

  private async show(back: boolean): Promise<void> {
    const first = !this.hasUpdated;
    this.route = router.route;
    this.menuOpen = false;
    await this.updateComplete;
    if (first) return;
    // The page element renders after this one.
    requestAnimationFrame(() => {
      const title = this.querySelector<HTMLElement>('#scroller h1');
      title?.focus({ preventScroll: true });
      const scroller = this.querySelector('#scroller');
      if (scroller) scroller.scrollTop = back ? router.position() : 0;
      announce(title?.textContent ?? '');
    });
  }

  protected override updated(): void {
    const live = store.connection.state !== 'lost';
    if (live !== this.wasLive) announce(live ? 'Connected to the server again.' : 'The connection to the server is lost.');
    this.wasLive = live;
  }

  protected override render() {
    return html`
      <div class="pf-v6-c-page">
        <div class="pf-v6-c-skip-to-content"><a class="pf-v6-c-button pf-m-primary" href="#scroller"
          @click=${(event: Event) => { event.preventDefault(); this.querySelector<HTMLElement>('#scroller h1')?.focus(); }}><span
          class="pf-v6-c-button__text">Skip to content</span></a></div>
        ${this.header()}
        <div class="pf-v6-c-page__sidebar ${this.menuOpen ? 'pf-m-expanded us-menu-open' : 'us-menu-closed'}" id="navigation">
          <div class="pf-v6-c-page__sidebar-body">${this.navigation()}</div>
        </div>
        <div class="pf-v6-c-page__main-container">
          <main class="pf-v6-c-page__main" id="scroller">
            <section class="pf-v6-c-page__main-section">${this.page()}</section>
          </main>
        </div>
      </div>
      <p id="announcer" class="pf-v6-screen-reader" role="status" aria-live="polite"></p>`;
  }

  private header(): TemplateResult {
    return html`<header class="pf-v6-c-masthead us-masthead">
      <button type="button" class="pf-v6-c-button pf-m-plain us-menu" aria-label="Navigation" aria-expanded=${this.menuOpen}
        aria-controls="navigation" @click=${() => { this.menuOpen = !this.menuOpen; }}>${icon('menu')}</button>
      <a class="us-brand" href=${href('vms')}><img src="${ROOT}icon.svg" alt="" width="28" height="28"><span>Understudy</span></a>
      <div class="us-masthead__end">
        ${this.connection()}
        ${this.user()}
      </div>
    </header>`;
  }

  private connection(): TemplateResult {
    const { state: connected, since, reason } = store.connection;
    if (connected === 'live') return label('live', 'good', { title: 'Changes appear as they happen.' });
    if (connected === 'connecting') return label('connecting');
    return label(`stale since ${clock(since ?? new Date())}`, 'bad', {
      glyph: 'warning',
      title: `${reason ?? 'The server does not answer.'} Actions are disabled. The page reconnects by itself.`,
    });
  }

  private user(): TemplateResult | typeof nothing {
    const { session } = store;
    if (!session) return nothing;
    return html`<span class="us-user">${icon('user')} <span>${session.user}</span> <span class="us-quiet">${session.role}</span></span>
      ${session.canLogOut
        ? html`<button type="button" class="pf-v6-c-button pf-m-link pf-m-small" @click=${logOut}><span
            class="pf-v6-c-button__text">Log out</span></button>`
        : nothing}`;
  }

  private navigation(): TemplateResult {
    const current = PARENTS[this.route.page] ?? this.route.page;
    return html`<nav class="pf-v6-c-nav" aria-label="Pages"><ul class="pf-v6-c-nav__list" role="list">
      ${LINKS.map(({ page, text }) => html`<li class="pf-v6-c-nav__item">
        <a class="pf-v6-c-nav__link ${page === current ? 'pf-m-current' : ''}" href=${href(page)}
          aria-current=${page === current ? 'page' : nothing}><span class="pf-v6-c-nav__link-text">${text}</span>
          ${page === 'configuration' && store.configuration.length > 0
            ? html`<span class="us-nav-mark">${icon('warning')}<span class="pf-v6-screen-reader">has findings</span></span>`
            : nothing}</a>
      </li>`)}
    </ul></nav>`;
  }

  private page(): TemplateResult {
    const { route } = this;
    switch (route.page) {
      case 'vms': return html`<understudy-vms-page></understudy-vms-page>`;
      case 'vm': return html`<understudy-vm-page .uuid=${route.uuid} .host=${route.host}></understudy-vm-page>`;
      case 'pools': return html`<understudy-pools-page></understudy-pools-page>`;
      case 'hosts': return html`<understudy-hosts-page></understudy-hosts-page>`;
      case 'migrations': return html`<understudy-migrations-page></understudy-migrations-page>`;
      case 'migration': return html`<understudy-migration-page .migration=${route.id}></understudy-migration-page>`;
      case 'events': return html`<understudy-events-page></understudy-events-page>`;
      case 'audit': return html`<understudy-audit-page></understudy-audit-page>`;
      case 'tokens': return html`<understudy-tokens-page></understudy-tokens-page>`;
      case 'configuration': return html`<understudy-configuration-page></understudy-configuration-page>`;
      case 'help': return html`<understudy-help-page></understudy-help-page>`;
      case 'unknown': return html`${pageHead('Page not found')}${emptyState('This address has no page', html`
        <a href=${href('vms')}>Show VMs</a>`)}`;
    }
  }
}
