// The air by the index: stations, towns and counties over an hour or a day, and the ranking of a month.
import { drawAreas, drawCity, drawSpread } from './air_areas.js';
import { drawRanking } from './air_ranking.js';
import { get, latest } from './api.js';
import { $, el } from './dom.js';
import { language, t } from './i18n.js';
import { failed, fine, follow, startShell } from './shell.js';
import { SIX, pollutant } from './species.js';

const HOUR = 3600e3, DAY = 24 * HOUR, BEIJING = 8 * HOUR;
const LEVELS = ['county', 'town', 'station'], RANKED = ['town', 'county'], RULES = ['composite', ...SIX];
const RANK_AGE_MS = 10 * 60e3; // a month changes little in an hour, and takes the server a second

// at is the beginning of the chosen hour or day, in ms; null follows the newest.
const ui = { mean: 'hour', at: null, level: 'county', text: '', doc: null, month: '', by: 'composite', rankLevel: 'town', ranking: null, rankedAt: 0 };

// Beijing's calendar: a moment moved by eight hours and read in UTC.
const beijing = (ms) => new Date(ms + BEIJING).toISOString();
const dayOf = (ms) => beijing(ms).slice(0, 10);
const midnight = (day) => Date.parse(`${day}T00:00:00Z`) - BEIJING;
const newest = () => (ui.doc?.to ? (ui.mean === 'day' ? midnight(dayOf(Date.parse(ui.doc.to))) : Date.parse(ui.doc.to)) : null);
const shown = () => ui.at ?? (ui.doc?.at ? Date.parse(ui.doc.at) : null);

// ---- reading

const read = latest((signal, q) => get(`/api/air${q}`, signal));
const readRanking = latest((signal, q) => get(`/api/air/ranking?${q}`, signal));

async function load() {
  // The newest day is asked for by name, which is known only after the first answer.
  const at = ui.at ?? (ui.mean === 'day' ? newest() : null);
  const q = at === null ? '' : ui.mean === 'day' ? `?day=${dayOf(at)}` : `?at=${encodeURIComponent(new Date(at).toISOString().replace('.000', ''))}`;
  try {
    const doc = await read(q);
    if (!doc) return;
    ui.doc = doc;
    fine();
    draw();
    if (Date.now() - ui.rankedAt > RANK_AGE_MS) await loadRanking();
  } catch (err) { failed(err); }
}

async function loadRanking() {
  ui.rankedAt = Date.now();
  try {
    const doc = await readRanking(new URLSearchParams({ level: ui.rankLevel, by: ui.by, ...(ui.month ? { month: ui.month } : {}) }));
    if (!doc) return;
    ui.ranking = doc;
    ui.month ||= doc.month;
    drawMonth();
    drawRanking(doc);
  } catch (err) { failed(err); }
}

// ---- drawing

function seg(id, names, chosen, label, set) {
  const held = $(id).contains(document.activeElement) ? document.activeElement.dataset.name : undefined;
  $(id).replaceChildren(...names.map((n) => el('button', { type: 'button', 'data-name': n, 'aria-pressed': String(n === chosen), onclick: () => set(n) }, label(n))));
  if (held) $(id).querySelector(`[data-name="${held}"]`)?.focus();
}

function options(id, list, value) {
  $(id).replaceChildren(...list.map(([v, label]) => el('option', { value: v }, label)));
  $(id).value = value;
}

// reports links the printable report of a day or a month in the page's language.
function reports(box, key, span) {
  const q = `${span}&lang=${language() === 'en' ? 'en' : 'zh'}`;
  $(box).replaceChildren(...(span.endsWith('=') ? [] : [el('span', {}, t(key)), el('a', { class: 'link', href: `/report/air?${q}&format=html`, target: '_blank', rel: 'noopener' }, t('air.print')), el('a', { class: 'link', href: `/report/air?${q}&format=csv`, download: true }, 'CSV')]));
}

