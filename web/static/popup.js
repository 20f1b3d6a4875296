// What a click on something that is not a target says.
import { el } from './dom.js';
import { estimate, number, percent, unit } from './format.js';
import { t, word } from './i18n.js';

const lines = (title, ...rest) => el('div', { class: 'pop' }, el('b', {}, title), rest.filter(Boolean).map((r) => el('span', { class: 'num' }, r)));
const parsed = (v) => (typeof v === 'string' ? JSON.parse(v) : v);

// describe gives the node of a popup, or null where there is nothing to say. Nested properties of rendered
// features arrive as JSON text.
export function describe(f) {
  const p = f.properties;
  switch (f.layer.id) {
    case 'stations': return lines(t('popup.station', { id: p.id }), `${p.species} ${number(p.value)} ${unit(p.unit)}`);
    case 'wind': return lines(t('popup.wind', { id: p.id }), `${number(p.speed_ms)} m/s`, t('popup.from', { deg: Math.round(p.from_deg), name: t(`wind.${Math.round(p.from_deg / 45) % 8}`) }));
    case 'sites': return lines(p.name || p.id, word('site', p.kind));
    case 'picked-sources': return lines(t('popup.trace', { n: p.rank }), p.name, percent(p.probability));
    case 'picked-receptor': return lines(t('popup.receptor'), p.value ? `${p.species ?? ''} +${number(p.value)} ${unit(p.unit)}` : '');
    case 'plumes-fill':
    case 'detections-fill': {
      const measures = Object.entries(parsed(p.measures) ?? {}).map(([k, e]) => `${word('measure', k)} ${estimate(k, e)}`);
      return lines(word('kind', p.kind), `${t('card.probability')} ${percent(p.probability)}`, ...measures);
    }
    case 'cells-hit': return lines(p.name, p.code, [p.officer, p.unit].filter(Boolean).join(' · '));
    default: return null;
  }
}
