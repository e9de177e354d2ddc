// SPDX-License-Identifier: Apache-2.0

import { html, type TemplateResult } from 'lit';

const PATHS = {
  menu: 'M2 4h12M2 8h12M2 12h12',
  down: 'M4 6l4 4 4-4',
  right: 'M6 4l4 4-4 4',
  up: 'M4 10l4-4 4 4',
  both: 'M5 6l3-3 3 3M5 10l3 3 3-3',
  check: 'M3 8.5l3.5 3.5L13 5',
  close: 'M4 4l8 8M12 4l-8 8',
  error: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13M8 4.5v4.5M8 11v.6',
  warning: 'M8 2L1.5 13.5h13zM8 6.5v3.5M8 11.6v.5',
  notice: 'M8 1.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13M8 7.2v4M8 4.6v.6',
  user: 'M8 8.5a3 3 0 1 0 0-6a3 3 0 0 0 0 6M2.5 14c.6-3 2.8-4 5.5-4s4.9 1 5.5 4',
} as const;

export type IconName = keyof typeof PATHS;

/** A decoration: the text next to it has the meaning. */
export function icon(name: IconName): TemplateResult {
  return html`<svg class="us-icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${PATHS[name]}></path></svg>`;
}
