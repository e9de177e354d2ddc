// SPDX-License-Identifier: Apache-2.0

import { html, type TemplateResult } from 'lit';
import { icon } from './icons.ts';

/** The header of a column that orders the table. */
export function sortHeader<Key extends string>(
  text: string, key: Key, sort: string, descending: boolean, className: string, changed: (sort: Key, descending: boolean) => void,
): TemplateResult {
  const current = key === sort;
  return html`<th class="pf-v6-c-table__th ${className}" scope="col" aria-sort=${current ? (descending ? 'descending' : 'ascending') : 'none'}>
    <button type="button" class="us-sort ${current ? 'us-sort--current' : ''}" @click=${() => changed(key, current && !descending)}>${text}
      ${icon(current ? (descending ? 'down' : 'up') : 'both')}</button></th>`;
}
