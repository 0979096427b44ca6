// Prometheus's answers as data frames, as Grafana's Prometheus source makes them.
import { type DataFrame, FieldType, toDataFrame } from '@grafana/data';
import type { Answers } from './environment';

const named = (format: string, metric: Record<string, string>) =>
  format.replace(/\{\{\s*(.+?)\s*\}\}/g, (_, label) => metric[label] ?? '');

export function frames(panel: any, answers: Answers): DataFrame[] {
  const answered = answers.panels[panel.id];
  const responding = answered.filter((answer) => answer.result.length);
  return panel.targets.flatMap((target: any, index: number) => {
    const { result } = answered[index];
    if (target.format === 'table') {
      // The column of the only query that answers is "Value", without its letter.
      return result.length ? [table(target, result, responding.length > 1)] : [];
    }
    return result.map((series) => line(target, series, answered[index].step));
  });
}

function table(target: any, result: any[], lettered: boolean): DataFrame {
  const labels = [...new Set(result.flatMap((series) => Object.keys(series.metric)))].sort();
  return toDataFrame({
    refId: target.refId,
    fields: [
      { name: 'Time', type: FieldType.time, values: result.map((series) => series.value[0] * 1000) },
      ...labels.map((label) => ({
        name: label,
        type: FieldType.string,
        config: { filterable: true },
        values: result.map((series) => series.metric[label] ?? ''),
      })),
      {
        name: lettered ? `Value #${target.refId}` : 'Value',
        type: FieldType.number,
        values: result.map((series) => Number(series.value[1])),
      },
    ],
  });
}

function line(target: any, series: any, step: number): DataFrame {
  const name = named(target.legendFormat ?? '', series.metric) || 'Value';
  const times: number[] = [];
  const values: Array<number | null> = [];
  for (const [moment, value] of series.values ?? [series.value]) {
    for (let gap = times.at(-1); gap !== undefined && moment - gap / 1000 > step * 1.001; ) {
      times.push((gap += step * 1000));
      values.push(null);
    }
    times.push(moment * 1000);
    values.push(value === 'NaN' ? null : Number(value));
  }
  return toDataFrame({
    refId: target.refId,
    name,
    meta: { type: 'timeseries-multi' as any },
    fields: [
      { name: 'Time', type: FieldType.time, values: times, config: { interval: step * 1000 } },
      {
        name: 'Value',
        type: FieldType.number,
        values,
        labels: series.metric,
        config: { displayNameFromDS: name },
      },
    ],
  });
}
