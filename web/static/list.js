// The ranked list. Only the rows on the screen exist, so 20,000 targets scroll like twenty.
import { $, el } from './dom.js';
import { estimate, kindTitle, placeName, score } from './format.js';
import { t, word } from './i18n.js';
import { kinds } from './palette.js';

const ROW = 74; // px, as in app.css
const SPARE = 6;

let rows = [];
let all = [];
let kind = '';
let picked = null;
let fresh = new Set();
let handlers = { onSelect() {}, onFilter() {} };
const spacer = el('div', { class: 'spacer', role: 'presentation' });

export function startList(h) {
  handlers = h;
  $('list').append(spacer);
  $('list').addEventListener('scroll', () => requestAnimationFrame(draw), { passive: true });
  new ResizeObserver(draw).observe($('list'));
}

export const filterKind = () => kind;
export const shownRows = () => rows;

export function setTargets(targets, freshIds = new Set()) {
  all = targets;
  fresh = freshIds;
  apply();
}

function apply() {
  rows = kind ? all.filter((p) => p.kind === kind) : all;
  $('list').style.setProperty('--rank', `${Math.max(30, 13 + 8 * String(all.length).length)}px`);
  $('count').textContent = t('list.count', { n: rows.length.toLocaleString() });
  drawFilters();
  draw();
}

export function drawFilters() {
  const counts = new Map();
  for (const p of all) counts.set(p.kind, (counts.get(p.kind) ?? 0) + 1);
  const names = [...new Set(['bare-soil', 'sand-pile', 'emission', ...counts.keys()])];
  const chip = (k, label, n) => el('button', {
    type: 'button', 'aria-pressed': String(kind === k), 'data-kind': k, '--mark': kinds[k] ?? 'transparent',
    onclick: () => { kind = k; apply(); $('list').scrollTop = 0; handlers.onFilter(k); },
  }, k ? el('i', { class: 'dot' }) : null, label, el('span', { class: 'num' }, n.toLocaleString()));
  const focused = document.activeElement?.dataset?.kind;
  $('filters').replaceChildren(chip('', t('list.all'), all.length), ...names.map((k) => chip(k, word('kind', k), counts.get(k) ?? 0)));
  if (focused !== undefined) $('filters').querySelector(`[data-kind="${focused}"]`)?.focus();
}

function row(p, i) {
  const size = p.volume_m3 ? estimate('volume_m3', p.volume_m3) : p.area_m2 ? estimate('area_m2', p.area_m2) : '';
  return el('div', {
    class: 'row', role: 'option', id: `target-${p.id}`, 'aria-selected': String(p.id === picked), 'aria-posinset': i + 1, 'aria-setsize': rows.length,
    '--mark': kinds[p.kind] ?? '#777777', style: { top: `${i * ROW}px` }, onclick: () => handlers.onSelect(p.id),
  },
  el('span', { class: 'rank num' }, String(p.rank)),
  el('span', { class: 'main' },
    el('span', { class: 'title' }, kindTitle(p), fresh.has(p.id) ? el('em', { class: 'new' }, t('list.new')) : null),
    el('span', { class: 'sub' }, placeName(p)),
    el('span', { class: 'sub faint' }, p.officer || p.officer_id || t('list.noOfficer'), p.state !== 'candidate' ? ` · ${word('state', p.state)}` : '')),
  el('span', { class: 'side' }, el('b', { class: 'num', title: t('list.score') }, score(p.score)), el('span', { class: 'num' }, size)));
}

export function draw() {
  const box = $('list');
  spacer.style.height = `${rows.length * ROW}px`;
  if (!rows.length) {
    spacer.replaceChildren(el('p', { class: 'empty' }, t('list.empty')));
    spacer.style.height = 'auto';
    return;
  }
  const from = Math.max(0, Math.floor(box.scrollTop / ROW) - SPARE);
  const to = Math.min(rows.length, Math.ceil((box.scrollTop + box.clientHeight) / ROW) + SPARE);
  spacer.replaceChildren(...rows.slice(from, to).map((p, k) => row(p, from + k)));
  const at = picked ? document.getElementById(`target-${picked}`) : null;
  if (at) box.setAttribute('aria-activedescendant', at.id); else box.removeAttribute('aria-activedescendant');
}

export function pick(id) {
  picked = id;
  const i = rows.findIndex((p) => p.id === id);
  const box = $('list');
  if (i >= 0) {
    if (i * ROW < box.scrollTop) box.scrollTop = i * ROW;
    else if ((i + 1) * ROW > box.scrollTop + box.clientHeight) box.scrollTop = (i + 1) * ROW - box.clientHeight;
  }
  draw();
}

// neighbour is the target some steps down the list from the picked one.
export function neighbour(step) {
  if (!rows.length) return null;
  const i = rows.findIndex((p) => p.id === picked);
  if (i < 0) return rows[step > 0 ? 0 : rows.length - 1].id;
  return rows[Math.min(rows.length - 1, Math.max(0, i + step))].id;
}
