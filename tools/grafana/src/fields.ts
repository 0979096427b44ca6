// Grafana's field options: what its panel plugins register, which are not published.
import {
  type DataFrame,
  type FieldConfigSource,
  FieldConfigOptionsRegistry,
  applyFieldOverrides,
  cacheFieldDisplayNames,
  dataLinksOverrideProcessor,
  displayNameOverrideProcessor,
  identityOverrideProcessor,
  numberOverrideProcessor,
  standardFieldConfigEditorRegistry,
  standardTransformers,
  standardTransformersRegistry,
  stringOverrideProcessor,
  thresholdsOverrideProcessor,
  transformDataFrame,
  unitOverrideProcessor,
  valueMappingsOverrideProcessor,
} from '@grafana/data';
import { theme, interpolate } from './environment';

const option = (path: string, process: any, more = {}): any => ({
  id: path,
  path,
  name: path,
  description: '',
  editor: () => null,
  override: () => null,
  process,
  shouldApply: () => true,
  ...more,
});

const STANDARD = [
  option('unit', unitOverrideProcessor),
  option('min', numberOverrideProcessor),
  option('max', numberOverrideProcessor),
  option('decimals', numberOverrideProcessor),
  option('displayName', displayNameOverrideProcessor),
  option('noValue', stringOverrideProcessor),
  option('color', identityOverrideProcessor),
  option('thresholds', thresholdsOverrideProcessor),
  option('mappings', valueMappingsOverrideProcessor),
  option('links', dataLinksOverrideProcessor),
  option('filterable', identityOverrideProcessor),
];

// Defaults of the panels "timeseries" and "table" where a dashboard leaves them out.
const CUSTOM: Record<string, Record<string, unknown>> = {
  timeseries: {
    drawStyle: 'line',
    lineInterpolation: 'linear',
    lineWidth: 1,
    lineStyle: undefined,
    fillOpacity: 0,
    gradientMode: 'none',
    showPoints: 'auto',
    pointSize: 5,
    insertNulls: false,
    spanNulls: false,
    axisPlacement: 'auto',
    axisLabel: '',
    axisColorMode: 'text',
    axisBorderShow: false,
    axisCenteredZero: false,
    axisSoftMin: undefined,
    axisSoftMax: undefined,
    barAlignment: 0,
    barWidthFactor: 0.6,
    stacking: { mode: 'none', group: 'A' },
    scaleDistribution: { type: 'linear' },
    hideFrom: { legend: false, tooltip: false, viz: false },
    thresholdsStyle: { mode: 'off' },
  },
  table: {
    align: 'auto',
    inspect: false,
    width: undefined,
    minWidth: undefined,
    hideFrom: undefined,
    cellOptions: { type: 'auto' },
  },
};

standardFieldConfigEditorRegistry.setInit(() => STANDARD);
standardTransformersRegistry.setInit(() => {
  const known = new Map(Object.values(standardTransformers).map((each: any) => [each.id, each]));
  return [...known.values()].map((each: any) => ({
    id: each.id,
    name: each.name,
    transformation: async () => each,
    editor: () => null,
    imageDark: '',
    imageLight: '',
  })) as any;
});

export function transformed(panel: any, frames: DataFrame[]): Promise<DataFrame[]> {
  const steps = panel.transformations ?? [];
  if (!steps.length || !frames.length) {
    return Promise.resolve(frames);
  }
  return new Promise((done) => transformDataFrame(steps, frames).subscribe(done));
}

export function fieldConfig(panel: any): FieldConfigSource {
  const config = structuredClone(panel.fieldConfig);
  const { defaults } = config;
  defaults.custom = { ...CUSTOM[panel.type], ...defaults.custom };
  defaults.color ??= { mode: panel.type === 'timeseries' ? 'palette-classic' : 'thresholds' };
  defaults.thresholds ??= {
    mode: 'absolute',
    steps: [
      { value: null, color: 'green' },
      { value: 80, color: 'red' },
    ],
  };
  defaults.thresholds.steps[0].value = -Infinity;
  return config;
}

export function configured(panel: any, frames: DataFrame[], config: FieldConfigSource): DataFrame[] {
  const custom = Object.entries(CUSTOM[panel.type] ?? {}).map(([path, value]) =>
    option(path, identityOverrideProcessor, { id: `custom.${path}`, isCustom: true, defaultValue: value })
  );
  const data = applyFieldOverrides({
    data: frames,
    fieldConfig: config,
    fieldConfigRegistry: new FieldConfigOptionsRegistry(() => [...STANDARD, ...custom]),
    replaceVariables: interpolate,
    theme,
    timeZone: 'utc',
  });
  cacheFieldDisplayNames(data);
  return data;
}
