// What a page is drawn with: theme, time range, values of variables.
import { type TimeRange, createTheme, dateTime, getFieldDisplayName } from '@grafana/data';

export const query = new URLSearchParams(location.search);
export const theme = createTheme({ colors: { mode: query.get('theme') === 'light' ? 'light' : 'dark' } });

export interface Answers {
  from: number;
  to: number;
  variables: Array<{ label: string; text: string }>;
  values: Record<string, string>;
  panels: Record<string, Array<{ refId: string; step: number; result: any[] }>>;
  annotations: Array<{ name: string; color: string; events: Array<[number, number]> }>;
}

export let answers: Answers;
export let timeRange: TimeRange;

export function setAnswers(loaded: Answers) {
  answers = loaded;
  const [from, to] = [dateTime(loaded.from), dateTime(loaded.to)];
  timeRange = { from, to, raw: { from, to } };
}

// Dashboard variables, and those of the field or row that a data link stands in.
export function interpolate(text: string, scoped?: any): string {
  return text.replace(/\$\{([\w.]+)(?::[\w:]+)?\}|\$(\w+)/g, (whole, braced, bare) => {
    const name: string = braced ?? bare;
    if (name === '__from' || name === '__to') {
      return String(Math.floor((name === '__from' ? answers.from : answers.to) / 1000));
    }
    const context = scoped?.__dataContext?.value;
    if (context && name.startsWith('__')) {
      const found = inContext(name.split('.'), context);
      return found === undefined ? whole : encodeURIComponent(found);
    }
    return answers.values[name] ?? whole;
  });
}

// ${__field.labels.NAME} and ${__data.fields.NAME}; a label that a series lacks is empty.
function inContext([root, kind, ...rest]: string[], context: any): string | undefined {
  const name = rest.join('.');
  if (root === '__field' && kind === 'labels') {
    return context.field.labels?.[name] ?? '';
  }
  if (root === '__data' && kind === 'fields') {
    const named = (field: any) =>
      field.name === name || getFieldDisplayName(field, context.frame, context.data) === name;
    const field = context.frame.fields.find(named);
    return field && String(field.values[context.rowIndex] ?? '');
  }
  return undefined;
}
