// SPDX-License-Identifier: Apache-2.0
// The base of the elements that make up the page. They render into the document, so that its style sheet applies to them.

import { LitElement } from 'lit';
import { store } from '../app/context.ts';
import type { Topic } from '../model/store.ts';

export abstract class PageElement extends LitElement {
  /** Changes that render the element again. */
  protected readonly topics: readonly Topic[] = ['connection', 'session'];
  private unlisten: () => void = () => {};

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.unlisten = store.listen(this.topics, () => this.requestUpdate());
  }

  override disconnectedCallback(): void {
    this.unlisten();
    super.disconnectedCallback();
  }
}
