// SPDX-License-Identifier: Apache-2.0

import { html, type TemplateResult } from 'lit';

/**
 * A table whose rows become blocks in a narrow window. The roles keep it a table for screen readers then. The first cell names
 * its row.
 */
export function dataTable<T>(
  name: string, columns: readonly string[], items: readonly T[], cells: (item: T) => readonly unknown[],
): TemplateResult {
  return html`<table class="pf-v6-c-table pf-m-compact us-table us-data" role="table" aria-label=${name}>
    <thead class="pf-v6-c-table__thead" role="rowgroup"><tr class="pf-v6-c-table__tr" role="row">
      ${columns.map((text) => html`<th class="pf-v6-c-table__th" scope="col" role="columnheader">${text}</th>`)}</tr></thead>
    <tbody class="pf-v6-c-table__tbody" role="rowgroup">${items.map((item) => html`<tr class="pf-v6-c-table__tr" role="row">
      ${cells(item).map((cell, index) => (index === 0
        ? html`<th class="pf-v6-c-table__td" scope="row" role="rowheader">${cell}</th>`
        : html`<td class="pf-v6-c-table__td" role="cell" data-label=${columns[index] ?? ''}>${cell}</td>`))}</tr>`)}</tbody>
  </table>`;
}
