// One panel: Grafana's published component of its kind, or what stands for it (src/heatmap.tsx).
import {
  type DataFrame,
  type FieldConfigSource,
  VizOrientation,
  getDisplayValueAlignmentFactors,
  getFieldDisplayValues,
} from '@grafana/data';
import { BigValue, TimeSeries, VizRepeater } from '@grafana/ui';
import { TableNG } from '@grafana/ui/unstable';
import { answers, interpolate, query, theme, timeRange } from './environment';
import { Heatmap } from './heatmap';

export interface Prepared {
  panel: any;
  data: DataFrame[];
  config: FieldConfigSource;
}

export function Body({ prepared, width, height }: { prepared: Prepared; width: number; height: number }) {
  const { panel, data } = prepared;
  const size = { width, height };
  if (panel.type === 'stat') {
    return <Stat prepared={prepared} {...size} />;
  }
  if (!data.some((frame) => frame.length)) {
    return <Empty text={panel.fieldConfig.defaults.noValue ?? 'No data'} height={height} />;
  }
  if (panel.type === 'timeseries') {
    return <Lines prepared={prepared} {...size} />;
  }
  if (panel.type === 'table') {
    return (
      <TableNG
        data={data[0]}
        {...size}
        noHeader={false}
        showTypeIcons={false}
        timeRange={timeRange}
        cellHeight={panel.options.cellHeight}
        structureRev={1}
        initialSortBy={panel.options.sortBy}
      />
    );
  }
  return <Heatmap series={answers.panels[panel.id].flatMap((answer) => answer.result)} {...size} />;
}

function Stat({ prepared, width, height }: { prepared: Prepared; width: number; height: number }) {
  const { options } = prepared.panel;
  const getValues = () =>
    getFieldDisplayValues({
      fieldConfig: prepared.config,
      reduceOptions: options.reduceOptions,
      replaceVariables: interpolate,
      theme,
      data: prepared.data,
      sparkline: options.graphMode !== 'none',
      timeZone: 'utc',
    } as any);
  return (
    <VizRepeater
      getValues={getValues}
      getAlignmentFactors={getDisplayValueAlignmentFactors as any}
      source={prepared}
      width={width}
      height={height}
      itemSpacing={3}
      autoGrid
      renderCounter={1}
      orientation={VizOrientation.Auto}
      renderValue={({ value, width, height, count, alignmentFactors }: any) => {
        if (value.sparkline) {
          value.sparkline.timeRange = timeRange;
        }
        return (
          <BigValue
            value={value.display}
            count={count}
            sparkline={value.sparkline}
            colorMode={options.colorMode}
            graphMode={options.graphMode}
            justifyMode={options.justifyMode}
            textMode={options.textMode}
            alignmentFactors={alignmentFactors}
            width={width}
            height={height}
            theme={theme}
            wideLayout={options.wideLayout}
          />
        );
      }}
    />
  );
}

function Lines({ prepared, width, height }: { prepared: Prepared; width: number; height: number }) {
  const { panel, data } = prepared;
  return (
    <TimeSeries
      frames={data}
      structureRev={1}
      width={width}
      height={height}
      timeRange={timeRange}
      timeZone={query.get('zone') ?? 'utc'}
      legend={panel.options.legend}
      options={panel.options}
    >
      {(config: any) => {
        if (!config.annotated) {
          config.annotated = true;
          config.addHook('draw', annotate);
        }
        return null;
      }}
    </TimeSeries>
  );
}

// Vertical lines of annotations; a region where an event has a beginning and an end.
function annotate(plot: any) {
  const { ctx, bbox } = plot;
  for (const { color, events } of answers.annotations) {
    for (const [start, end] of events) {
      if (end < answers.from || start > answers.to) {
        continue;
      }
      const x = plot.valToPos(start, 'x', true);
      ctx.save();
      ctx.strokeStyle = ctx.fillStyle = theme.visualization.getColorByName(color);
      ctx.setLineDash([5, 5]);
      ctx.lineWidth = 2;
      ctx.beginPath();
      ctx.moveTo(x, bbox.top);
      ctx.lineTo(x, bbox.top + bbox.height);
      ctx.stroke();
      ctx.globalAlpha = 0.1;
      ctx.fillRect(x, bbox.top, plot.valToPos(end, 'x', true) - x, bbox.height);
      ctx.restore();
    }
  }
}

function Empty({ text, height }: { text: string; height: number }) {
  const style = { height, display: 'grid', placeItems: 'center', color: theme.colors.text.secondary };
  return (
    <div data-empty style={{ ...style, textAlign: 'center', padding: 8 }}>
      {text}
    </div>
  );
}
