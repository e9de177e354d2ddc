// SPDX-License-Identifier: Apache-2.0
// Draws the band of a migration: one row for each device, to scale. Lengths are attributes of SVG, because the content security
// policy of the console refuses style attributes. Rows have names, so that the meaning does not depend on color.

import { css, html, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import { duration } from '../model/time.ts';
import { type Band, type BandPath, type Segment, sums, ticks } from './band.ts';
import { title } from './words.ts';

export const bandStyles = css`
  .band { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: 0 .7rem; align-items: center; }
  .band svg { display: block; width: 100%; overflow: visible; font-size: .75rem; fill: var(--us-text); }
  .band .lane { background: var(--us-soft); margin-block: 1px; }
  .band rect { stroke-width: 2px; }
  .primary { fill: var(--us-primary); stroke: var(--us-primary); }
  .standby { fill: var(--us-standby); stroke: var(--us-standby); }
  .plain { fill: var(--us-plain); stroke: var(--us-plain); }
  .paused { fill: var(--us-paused); stroke: var(--us-paused); }
  .unmeasured { fill-opacity: .75; }
  .step { fill: none; stroke: var(--us-line); stroke-width: 1px; }
  .axis { stroke: var(--us-line); stroke-width: 1px; }
  .band figcaption { grid-column: 1 / -1; }
  @media (forced-colors: active) {
    .primary, .standby, .plain, .paused { fill: CanvasText; stroke: CanvasText; }
  }
  @media (max-width: 34rem) {
    .band { grid-template-columns: minmax(0, 1fr); }
  }
`;

const LANE = 22;

interface Lane {
  path: BandPath;
  name: string;
}

function lanes(emulated: boolean, segments: readonly Segment[]): Lane[] {
  if (segments.some((one) => one.path === 'plain')) return [{ path: 'plain', name: 'NIC' }, { path: 'paused', name: 'VM paused' }];
  return [
    { path: 'primary', name: emulated ? 'Emulated primary' : 'VF' },
    { path: 'standby', name: 'Standby NIC' },
    { path: 'paused', name: 'VM paused' },
  ];
}

const NAMES: Record<BandPath, string> = { primary: 'on the primary', standby: 'on the standby NIC', plain: 'on its NIC', paused: 'paused' };

/** The band in one sentence, for screen readers and as caption. */
export function summary({ total, segments }: Band): string {
  const parts = [...sums(segments)].map(([path, ms]) => `${duration(ms)} ${NAMES[path]}`);
  return `Traffic in ${duration(total)}: ${parts.join(', ')}.`;
}

export function bandView(band: Band, emulated: boolean): TemplateResult {
  const percent = (ms: number) => `${(ms / band.total) * 100}%`;
  const exact = band.segments.some((one) => one.measured);
  return html`<figure class="band" aria-label="Where the traffic ran, to scale">
    <span class="small quiet">Steps</span>
    <svg height="20" aria-hidden="true">${band.steps.map((one) => stepMark(band, percent, one))}</svg>
    ${lanes(emulated, band.segments).map((lane) => html`
      <span class="small">${lane.name}</span>
      <svg class="lane" height=${LANE} aria-hidden="true">${band.segments.filter((one) => one.path === lane.path)
        .map((one) => bar(band, percent, one))}</svg>`)}
    <span></span>
    <svg height="22" aria-hidden="true">${ticks(band.total).map((at) => svg`
      <line class="axis" x1=${percent(at)} x2=${percent(at)} y1="0" y2="5"></line>
      <text x=${percent(at)} y="18" text-anchor=${at === 0 ? 'start' : at > band.total * 0.93 ? 'end' : 'middle'}>${duration(at)}</text>`)}</svg>
    <figcaption class="small quiet">${summary(band)} ${exact
      ? 'The pause and the time on standby are as measured; the other boundaries are the ends of steps.'
      : 'The boundaries are the ends of steps.'}</figcaption>
  </figure>`;
}

function stepMark(band: Band, percent: (ms: number) => string, one: Band['steps'][number]): SVGTemplateResult {
  const number = 1 + ['preflight', 'lease', 'to-standby', 'copy', 'switch', 'to-primary', 'release'].indexOf(one.step);
  const wide = (one.to - one.from) / band.total > 0.025;
  return svg`<g><title>${number} ${title(one.step)}: ${duration(one.to - one.from)}</title>
    <rect class="step" x=${percent(one.from)} y="2" width=${percent(one.to - one.from)} height="16"></rect>
    ${wide ? svg`<text x=${percent((one.from + one.to) / 2)} y="14" text-anchor="middle">${number}</text>` : ''}</g>`;
}

/** The length of the pause is beside its bar, on the side with more room. */
function bar(band: Band, percent: (ms: number) => string, one: Segment): SVGTemplateResult {
  const length = one.to - one.from;
  const right = one.to < band.total / 2;
  return svg`<rect class="${one.path} ${one.measured ? '' : 'unmeasured'}" x=${percent(one.from)} y="3" width=${percent(length)} height=${LANE - 6}></rect>
    ${one.path === 'paused'
      ? svg`<text x=${percent(right ? one.to : one.from)} dx=${right ? 6 : -6} y="15" text-anchor=${right ? 'start' : 'end'}>${duration(length)}</text>`
      : ''}`;
}
