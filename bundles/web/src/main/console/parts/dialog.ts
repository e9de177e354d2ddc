// SPDX-License-Identifier: Apache-2.0
// Questions and messages, in a native dialog: it keeps the focus inside, closes on Escape and returns the focus.

import { html, nothing, render, type TemplateResult } from 'lit';
import { ApiError } from '../model/rest.ts';
import { findingList, sorted } from './findings.ts';

export interface Question {
  title: string;
  /** The verb of the confirming button, with its object. */
  verb: string;
  danger?: boolean;
  /** The text that must be typed to confirm. */
  typed?: string;
  /** Why it cannot be confirmed; read at each update. */
  refusal?: () => string | undefined;
  /** Receives a function that renders the content again. */
  content: (update: () => void) => TemplateResult | typeof nothing;
  wide?: boolean;
  /** The button that does not confirm; read at each update. Default: Cancel. */
  cancel?: () => string;
}

/** Shows a question; true if it was confirmed. */
export function ask(question: Question): Promise<boolean> {
  return open((close, update, entered) => {
    const refusal = question.refusal?.()
      ?? (question.typed !== undefined && entered.text !== question.typed ? `Type ${question.typed} to confirm.` : undefined);
    return {
      title: question.title,
      wide: question.wide ?? false,
      danger: question.danger ?? false,
      body: html`${question.content(update)}
        ${question.typed === undefined ? nothing : html`
          <div class="pf-v6-c-form__group us-typed">
            <label for="typed">Type <strong>${question.typed}</strong> to confirm</label>
            <span class="pf-v6-c-form-control"><input id="typed" autocomplete="off" spellcheck="false" .value=${entered.text}
              @input=${(event: Event) => { entered.text = (event.target as HTMLInputElement).value; update(); }}></span>
          </div>`}`,
      buttons: html`
        <button type="submit" class="pf-v6-c-button ${question.danger ? 'pf-m-danger' : 'pf-m-primary'} ${refusal ? 'pf-m-aria-disabled' : ''}"
          aria-disabled=${refusal ? 'true' : nothing} aria-description=${refusal ?? nothing} title=${refusal ?? nothing}
          @click=${(event: Event) => { event.preventDefault(); if (!refusal) close(true); }}><span
          class="pf-v6-c-button__text">${question.verb}</span></button>
        <button type="button" class="pf-v6-c-button pf-m-link" @click=${() => close(false)}><span
          class="pf-v6-c-button__text">${question.cancel?.() ?? 'Cancel'}</span></button>`,
    };
  });
}

export async function showMessage(title: string, content: TemplateResult): Promise<void> {
  await open((close) => ({
    title, wide: false, danger: false, body: content,
    buttons: html`<button type="submit" class="pf-v6-c-button pf-m-primary"
      @click=${(event: Event) => { event.preventDefault(); close(false); }}><span class="pf-v6-c-button__text">Close</span></button>`,
  }));
}

/** The error of a call, with what the server advises. */
export function errorText(error: unknown): TemplateResult {
  if (!(error instanceof ApiError)) return html`<p>${error instanceof Error ? error.message : String(error)}</p>`;
  return html`<p>${error.message}</p>
    ${error.remedy ? html`<p class="us-quiet">${error.remedy}</p>` : nothing}
    ${findingList(sorted(error.findings))}`;
}

/** Runs an action, and shows the error of the server if it fails. */
export async function attempt(title: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch (error) {
    await showMessage(title, errorText(error));
    return false;
  }
}

interface Shown {
  title: string;
  wide: boolean;
  danger: boolean;
  body: unknown;
  buttons: unknown;
}

/** One dialog per question, so that a message can appear above a question. */
function open(draw: (close: (confirmed: boolean) => void, update: () => void, entered: { text: string }) => Shown): Promise<boolean> {
  const dialog = document.createElement('dialog');
  dialog.className = 'us-dialog';
  dialog.setAttribute('aria-labelledby', 'dialog-title');
  const opener = document.activeElement;
  const entered = { text: '' };
  let confirmed = false;
  const close = (answer: boolean) => { confirmed = answer; dialog.close(); };
  const update = () => {
    if (!dialog.isConnected) return;
    const { title, wide, danger, body, buttons } = draw(close, update, entered);
    dialog.classList.toggle('us-dialog--wide', wide);
    render(html`<form method="dialog" class="pf-v6-c-modal-box__form">
      <header class="pf-v6-c-modal-box__header"><h2 id="dialog-title"
        class="pf-v6-c-title pf-m-lg ${danger ? 'us-danger' : ''}">${title}</h2></header>
      <div class="pf-v6-c-modal-box__body us-flow" tabindex="-1">${body}</div>
      <footer class="pf-v6-c-modal-box__footer">${buttons}</footer>
    </form>`, dialog);
  };
  document.body.append(dialog);
  update();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      render(nothing, dialog);
      dialog.remove();
      // The element that opened the dialog may have been rendered anew.
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
      resolve(confirmed);
    }, { once: true });
  });
}
