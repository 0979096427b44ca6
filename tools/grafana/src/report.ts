// What stands on the page, for checks: names of fields, values of stats, texts, colours, boxes.
import { type DataFrame, FieldType, getFieldDisplayName, getFieldDisplayValues, isDataFrame } from '@grafana/data';
import { interpolate, theme } from './environment';
import type { Prepared } from './panel';

export function report(all: Prepared[]) {
  return all.map((prepared) => {
    const { panel, data } = prepared;
    const element = document.querySelector<HTMLElement>(`[data-panel="${panel.id}"]`);
    return {
      id: panel.id,
      title: panel.title,
      type: panel.type,
      text: element?.innerText ?? '',
      crash: element?.querySelector('[data-crash]')?.textContent ?? null,
      empty: !data.some((frame) => frame.length),
      fields: data.flatMap((frame) => fields(frame, data)),
      stats: panel.type === 'stat' ? stats(prepared) : [],
      legend: [...new Set(legend(element))],
      cut: element ? titleCut(element) : false,
      outside: element ? cellsOutside(element) : [],
      links: data.flatMap(links),
    };
  });
}

function fields(frame: DataFrame, data: DataFrame[]) {
  return frame.fields
    .filter((field) => !field.config.custom?.hideFrom?.viz && field.type !== FieldType.time)
    .map((field) => ({
      name: getFieldDisplayName(field, frame, data),
      zero: field.type === FieldType.number && field.values.every((v: any) => v === 0 || v === null),
      numeric: field.type === FieldType.number,
    }));
}

function stats({ panel, config, data }: Prepared) {
  const shown = getFieldDisplayValues({
    fieldConfig: config,
    reduceOptions: panel.options.reduceOptions,
    replaceVariables: interpolate,
    theme,
    data,
    timeZone: 'utc',
  } as any);
  return shown.map(({ display }) => ({
    text: [display.prefix, display.text, display.suffix].join(''),
    title: display.title ?? '',
    value: Number.isFinite(display.numeric) ? display.numeric : null,
    color: colorName(display.color ?? ''),
  }));
}

const NAMES = ['green', 'orange', 'red', 'text', 'blue', 'yellow'];
const colorName = (color: string) =>
  NAMES.find((name) => theme.visualization.getColorByName(name).toLowerCase() === color.toLowerCase()) ?? color;

function legend(element: HTMLElement | null): string[] {
  const labels = element?.querySelectorAll<HTMLElement>('[data-testid*="VizLegend series"]') ?? [];
  return [...labels].map((label) => label.dataset.testid!.replace(/.*VizLegend series /, ''));
}

function titleCut(element: HTMLElement): boolean {
  const title = element.querySelector('h2, h6');
  return title !== null && title.scrollWidth > title.clientWidth + 1;
}

function cellsOutside(element: HTMLElement): string[] {
  const edge = element.getBoundingClientRect().right;
  const heads = [...element.querySelectorAll<HTMLElement>('[role="columnheader"]')];
  return heads.filter((head) => head.getBoundingClientRect().right > edge + 1).map((head) => head.innerText);
}

function links(frame: DataFrame): string[] {
  if (!isDataFrame(frame) || !frame.length) {
    return [];
  }
  return frame.fields.flatMap((field) =>
    (field.getLinks?.({ valueRowIndex: 0 }) ?? []).map((link) => link.href)
  );
}
