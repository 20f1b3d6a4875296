// The evidence card: what speaks for a candidate target, and where each number comes from.
import { actsSection } from './acts.js';
import { $, el, icon } from './dom.js';
import { dateTime, estimate, interval, kindTitle, number, percent, placeName, score, unit } from './format.js';
import { t, word } from './i18n.js';
import { kinds } from './palette.js';

const CLOSE = 'M6 6l12 12M18 6 6 18', PREV = 'm6 15 6-6 6 6', NEXT = 'm6 9 6 6 6-6';
const PART_COLORS = ['#0f6f84', '#5b9aa8', '#c0792a', '#7a5fa8', '#8a9a5b'];

let handlers = { onClose() {}, onStep() {} };
export const startCard = (h) => { handlers = h; };

const section = (title, ...body) => el('section', {}, el('h3', {}, title), body);
const fact = (name, value) => (value ? [el('dt', {}, name), el('dd', {}, value)] : []);

export function showLoading() {
  $('card').hidden = false;
  document.body.classList.add('has-card');
}

export function hideCard() {
  $('card').hidden = true;
  $('card').replaceChildren();
  document.body.classList.remove('has-card');
}

export function showMissing() {
  $('card').replaceChildren(el('header', { class: 'top' }, el('h2', {}, t('card.gone')), buttons()));
}

export function showCard(doc) {
  const { candidate: c, target: p } = doc;
  const top = $('card').scrollTop, same = $('card').dataset.id === c.id;
  $('card').dataset.id = c.id;
  $('card').replaceChildren(
    el('header', { class: 'top', '--mark': kinds[c.kind] ?? '#777777' },
      el('span', { class: 'badge num' }, String(p.rank || '—')),
      el('div', {}, el('h2', {}, kindTitle(c)), el('p', {}, placeName(p))),
      buttons()),
    el('div', { class: 'body' }, actsSection(c), scoreSection(c), factsSection(c, p), measuresSection(c), evidenceSection(doc), tracesSection(doc),
      el('p', { class: 'caveat' }, t('card.caveat'))));
  $('card').scrollTop = same ? top : 0;
}

function buttons() {
  const b = (label, path, fn) => el('button', { type: 'button', 'aria-label': t(label), title: t(label), onclick: fn }, icon(path));
  return el('div', { class: 'acts' }, b('card.back', PREV, () => handlers.onStep(-1)), b('card.forward', NEXT, () => handlers.onStep(1)), b('card.close', CLOSE, () => handlers.onClose()));
}

function scoreSection(c) {
  const parts = c.score_parts ?? [];
  const gain = parts.reduce((s, p) => s + Math.max(0, p.value), 0) || 1;
  return section(t('card.why'),
    el('div', { class: 'score' }, el('b', { class: 'num' }, score(c.score)), el('span', {}, t('card.score')), el('span', { class: 'right' }, `${t('card.probability')} `, el('b', { class: 'num' }, percent(c.probability)))),
    el('div', { class: 'bar', 'aria-hidden': 'true' }, parts.map((p, i) => (p.value > 0 ? el('i', { style: { width: `${100 * p.value / gain}%`, background: PART_COLORS[i % PART_COLORS.length] } }) : null))),
    el('ul', { class: 'parts' }, parts.map((p, i) => el('li', {},
      el('i', { class: 'dot', '--mark': p.value < 0 ? 'transparent' : PART_COLORS[i % PART_COLORS.length] }),
      el('span', {}, el('b', {}, word('score', p.name)), el('small', {}, p.reason)),
      el('span', { class: 'num' }, `${p.value < 0 ? '−' : '+'}${Math.abs(p.value).toFixed(1)}`)))));
}

function factsSection(c, p) {
  return el('dl', { class: 'facts' },
    fact(t('card.state'), word('state', c.state)),
    fact(t('card.officer'), [p.officer, c.officer_id].filter(Boolean).join(' · ') || t('list.noOfficer')),
    fact(t('card.grid'), el('code', {}, c.grid_code)),
    fact(t('card.site'), c.site_name || c.site_id),
    fact(t('card.place'), el('span', { class: 'num' }, `${c.lon.toFixed(5)}, ${c.lat.toFixed(5)} ± ${number(c.sigma_m)} m`)),
    fact(t('card.first'), el('span', { class: 'num' }, dateTime(c.first_seen))),
    fact(t('card.last'), el('span', { class: 'num' }, dateTime(c.last_seen))));
}

function measureRows(measures) {
  return Object.entries(measures ?? {}).sort(([a], [b]) => a.localeCompare(b)).map(([name, e]) => el('tr', {},
    el('th', { scope: 'row' }, word('measure', name)), el('td', { class: 'num' }, estimate(name, e)), el('td', { class: 'num faint' }, interval(name, e))));
}

