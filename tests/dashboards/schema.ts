import type { AnnotationQuery, Dashboard, DataQuery } from '@grafana/schema';

// JSON has the values of enumerations, not their names. The target of an annotation is the query
// of some data source, of which the schema knows only what all have in common.
type Json<T> = T extends DataQuery
  ? T & Record<string, unknown>
  : T extends string
    ? `${T}`
    : T extends number | boolean | null | undefined
      ? T
      : { [Key in keyof T]: Json<T[Key]> };

// What the Prometheus data source reads of an annotation besides.
interface OfPrometheus {
  titleFormat?: string;
  textFormat?: string;
  useValueForTime?: boolean;
}

export type Shipped = Omit<Json<Dashboard>, 'annotations'> & {
  annotations: { list: Array<Json<AnnotationQuery> & OfPrometheus> };
};
