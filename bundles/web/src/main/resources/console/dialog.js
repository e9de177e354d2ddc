// SPDX-License-Identifier: Apache-2.0
// The only dialog of the page: for a question or a message.

import { findings, h } from './dom.js';

const dialog = document.getElementById('dialog');

/** Shows a question; true if it was confirmed. `content` receives the confirming button, so that it can disable it. */
export function ask(title, verb, content) {
  const confirmButton = h('button', { type: 'submit', value: 'yes', className: 'primary' }, verb);
  return show(title, content(confirmButton), h('button', { type: 'submit', value: 'no' }, 'Cancel'), confirmButton);
}

export function showMessage(title, ...content) {
  return show(title, content, h('button', { type: 'submit', value: 'no', className: 'primary' }, 'Close'));
}

/** Runs an action, and shows the error of the server if it fails. */
export async function attempt(title, action) {
  try {
    await action();
  } catch (error) {
    await showMessage(title, h('p', {}, error.message), findings(error.findings ?? []), h('p', { className: 'remedy' }, error.remedy));
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
