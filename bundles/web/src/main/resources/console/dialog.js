// SPDX-License-Identifier: Apache-2.0
// The page's one dialog: it asks, or it tells.

import { findings, h } from './dom.js';

const dialog = document.getElementById('dialog');

/** Shows a question; true if it was confirmed. `content` gets the confirming button, to disable it as it sees fit. */
export function ask(title, verb, content) {
  const go = h('button', { type: 'submit', value: 'yes', className: 'primary' }, verb);
  return show(title, content(go), h('button', { type: 'submit', value: 'no' }, 'Cancel'), go);
}

export function tell(title, ...content) {
  return show(title, content, h('button', { type: 'submit', value: 'no', className: 'primary' }, 'Close'));
}

/** Does something, and shows the server's refusal if it does not come off. */
export async function attempt(title, work) {
  try {
    await work();
  } catch (refusal) {
    await tell(title, h('p', {}, refusal.message), findings(refusal.findings ?? []), h('p', { className: 'remedy' }, refusal.remedy));
  }
}

function show(title, content, ...buttons) {
  if (dialog.open) dialog.close('no');
  dialog.returnValue = 'no';
  dialog.replaceChildren(h('form', { method: 'dialog' },
    h('h2', { id: 'dialog-title' }, title), content, h('footer', {}, buttons)));
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => resolve(dialog.returnValue === 'yes'), { once: true });
  });
}
