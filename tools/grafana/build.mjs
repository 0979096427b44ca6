// Bundles the page that draws dashboards: node build.mjs
import * as esbuild from 'esbuild';
import fs from 'node:fs';

const files = ['.svg', '.ttf', '.woff', '.woff2', '.png'];
await esbuild.build({
  entryPoints: ['src/page.tsx'],
  bundle: true,
  outdir: 'build',
  format: 'esm',
  splitting: true,
  jsx: 'automatic',
  minify: true,
  logLevel: 'error',
  define: { 'process.env.NODE_ENV': '"production"', 'process.env': '{}', global: 'window' },
  loader: Object.fromEntries(files.map((kind) => [kind, 'dataurl'])),
});
fs.writeFileSync(
  'build/index.html',
  '<!doctype html><meta charset=utf-8><link rel=stylesheet href=page.css>' +
    '<body><div id=root></div><script type=module src=page.js></script>'
);
