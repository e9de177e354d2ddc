// SPDX-License-Identifier: Apache-2.0
// The script for the page of another management server; see docs/integration.md. It defines two elements:
//
//   <understudy-switch server="https://HOST/understudy/" token="..." vm-id="UUID" vm-host="alpha" nic-id="net0">
//   <understudy-timeline server="https://HOST/understudy/" token="..." vm-id="UUID">, or migration-id="ID"
//
// Instead of the attribute `token` a page can set the property `tokenSource`, a function that returns a token for each call.

import { EmbeddedSwitch } from './embedded-switch.ts';
import { EmbeddedTimeline } from './embedded-timeline.ts';

customElements.define('understudy-switch', EmbeddedSwitch);
customElements.define('understudy-timeline', EmbeddedTimeline);