function measuresSection(c) {
  const rows = measureRows(c.measures);
  if (!rows.length) return null;
  return section(t('card.measures'), el('table', {}, el('thead', {}, el('tr', {}, el('th', {}), el('th', {}, `± ${t('card.sigma')}`), el('th', {}, t('card.interval')))), el('tbody', {}, rows)));
}

function evidenceSection(doc) {
  const detections = new Map(doc.detections.map((d) => [d.id, d]));
  const traces = new Map(doc.traces.map((x) => [x.id, x]));
  const items = [...doc.candidate.evidence].reverse();
  const listed = items.filter((ev) => detections.has(ev.id) || traces.has(ev.id));
  const rest = items.length - listed.length;
  return section(`${t('card.evidence')} · ${items.length}`,
    el('ol', { class: 'evidence' }, listed.map((ev) => evidenceItem(ev, detections.get(ev.id), traces.get(ev.id), doc.assets))),
    rest > 0 ? el('p', { class: 'faint' }, t('card.more', { n: rest })) : null);
}

function evidenceItem(ev, d, tr, assets) {
  const reasons = [...new Set([ev.reason, ...(d?.reasons ?? tr?.reasons ?? [])])].filter(Boolean);
  const from = d?.provenance ?? tr?.provenance;
  const chips = (d?.chips ?? []).filter((b) => b.type?.startsWith('image/') && b.type !== 'image/svg+xml');
  return el('li', { '--mark': kinds[ev.kind] ?? 'var(--accent)' },
    el('div', { class: 'line' }, el('b', {}, word('kind', ev.kind)), d?.class ? el('span', { class: 'faint' }, word('class', d.class)) : null,
      el('span', { class: 'right num' }, percent(ev.probability))),
    el('p', { class: 'faint num' }, dateTime(ev.observed_at), ev.position_sigma_m ? ` · ± ${number(ev.position_sigma_m)} m` : ''),
    chips.length ? el('div', { class: 'chipset' }, chips.map((b) => el('img', { src: `/api/blobs/${b.sha256}`, alt: `${t('card.chip')}: ${word('kind', ev.kind)}`, loading: 'lazy', decoding: 'async' }))) : null,
    el('ul', { class: 'reasons' }, reasons.map((r) => el('li', {}, r))),
    from ? provenance(from, assets) : null);
}

function provenance(from, assets) {
  const known = new Map(assets.map((a) => [a.id, a]));
  const inputs = (from.inputs ?? []).map((id) => {
    const a = known.get(id);
    return el('div', {}, a ? `${a.name} (${word('asset', a.kind)})` : el('code', {}, id));
  });
  return el('details', {}, el('summary', {}, t('card.provenance')), el('dl', { class: 'facts' },
    fact(t('card.detector'), `${from.detector}, ${t('card.version')} ${from.detector_version}`),
    fact(t('card.job'), el('code', {}, from.job_id)),
    inputs.length ? fact(t('card.inputs'), inputs) : [],
    from.params ? fact(t('card.params'), el('code', {}, JSON.stringify(from.params))) : []));
}

function tracesSection(doc) {
  if (!doc.traces.length) return null;
  return section(t('card.traces'), doc.traces.map((tr) => {
    const g = tr.trigger;
    const title = g.kind === 'exceedance' ? t('card.traceOf', { species: g.species, value: `+${number(g.value)} ${unit(g.unit)}` }) : t('card.plumeTrace');
    const line = (label, p, extra, cls = '') => el('li', { class: cls }, el('span', {}, label, extra ? el('small', {}, extra) : null), el('span', { class: 'meter', 'aria-hidden': 'true' }, el('i', { style: { width: percent(p) } })), el('b', { class: 'num' }, percent(p)));
    return el('div', { class: 'trace' },
      el('p', {}, el('b', {}, title), el('small', { class: 'num' }, ` ${dateTime(g.start_utc)} · ${t('card.windStations', { n: tr.wind_stations })}`)),
      el('ol', {}, tr.sources.map((s) => line(`${s.rank}. ${s.site_name || s.site_id || `${s.lon.toFixed(4)}, ${s.lat.toFixed(4)}`}`, s.probability, sourceNote(s))),
        line(t('card.unknown'), tr.unknown_probability, '', 'unknown')));
  }));
}

function sourceNote(s) {
  const rate = s.rate ? ` · ${t('card.rate')} ${number(s.rate.median)} (${number(s.rate.lo90)}–${number(s.rate.hi90)}) ${s.rate.unit}` : '';
  return `${number(s.distance_m / 1000)} km · ${Math.round(s.bearing_deg)}°${rate}`;
}
