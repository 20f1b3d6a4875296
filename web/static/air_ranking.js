// The ranking of a month. Each place is a bar from the lower to the upper end of its interval with its mean on it; places that
// cannot be told apart share a rank and stand in one frame.
import { $, el } from './dom.js';
import { t } from './i18n.js';
import { pollutant } from './species.js';
import { unit } from './format.js';

const TICKS = 5;

// axis is a scale from a round number below to one above, with its ticks.
function axis(lo, hi) {
  const raw = (hi - lo || Math.abs(hi) || 1) / TICKS, size = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * size).find((s) => s >= raw);
  const from = Math.max(0, Math.floor(lo / step)) * step, to = Math.max(from + step, Math.ceil(hi / step) * step);
  const ticks = [];
  for (let k = 0; from + k * step <= to + step / 2; k++) ticks.push(from + k * step);
  return { ticks, digits: Math.max(0, -Math.floor(Math.log10(step))), at: (v) => `${100 * Math.min(1, Math.max(0, (v - from) / (to - from)))}%` };
}

// side says whether a place is apart from the mean of all: within a long chain of overlaps that is what can be said of it.
const side = (p, mean) => (p.hi95 < mean ? 'below' : p.lo95 > mean ? 'above' : '');

function bar(p, { scale, digits, mean }) {
  const f = (v) => v.toFixed(digits), where = side(p, mean);
  const says = [t('air.interval', { mean: f(p.mean), lo: f(p.lo95), hi: f(p.hi95) }), where ? t(`air.${where}`) : t('air.notApart')].join('; ');
  return el('span', { class: `track ${where}`, role: 'img', 'aria-label': says, title: says },
    el('i', { class: 'of-all', style: { left: scale.at(mean) } }),
    el('i', { class: 'range', style: { left: scale.at(p.lo95), right: `calc(100% - ${scale.at(p.hi95)})` } }), el('i', { class: 'mean', style: { left: scale.at(p.mean) } }));
}

function place(p, look) {
  return el('li', { class: 'place' }, el('span', { class: 'name' }, p.name, p.basis === 'micro' ? el('sup', { title: t('air.micro') }, '*') : null, el('small', {}, p.place?.[0] ?? '')),
    p.days ? bar(p, look) : el('span', { class: 'track' }), el('b', { class: 'num' }, p.days ? p.mean.toFixed(look.digits) : 'NA'));
}

export function drawRanking(doc) {
  if (!doc.places.length) { $('places').replaceChildren(el('p', { class: 'empty' }, t('air.noRanking'))); return; }
  const measured = doc.places.filter((p) => p.days);
  const scale = axis(Math.min(...measured.map((p) => p.lo95)), Math.max(...measured.map((p) => p.hi95)));
  const ranked = doc.places.filter((p) => p.rank), of = ranked.length ? ranked : measured;
  const look = { scale, digits: doc.by === 'CO' || doc.by === 'composite' ? 2 : 1, mean: of.reduce((sum, p) => sum + p.mean, 0) / of.length };
  const groups = new Map();
  for (const p of doc.places) groups.set(p.rank, [...(groups.get(p.rank) ?? []), p]);
  const title = (rank, list) => (rank === 0 ? t('air.unranked', { n: doc.min_days }) : list.length > 1 ? t('air.shared', { rank, n: list.length }) : t('air.rank', { rank }));
  const by = doc.by === 'composite' ? t('air.compositeDays', { days: doc.days }) : t('air.rankedBy', { species: pollutant(doc.by), unit: unit(doc.unit), days: doc.days });
  $('places').replaceChildren(
    el('div', { class: 'scale' }, el('span', { class: 'name' }, by),
      el('span', { class: 'track', 'aria-hidden': 'true' }, measured.length ? scale.ticks.map((v) => el('small', { class: 'num', style: { left: scale.at(v) } }, v.toFixed(scale.digits))) : null), el('span', {})),
    ...[...groups].map(([rank, list]) => el('section', { class: `group${rank === 0 ? ' unranked' : list.length > 1 ? ' shared' : ''}` }, el('h3', {}, title(rank, list)), el('ol', {}, list.map((p) => place(p, look))))),
    ...(doc.places.some((p) => p.basis === 'micro') ? [el('p', { class: 'note' }, `* ${t('air.micro')}`)] : []));
}
