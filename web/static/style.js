// The map's own style: no tiles, no glyph server; text is drawn with the machine's fonts.
import { classes, bounds, kinds, themes } from './palette.js';

const empty = { type: 'FeatureCollection', features: [] };
const font = ['Noto Sans SC', 'Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'sans-serif'];
const byKind = ['match', ['get', 'kind'], ...Object.entries(kinds).flat(), '#777777'];
const zoomed = (...stops) => ['interpolate', ['exponential', 1.6], ['zoom'], ...stops];

export const sourceIds = ['grid-1', 'grid-2', 'grid-3', 'grid-4', 'labels', 'detections', 'axes', 'traces', 'picked-traces', 'stations', 'wind', 'sites', 'targets'];

// groups name what one switch turns on and off.
export const groups = {
  targets: ['targets', 'targets-rank', 'target-picked', 'target-picked-rank'],
  detections: ['detections-fill', 'detections-line'],
  plumes: ['plumes-fill', 'plumes-line', 'axes-line', 'axes-head'],
  traces: ['cones-fill', 'cones-line', 'trajectories', 'picked-cone', 'picked-cone-line', 'picked-casing', 'picked-trajectories', 'picked-hpd90', 'picked-hpd50', 'picked-sources', 'picked-sources-rank', 'picked-receptor'],
  stations: ['stations', 'stations-path', 'stations-value'],
  wind: ['wind'],
  sites: ['sites', 'sites-area', 'sites-name'],
  previews: [],
  grid: ['grid-4-line', 'grid-3-line', 'grid-2-line', 'grid-1-line', 'labels'],
};

// targetRadius shrinks the dots of a whole city when there are very many; close up they keep room for their rank.
export const targetRadius = (crowd) => zoomed(7, 3 * crowd, 9, 4.5 * crowd, 11, 8.5, 14, 11);

export function stationColor(limits = bounds.PM10) {
  return ['step', ['get', 'value'], classes[0], ...limits.flatMap((b, i) => [b, classes[i + 1]])];
}

const isPlume = ['in', ['get', 'kind'], ['literal', ['smoke-plume', 'lidar-plume']]];
const part = (name) => ['==', ['get', 'part'], name];
const text = (field, size, extra = {}) => ({ 'text-field': field, 'text-font': font, 'text-size': size, ...extra });
const line = (id, source, extra = {}) => ({ id, type: 'line', source, layout: { 'line-join': 'round', 'line-cap': 'round' }, ...extra });

const layers = [
  { id: 'background', type: 'background' },
  { id: 'land', type: 'fill', source: 'grid-1' },
  { id: 'cells-hit', type: 'fill', source: 'grid-4', minzoom: 10.5, paint: { 'fill-opacity': 0 } },
  line('grid-4-line', 'grid-4', { minzoom: 10.5, paint: { 'line-width': zoomed(10.5, 0.3, 15, 1.2) } }),
  line('grid-3-line', 'grid-3', { minzoom: 8.3, paint: { 'line-width': zoomed(8.3, 0.4, 14, 1.6) } }),
  line('grid-2-line', 'grid-2', { paint: { 'line-width': zoomed(7, 0.7, 14, 2.4) } }),
  line('grid-1-line', 'grid-1', { paint: { 'line-width': zoomed(6, 1.1, 14, 3) } }),
  { id: 'cones-fill', type: 'fill', source: 'traces', filter: part('cone'), paint: { 'fill-opacity': 0.05 } },
  line('cones-line', 'traces', { filter: part('cone'), paint: { 'line-opacity': 0.25, 'line-width': 0.8 } }),
  line('trajectories', 'traces', { filter: part('trajectory'), paint: { 'line-opacity': 0.28, 'line-width': 0.9 } }),
  { id: 'picked-cone', type: 'fill', source: 'picked-traces', filter: part('cone'), paint: { 'fill-opacity': 0.09 } },
  line('picked-cone-line', 'picked-traces', { filter: part('cone'), paint: { 'line-dasharray': [2, 2], 'line-width': 1.2 } }),
  line('picked-hpd90', 'picked-traces', { filter: part('hpd90'), paint: { 'line-width': 1.6, 'line-dasharray': [3, 2] } }),
  line('picked-hpd50', 'picked-traces', { filter: part('hpd50'), paint: { 'line-width': 1.6 } }),
  { id: 'sites-area', type: 'fill', source: 'sites', filter: ['==', ['geometry-type'], 'Polygon'], paint: { 'fill-opacity': 0.12 } },
  { id: 'detections-fill', type: 'fill', source: 'detections', minzoom: 9, filter: ['!', isPlume], paint: { 'fill-color': byKind, 'fill-opacity': zoomed(9, 0.5, 14, 0.22) } },
  line('detections-line', 'detections', { minzoom: 9, filter: ['!', isPlume], paint: { 'line-color': byKind, 'line-width': zoomed(9, 0.5, 15, 2) } }),
  { id: 'plumes-fill', type: 'fill', source: 'detections', minzoom: 9, filter: isPlume, paint: { 'fill-color': kinds.emission, 'fill-opacity': 0.2 } },
  line('plumes-line', 'detections', { minzoom: 9, filter: isPlume, paint: { 'line-color': kinds.emission, 'line-width': 1, 'line-dasharray': [3, 2] } }),
  line('axes-line', 'axes', { minzoom: 10.5, filter: part('line'), paint: { 'line-color': kinds.emission, 'line-width': zoomed(11, 1, 15, 2.4) } }),
  { id: 'axes-head', type: 'symbol', source: 'axes', minzoom: 10.5, filter: part('head'), layout: { 'icon-image': 'axis-head', 'icon-rotate': ['get', 'toward_deg'], 'icon-rotation-alignment': 'map', 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': zoomed(11, 0.6, 15, 1) } },
  line('picked-casing', 'picked-traces', { filter: part('trajectory'), paint: { 'line-width': 3.2, 'line-opacity': 0.35 } }),
  line('picked-trajectories', 'picked-traces', { filter: part('trajectory'), paint: { 'line-width': 1.3, 'line-opacity': 0.75 } }),
  { id: 'wind', type: 'symbol', source: 'wind', layout: { 'icon-image': 'wind', 'icon-rotate': ['+', ['get', 'from_deg'], 180], 'icon-rotation-alignment': 'map', 'icon-allow-overlap': true, 'icon-ignore-placement': true, 'icon-size': ['interpolate', ['linear'], ['get', 'speed_ms'], 0, 0.5, 2, 0.75, 8, 1.25] }, paint: { 'icon-opacity': 0.8 } },
  line('stations-path', 'stations', { filter: ['==', ['geometry-type'], 'LineString'], paint: { 'line-color': stationColor(), 'line-width': 3 } }),
  { id: 'stations', type: 'symbol', source: 'stations', filter: ['==', ['geometry-type'], 'Point'], layout: { 'icon-image': 'station', 'icon-size': zoomed(7, 0.36, 10, 0.55, 14, 1.05), 'icon-allow-overlap': true, 'icon-ignore-placement': true }, paint: { 'icon-color': stationColor(), 'icon-halo-width': 1 } },
  { id: 'sites', type: 'symbol', source: 'sites', minzoom: 9.5, layout: { 'icon-image': 'site', 'icon-allow-overlap': true, 'icon-ignore-placement': true } },
  { id: 'picked-receptor', type: 'circle', source: 'picked-traces', filter: part('receptor'), paint: { 'circle-radius': 6, 'circle-opacity': 0, 'circle-stroke-width': 2 } },
  { id: 'picked-sources', type: 'circle', source: 'picked-traces', filter: part('source'), paint: { 'circle-radius': 9, 'circle-stroke-width': 2 } },
  { id: 'targets', type: 'circle', source: 'targets', layout: { 'circle-sort-key': ['-', 0, ['get', 'rank']] }, paint: { 'circle-color': byKind, 'circle-radius': targetRadius(1), 'circle-stroke-width': zoomed(7, 0.7, 11, 1.5), 'circle-opacity': 0.95 } },
  { id: 'labels', type: 'symbol', source: 'labels', layout: text(['get', 'name'], ['match', ['get', 'level'], 2, 14, 12], { 'text-letter-spacing': 0.08, 'text-padding': 6, 'symbol-sort-key': ['get', 'level'] }), paint: { 'text-halo-width': 1.4 }, filter: ['<=', ['get', 'level'], ['step', ['zoom'], 2, 9.8, 3, 12.3, 4]] },
  { id: 'stations-value', type: 'symbol', source: 'stations', minzoom: 11, layout: text(['to-string', ['round', ['get', 'value']]], 11, { 'text-offset': [0, 1.25], 'text-optional': true }), paint: { 'text-halo-width': 1.4 } },
  { id: 'sites-name', type: 'symbol', source: 'sites', minzoom: 12, layout: text(['get', 'name'], 11, { 'text-anchor': 'top', 'text-offset': [0, 1.35] }), paint: { 'text-halo-width': 1.4 } },
  { id: 'targets-rank', type: 'symbol', source: 'targets', minzoom: 10.4, layout: text(['to-string', ['get', 'rank']], ['step', ['get', 'rank'], 11, 100, 9.5, 1000, 8], { 'symbol-sort-key': ['get', 'rank'], 'text-padding': 0 }), paint: { 'text-color': '#ffffff' } },
  { id: 'picked-sources-rank', type: 'symbol', source: 'picked-traces', filter: part('source'), layout: text(['to-string', ['get', 'rank']], 11, { 'text-allow-overlap': true }) },
  { id: 'target-picked', type: 'circle', source: 'targets', filter: ['==', ['get', 'id'], ''], paint: { 'circle-color': byKind, 'circle-radius': 13, 'circle-stroke-width': 3 } },
  { id: 'target-picked-rank', type: 'symbol', source: 'targets', filter: ['==', ['get', 'id'], ''], layout: text(['to-string', ['get', 'rank']], 11, { 'text-allow-overlap': true, 'text-ignore-placement': true }), paint: { 'text-color': '#ffffff' } },
];

// themed says which colours follow the theme.
const themed = (c) => ({
  background: { 'background-color': c.sea }, land: { 'fill-color': c.land },
  'grid-1-line': { 'line-color': c.city }, 'grid-2-line': { 'line-color': c.county }, 'grid-3-line': { 'line-color': c.town }, 'grid-4-line': { 'line-color': c.cell },
  'cones-fill': { 'fill-color': c.trace }, 'cones-line': { 'line-color': c.trace }, trajectories: { 'line-color': c.trace },
  'picked-cone': { 'fill-color': c.trace }, 'picked-cone-line': { 'line-color': c.trace }, 'picked-trajectories': { 'line-color': c.trace }, 'picked-casing': { 'line-color': c.halo },
  'picked-hpd90': { 'line-color': c.place }, 'picked-hpd50': { 'line-color': c.place }, 'picked-receptor': { 'circle-stroke-color': c.trace }, 'picked-sources': { 'circle-color': c.halo, 'circle-stroke-color': c.trace }, 'picked-sources-rank': { 'text-color': c.text },
  'sites-area': { 'fill-color': c.site }, stations: { 'icon-halo-color': c.ring }, targets: { 'circle-stroke-color': c.ring },
  'target-picked': { 'circle-stroke-color': c.picked },
  labels: { 'text-color': c.text, 'text-halo-color': c.halo }, 'stations-value': { 'text-color': c.text, 'text-halo-color': c.halo }, 'sites-name': { 'text-color': c.text, 'text-halo-color': c.halo },
});

export function buildStyle(theme) {
  const paints = themed(themes[theme]);
  return {
    version: 8,
    sources: Object.fromEntries(sourceIds.map((id) => [id, { type: 'geojson', data: empty, tolerance: 0.2 }])),
    layers: layers.map((l) => ({ ...l, paint: { ...l.paint, ...paints[l.id] } })),
  };
}

export function paintTheme(map, theme) {
  for (const [id, paint] of Object.entries(themed(themes[theme]))) {
    for (const [k, v] of Object.entries(paint)) map.setPaintProperty(id, k, v);
  }
}
