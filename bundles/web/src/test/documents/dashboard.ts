// SPDX-License-Identifier: Apache-2.0
// The form of the dashboard, by the types of Grafana's foundation SDK: there, a panel and a query can be of any kind.

import type { Dashboard, Panel } from '@grafana/grafana-foundation-sdk/dashboard';
import type { Dataquery } from '@grafana/grafana-foundation-sdk/prometheus';
import type { Options } from '@grafana/grafana-foundation-sdk/timeseries';

type Query = Omit<Dataquery, '_implementsDataqueryVariant' | 'dataqueryName'>;

interface TimeSeries extends Omit<Panel, 'targets' | 'options' | 'type'> {
  type: 'timeseries';
  targets: Query[];
  options: Options;
}

export interface Document extends Omit<Dashboard, 'panels'> {
  panels: TimeSeries[];
}
