// Numbers and times for people. Times on the wire are UTC; the page shows Beijing time.
import { language, t, word } from './i18n.js';

const ZONE = 'Asia/Shanghai';

// Formatters are slow to make and quick to use; a table of a thousand rows uses each a thousand times.
const made = new Map();
function once(key, make) {
  if (!made.has(key)) made.set(key, make());
  return made.get(key);
}

export function dateTime(iso) {
  if (!iso || iso.startsWith('0001')) return '—';
  const parts = Object.fromEntries(once('time', () => new Intl.DateTimeFormat('en-GB', {
    timeZone: ZONE, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', hourCycle: 'h23',
  })).formatToParts(new Date(iso)).map((p) => [p.type, p.value]));
  return `${parts.year}-${parts.month}-${parts.day} ${parts.hour}:${parts.minute}`;
}

// number keeps three significant digits and groups thousands.
export function number(v) {
  if (!Number.isFinite(v)) return '—';
  const size = Math.abs(v);
  const digits = size >= 100 || size === 0 ? 0 : Math.min(3, 2 - Math.floor(Math.log10(size)));
  const step = size >= 1000 ? 10 ** (Math.floor(Math.log10(size)) - 2) : 0;
  const shown = step ? Math.round(v / step) * step : v;
  return once(`${language()} ${digits}`, () => new Intl.NumberFormat(language(), { maximumFractionDigits: digits })).format(shown);
}

// count groups thousands and rounds nothing.
export const count = (n) => once(`${language()} 0`, () => new Intl.NumberFormat(language(), { maximumFractionDigits: 0 })).format(n);

const SPANS = [[90, 1, 'second'], [5400, 60, 'minute'], [2 * 86400, 3600, 'hour'], [Infinity, 86400, 'day']];

// span says how long, in the one unit that suits: 12 min, 3 hr, 2 days.
export function span(seconds) {
  const s = Math.abs(seconds);
  const [, size, unit] = SPANS.find(([below]) => s < below);
  return once(`${language()} ${unit}`, () => new Intl.NumberFormat(language(), { style: 'unit', unit, unitDisplay: 'short', maximumFractionDigits: 0 })).format(s / size);
}

export const percent = (p) => `${Math.round(100 * p)}%`;
export const score = (v) => v.toFixed(1);

const units = { ug_m3: 'μg/m³', m2: 'm²', m3: 'm³', m: 'm', per_km: '/km', ms: 'm/s', deg: '°', fraction: '', share: '', depth: '' };

export function unitOf(measure) {
  const known = Object.keys(units).find((u) => measure.endsWith(`_${u}`));
  return known ? units[known] : '';
}

const isShare = (name) => name.endsWith('_fraction') || name.endsWith('_share');

// estimate shows value and sigma; a share becomes a percentage.
export function estimate(name, e) {
  if (isShare(name)) return `${percent(e.value)} ± ${percent(e.sigma)}`;
  return `${number(e.value)} ± ${number(e.sigma)} ${unitOf(name)}`;
}

export function interval(name, e) {
  if (isShare(name)) return `${percent(e.lo95)} – ${percent(e.hi95)}`;
  return `${number(e.lo95)} – ${number(e.hi95)}`;
}

export function kindTitle(p) {
  const cls = p.class ? word('class', p.class) : '';
  if (!cls) return word('kind', p.kind);
  return language() === 'en' ? `${word('kind', p.kind)}, ${cls}` : `${word('kind', p.kind)}（${cls}）`;
}

export function placeName(p) {
  if (p.place?.length) return p.place.join(language() === 'en' ? ' / ' : ' ');
  return p.grid_code?.startsWith('unassigned') ? `${t('list.outside')} · ${p.grid_code.split('/').pop()}` : p.grid_code || '—';
}

// unit writes the units of readings as people do.
export const unit = (u) => (u ?? '').replace('ug/', 'μg/').replace('m3', 'm³');