function drawWhen() {
  seg('mean', ['hour', 'day'], ui.mean, (n) => t(`air.${n}`), (n) => {
    const at = shown();
    ui.mean = n;
    if (ui.at !== null) ui.at = n === 'day' ? midnight(dayOf(at)) : at;
    load();
  });
  const at = shown(), known = at !== null;
  for (const id of ['day', 'hour', 'back', 'next', 'newest']) $(id).disabled = !known;
  $('hour').hidden = ui.mean === 'day';
  for (const [id, way] of [['back', 'Back'], ['next', 'Next']]) {
    $(id).setAttribute('aria-label', t(`air.${ui.mean}${way}`));
    $(id).title = t(`air.${ui.mean}${way}`);
  }
  if (!known) return;
  $('day').value = dayOf(at);
  $('day').min = dayOf(Date.parse(ui.doc.from));
  $('day').max = dayOf(Date.parse(ui.doc.to));
  options('hour', Array.from({ length: 24 }, (_, h) => [String(h), `${String(h).padStart(2, '0')}:00`]), String(Number(beijing(at).slice(11, 13))));
  $('next').disabled = at >= newest();
  $('newest').disabled = ui.at === null;
  reports('day-report', 'air.dayReport', `day=${dayOf(at)}`);
}

function drawMonth() {
  const months = new Set(ui.month ? [ui.month] : []);
  if (ui.doc?.to) for (let ms = Date.parse(ui.doc.to), from = dayOf(Date.parse(ui.doc.from)).slice(0, 7); dayOf(ms).slice(0, 7) >= from; ms = midnight(`${dayOf(ms).slice(0, 7)}-01`) - DAY) months.add(dayOf(ms).slice(0, 7));
  options('month', [...months].sort().reverse().map((m) => [m, m]), ui.month);
  options('by', RULES.map((s) => [s, s === 'composite' ? t('air.composite') : pollutant(s)]), ui.by);
  seg('rank-level', RANKED, ui.rankLevel, (n) => t(`air.${n}`), (n) => { ui.rankLevel = n; loadRanking(); });
  reports('month-report', 'air.monthReport', `month=${ui.month}`);
}

function draw() {
  if (!ui.doc) return;
  const of = (level) => ui.doc.areas.filter((a) => a.level === level);
  drawWhen();
  seg('level', LEVELS, ui.level, (n) => [t(`air.${n}`), el('span', { class: 'num' }, String(of(n).length))], (n) => { ui.level = n; draw(); });
  $('edition').textContent = ui.doc.table ? t('air.edition', { table: ui.doc.table }) : '';
  drawCity(of('city')[0], ui.doc);
  drawSpread(of(ui.level));
  drawAreas(of(ui.level).filter((a) => !ui.text || [a.name, a.code, ...(a.place ?? [])].join('\n').toLowerCase().includes(ui.text)), ui.doc);
  const left = Object.values(ui.doc.left_out).reduce((s, n) => s + n, 0);
  $('left-out').textContent = left ? t('air.leftOut', { n: left }) : '';
  $('left-out').title = Object.entries(ui.doc.left_out).map(([why, n]) => `${n}: ${why}`).join('\n');
  drawMonth();
}

// ---- choosing

function go(at) {
  const last = newest();
  ui.at = last !== null && at >= last ? null : at;
  load();
}

const step = (n) => go(shown() + n * (ui.mean === 'day' ? DAY : HOUR));

function wire() {
  $('back').addEventListener('click', () => step(-1));
  $('next').addEventListener('click', () => step(1));
  $('newest').addEventListener('click', () => { ui.at = null; load(); });
  const picked = () => { if ($('day').value) go(midnight($('day').value) + (ui.mean === 'day' ? 0 : Number($('hour').value) * HOUR)); };
  $('day').addEventListener('change', picked);
  $('hour').addEventListener('change', picked);
  $('search').addEventListener('input', () => { ui.text = $('search').value.trim().toLowerCase(); draw(); });
  $('month').addEventListener('change', () => { ui.month = $('month').value; loadRanking(); });
  $('by').addEventListener('change', () => { ui.by = $('by').value; loadRanking(); });
}

startShell(() => { draw(); if (ui.ranking) drawRanking(ui.ranking); });
wire();
await load();
follow(['observations', 'stations', 'grid'], load);
document.body.dataset.ready = 'yes';
