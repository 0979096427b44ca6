// Draws one dashboard from recorded answers and reports what is drawn (window.report).
import { Component, type ReactNode, useState } from 'react';
import { createRoot } from 'react-dom/client';
import '@fontsource/inter/latin-400.css';
import '@fontsource/inter/latin-500.css';
import { LoadingState, ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome, PortalContainer } from '@grafana/ui';
import { type Answers, answers, setAnswers, theme } from './environment';
import { configured, fieldConfig, transformed } from './fields';
import { frames } from './frames';
import { Body, type Prepared } from './panel';
import { report } from './report';

const GAP = 8;
const ROW = 30;
const TOP = 76;

const box = ({ x, y, w, h }: any) => {
  const column = (window.innerWidth - 25 * GAP) / 24;
  return {
    left: GAP + x * (column + GAP),
    top: TOP + y * (ROW + GAP),
    width: w * column + (w - 1) * GAP,
    height: h * ROW + (h - 1) * GAP,
  };
};

class Guard extends Component<{ title: string; children: ReactNode }, { error?: Error }> {
  state: { error?: Error } = {};
  static getDerivedStateFromError = (error: Error) => ({ error });
  render() {
    return this.state.error ? <pre data-crash>{String(this.state.error.stack)}</pre> : this.props.children;
  }
}

// The panels to draw: as a dashboard opens, or with every collapsed row opened below it.
function laidOut(board: any, opened: boolean): any[] {
  const shown: any[] = [];
  let shift = 0;
  for (const panel of board.panels) {
    shown.push({ ...panel, gridPos: { ...panel.gridPos, y: panel.gridPos.y + shift } });
    if (opened && panel.collapsed) {
      const inner = panel.panels ?? [];
      const top = panel.gridPos.y + 1;
      const height = Math.max(top, ...inner.map((p: any) => p.gridPos.y + p.gridPos.h)) - top;
      shown.push(...inner.map((p: any) => ({ ...p, gridPos: { ...p.gridPos, y: p.gridPos.y + shift } })));
      shift += height;
    }
  }
  return shown;
}

async function prepared(panel: any): Promise<Prepared> {
  const config = fieldConfig(panel);
  const found = await transformed(panel, frames(panel, answers));
  return { panel, config, data: configured(panel, found, config) };
}

function Controls({ board }: { board: any }) {
  const variable = { border: `1px solid ${theme.colors.border.medium}`, padding: '2px 8px' };
  return (
    <div style={{ padding: '8px 16px', height: TOP - 16 }}>
      <div style={{ fontSize: 18 }}>{board.title}</div>
      <div style={{ display: 'flex', gap: 12, fontSize: 12, paddingTop: 6 }}>
        {answers.variables.map(({ label, text }) => (
          <span key={label} style={variable}>
            {label}: <b>{text}</b>
          </span>
        ))}
        {answers.annotations.map(({ name, color, events }) => (
          <span key={name} style={{ color: theme.visualization.getColorByName(color) }}>
            ● {name} ({events.length})
          </span>
        ))}
      </div>
    </div>
  );
}

function Board({ board, all }: { board: any; all: Map<number, Prepared> }) {
  const [opened, setOpened] = useState(false);
  (window as any).openRows = () => setOpened(true);
  const shown = laidOut(board, opened);
  const height = TOP + Math.max(...shown.map((p) => p.gridPos.y + p.gridPos.h)) * (ROW + GAP) + 20;
  return (
    <div style={{ position: 'relative', width: window.innerWidth, height }}>
      <Controls board={board} />
      {shown.map((panel) => (
        <div key={panel.id} data-panel={panel.id} style={{ position: 'absolute', ...box(panel.gridPos) }}>
          {panel.type === 'row' ? (
            <div style={{ fontSize: 15, lineHeight: `${ROW}px` }}>
              {opened ? '⌄' : '›'} {panel.title}
            </div>
          ) : (
            <Guard title={panel.title}>
              <Chrome prepared={all.get(panel.id)!} {...box(panel.gridPos)} />
            </Guard>
          )}
        </div>
      ))}
    </div>
  );
}

function Chrome({ prepared, width, height }: { prepared: Prepared; width: number; height: number }) {
  const { panel } = prepared;
  return (
    <PanelChrome
      width={width}
      height={height}
      title={panel.title}
      description={panel.description}
      loadingState={LoadingState.Done}
    >
      {(innerWidth, innerHeight) => <Body prepared={prepared} width={innerWidth} height={innerHeight} />}
    </PanelChrome>
  );
}

const root = createRoot(document.getElementById('root')!);
let drawn = 0;

async function draw(board: any, recorded: Answers) {
  setAnswers(recorded);
  const every = board.panels.flatMap((p: any) => (p.type === 'row' ? (p.panels ?? []) : [p]));
  const all = new Map<number, Prepared>();
  for (const panel of every) {
    all.set(panel.id, await prepared(panel));
  }
  root.render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <Board key={++drawn} board={board} all={all} />
      <PortalContainer />
    </ThemeContext.Provider>
  );
  (window as any).report = () => report([...all.values()]);
}

document.body.style.cssText =
  `margin:0;background:${theme.colors.background.canvas};color:${theme.colors.text.primary};` +
  'font-family:Inter,Roboto,"Helvetica Neue",Arial,sans-serif;font-size:14px';
(window as any).draw = draw;
