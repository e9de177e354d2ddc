// SPDX-License-Identifier: Apache-2.0
// Styles of the custom elements. They look the same in a page that has nothing else of the console: each color has a value of
// its own, and PatternFly's where the page has it.

import { css } from 'lit';

export const base = css`
  :host {
    --us-back: var(--pf-t--global--background--color--primary--default, light-dark(#fff, #1f1f1f));
    --us-soft: var(--pf-t--global--background--color--secondary--default, light-dark(#f2f2f2, #151515));
    --us-text: var(--pf-t--global--text--color--regular, light-dark(#151515, #fff));
    --us-quiet: var(--pf-t--global--text--color--subtle, light-dark(#4d4d4d, #c7c7c7));
    --us-line: var(--pf-t--global--border--color--default, light-dark(#c7c7c7, #707070));
    --us-accent: var(--pf-t--global--color--brand--default, light-dark(#06c, #92c5f9));
    --us-on-accent: var(--pf-t--global--text--color--on-brand--default, light-dark(#fff, #1f1f1f));
    --us-bad: var(--pf-t--global--color--status--danger--default, light-dark(#b1380b, #f0561d));
    --us-warn: var(--pf-t--global--color--status--warning--default, light-dark(#b98412, #ffcc17));
    --us-good: var(--pf-t--global--color--status--success--default, light-dark(#3d7317, #87bb62));
    --us-primary: light-dark(#147878, #63bdbd);
    --us-standby: light-dark(#dca614, #ffcc17);
    --us-plain: light-dark(#876fd4, #b6a6e9);
    --us-paused: light-dark(#a60000, #fe5142);
    display: block;
    color: var(--us-text);
    font: inherit;
    line-height: 1.5;
  }
  :host([hidden]) { display: none; }
  *, *::before, *::after { box-sizing: border-box; }
  p, ul, ol, dl, h2, h3, figure { margin: 0; }
  ul, ol { padding: 0; list-style: none; }
  h2 { font-size: 1.25rem; font-weight: 500; }
  h3 { font-size: 1rem; font-weight: 600; }
  button, select, input[type='text'], input[type='number'] {
    font: inherit;
    color: inherit;
    background: var(--us-back);
    border: 1px solid var(--us-line);
    border-radius: 6px;
    padding: .3rem .8rem;
    min-height: 2rem;
  }
  button { cursor: pointer; }
  button[aria-disabled='true'] { color: var(--us-quiet); cursor: default; border-style: dashed; }
  button.main:not([aria-disabled='true']) { background: var(--us-accent); border-color: var(--us-accent); color: var(--us-on-accent); }
  button.danger:not([aria-disabled='true']) { background: var(--us-bad); border-color: var(--us-bad); color: light-dark(#fff, #151515); }
  :focus-visible { outline: 2px solid var(--us-accent); outline-offset: 2px; }
  .quiet { color: var(--us-quiet); }
  .small { font-size: .875rem; }
  .findings { display: grid; gap: .5rem; }
  .finding { border-left: 4px solid var(--us-line); padding-left: .6rem; overflow-wrap: anywhere; }
  .finding.error { border-color: var(--us-bad); }
  .finding.warning { border-color: var(--us-warn); }
  .finding .severity { font-weight: 600; }
  .visually-hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
  dialog {
    color: inherit;
    background: var(--us-back);
    border: 1px solid var(--us-line);
    border-radius: 12px;
    padding: 1.2rem;
    width: min(46rem, calc(100vw - 1rem));
    max-height: calc(100dvh - 1rem);
    overflow: auto;
  }
  dialog::backdrop { background: rgb(0 0 0 / 50%); }
  dialog > form, dialog > div { display: grid; grid-template-columns: minmax(0, 1fr); gap: .9rem; }
  dialog footer { display: flex; flex-wrap: wrap; justify-content: flex-end; gap: .5rem; }
  @media (forced-colors: active) {
    button.main, button.danger { border-width: 2px; forced-color-adjust: auto; }
  }
  @media (prefers-reduced-motion: reduce) {
    * { transition: none !important; animation: none !important; }
  }
`;
