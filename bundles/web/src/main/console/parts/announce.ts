// SPDX-License-Identifier: Apache-2.0

/** Announces a text to screen readers. */
export function announce(text: string): void {
  const region = document.getElementById('announcer');
  if (!region) return;
  // The same text twice is announced twice only if the region changes.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
