// Draws dashboards in Chromium, one page after another:
//
//     node draw.mjs JOBS.json
//
// A job: {board, answers, width, height, theme, report, picture, whole}; `report` and `picture` are
// files to write, `whole` takes the picture with every row opened.
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { chromium } from 'playwright-core';

const BUILD = new URL('./build/', import.meta.url).pathname;
const TYPES = { '.js': 'text/javascript', '.css': 'text/css', '.html': 'text/html', '.json': 'application/json' };

const server = http.createServer((request, response) => {
  const name = path.basename(new URL(request.url, 'http://page').pathname);
  const file = path.join(BUILD, name || 'index.html');
  if (!fs.existsSync(file)) {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, { 'content-type': TYPES[path.extname(file)] ?? 'application/octet-stream' });
  fs.createReadStream(file).pipe(response);
});

// One page for each theme, which draws one dashboard after another.
async function opened(browser, origin, theme) {
  const page = await browser.newPage({ timezoneId: 'UTC', locale: 'en-GB' });
  page.setDefaultTimeout(180_000); // a busy machine takes its time
  page.failures = [];
  page.on('pageerror', (error) => page.failures.push(String(error.stack).slice(0, 600)));
  await page.goto(`${origin}/?theme=${theme}`);
  await page.waitForFunction('window.draw', null);
  return page;
}

async function draw(page, job) {
  page.failures.length = 0;
  await page.setViewportSize({ width: job.width, height: job.height });
  const [board, answers] = [job.board, job.answers].map((file) => JSON.parse(fs.readFileSync(file, 'utf-8')));
  await page.clock.setFixedTime(answers.to); // "5 minutes ago" is ago of the state
  await page.evaluate(([board, answers]) => window.draw(board, answers), [board, answers]);
  await settled(page);
  if (job.picture && !job.whole) {
    await page.screenshot({ path: job.picture });
  }
  if (job.report || job.whole) {
    // Tables draw only the rows inside the viewport.
    await page.evaluate('window.openRows()');
    await page.setViewportSize({ width: job.width, height: 4800 });
    await settled(page);
  }
  if (job.picture && job.whole) {
    await page.screenshot({ path: job.picture, fullPage: true });
  }
  if (job.report) {
    const panels = await page.evaluate('window.report()');
    fs.writeFileSync(job.report, JSON.stringify({ panels, errors: page.failures }));
  }
}

// Components measure themselves and draw again: wait until the page stays as it is.
async function settled(page) {
  let before = '';
  for (let tries = 0; tries < 60; tries++) {
    await page.waitForTimeout(120);
    const now = await page.evaluate(
      'new Promise((done) => requestAnimationFrame(() => done([document.body.innerText.length, document.querySelectorAll("*").length].join())))'
    );
    if (now === before) {
      return;
    }
    before = now;
  }
}

await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--font-render-hinting=none'],
});
const pages = {};
try {
  for (const job of JSON.parse(fs.readFileSync(process.argv[2], 'utf-8'))) {
    pages[job.theme] ??= await opened(browser, `http://127.0.0.1:${server.address().port}`, job.theme);
    await draw(pages[job.theme], job);
  }
} finally {
  await browser.close();
  server.close();
}
