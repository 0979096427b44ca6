// Heatmap of histogram buckets. Grafana's own is not published: shape only, colours are ours.
import { useEffect, useRef } from 'react';
import { answers, theme } from './environment';

const LEFT = 44;
const BOTTOM = 20;

export function Heatmap({ series, width, height }: { series: any[]; width: number; height: number }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const buckets = series.toSorted((a, b) => bound(a) - bound(b));
  useEffect(() => draw(canvas.current!.getContext('2d')!, buckets, width, height), []);
  return <canvas ref={canvas} width={width} height={height} />;
}

const bound = (series: any) => Number(series.metric.le.replace('+Inf', 'Infinity'));

function draw(context: CanvasRenderingContext2D, buckets: any[], width: number, height: number) {
  const cells = buckets.flatMap((bucket, row) => {
    const below: Record<string, string> = row ? Object.fromEntries(buckets[row - 1].values) : {};
    return bucket.values.map(([at, value]: any) => [at, row, Number(value) - Number(below[at] ?? 0)]);
  });
  const most = Math.max(1e-9, ...cells.map(([, , count]) => count));
  const tall = (height - BOTTOM) / buckets.length;
  const perSecond = ((width - LEFT) / (answers.to - answers.from)) * 1000;
  for (const [at, row, count] of cells) {
    context.globalAlpha = Math.max(0, count / most);
    context.fillStyle = theme.visualization.getColorByName('blue');
    const x = LEFT + (at - answers.from / 1000) * perSecond;
    context.fillRect(x, height - BOTTOM - (row + 1) * tall, (buckets[0].values[1]?.[0] - buckets[0].values[0][0] || 15) * perSecond, tall - 1);
  }
  context.globalAlpha = 1;
  context.fillStyle = theme.colors.text.secondary;
  context.font = '11px sans-serif';
  buckets.forEach((bucket, row) => {
    const share = `${Math.round(bound(bucket) * 100)} %`;
    if (row % 2 === 0 && Number.isFinite(bound(bucket))) {
      context.fillText(share, 2, height - BOTTOM - row * tall - 2);
    }
  });
}
