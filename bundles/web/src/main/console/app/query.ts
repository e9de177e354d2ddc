// SPDX-License-Identifier: Apache-2.0
// The filter of a page, which is a part of its address.

import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { router } from './context.ts';

export class AddressQuery<Key extends string> implements ReactiveController {
  private values: Partial<Record<Key, string>> = {};
  private path = '';

  /** @param changed called after each change of a value */
  constructor(
    private readonly host: ReactiveControllerHost, private readonly keys: readonly Key[], private readonly changed: () => void = () => {},
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.path = location.pathname;
    this.read();
    router.addEventListener('route', this.navigated);
  }

  hostDisconnected(): void {
    router.removeEventListener('route', this.navigated);
  }

  /** A link to this page with another filter. */
  private readonly navigated = (): void => {
    if (location.pathname !== this.path) return;
    this.read();
    this.changed();
    this.host.requestUpdate();
  };

  private read(): void {
    const parameters = new URLSearchParams(location.search);
    this.values = {};
    for (const key of this.keys) this.values[key] = parameters.get(key) ?? '';
  }

  get(key: Key): string {
    return this.values[key] ?? '';
  }

  /** Whether a value is set. */
  get filters(): boolean {
    return this.keys.some((key) => this.get(key) !== '');
  }

  set(part: Partial<Record<Key, string>>): void {
    this.values = { ...this.values, ...part };
    const parameters = new URLSearchParams();
    for (const key of this.keys) if (this.get(key) !== '') parameters.set(key, this.get(key));
    router.replaceQuery(parameters);
    this.changed();
    this.host.requestUpdate();
  }

  /** Sets one value. */
  setter(key: Key): (value: string) => void {
    return (value) => { this.set({ [key]: value } as Partial<Record<Key, string>>); };
  }
}
