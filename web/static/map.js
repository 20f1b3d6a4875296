// The map: it draws what main.js hands it and says what was clicked.
import * as maplibre from '/static/vendor/maplibre-gl.mjs';
import { t } from './i18n.js';
import { addIcons } from './icons.js';
import { buildStyle, groups, paintTheme, stationColor, targetRadius } from './style.js';
import { theme, onTheme } from './theme.js';

maplibre.setWorkerUrl('/static/vendor/maplibre-gl-worker.mjs');

const clickable = ['target-picked', 'targets', 'picked-sources', 'stations', 'wind', 'sites', 'picked-receptor', 'plumes-fill', 'detections-fill', 'cells-hit'];
const EARTH_M = 6371008.8;
const NONE = ['==', ['get', 'id'], ''];

export let map = null;
let popup = null;
let onPick = () => {};

// createMap returns false where the browser cannot draw.
export async function createMap(handlers) {
  onPick = handlers.onPick;
  try {
    map = new maplibre.Map({
      container: 'map', style: buildStyle(theme()), attributionControl: false, center: [116, 36.45], zoom: 8,
      minZoom: 1, maxZoom: 19, dragRotate: false, pitchWithRotate: false, fadeDuration: 150, collectResourceTiming: false,
      locale: { 'Map.Title': t('map.label'), 'NavigationControl.ZoomIn': t('map.zoomIn'), 'NavigationControl.ZoomOut': t('map.zoomOut') },
    });
  } catch {
    return false;
  }
  window.upwindMap = map;
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(new maplibre.ScaleControl({ maxWidth: 110 }), 'bottom-right');
  await new Promise((done) => map.once('style.load', done));
  addIcons(map, theme());
  onTheme((name) => { addIcons(map, name); paintTheme(map, name); });
  map.on('click', clicked);
  map.on('mousemove', (e) => {
    const hit = topAt(e.point);
    map.getCanvas().style.cursor = hit && hit.layer.id !== 'cells-hit' ? 'pointer' : '';
  });
  return true;
}

function topAt(point) {
  const box = [[point.x - 3, point.y - 3], [point.x + 3, point.y + 3]];
  const hits = map.queryRenderedFeatures(box, { layers: clickable });
  let best = null;
  for (const f of hits) {
    const at = clickable.indexOf(f.layer.id);
    if (!best || at < clickable.indexOf(best.layer.id) || (at === clickable.indexOf(best.layer.id) && f.properties.rank < best.properties.rank)) best = f;
  }
  return best;
}

function clicked(e) {
  popup?.remove();
  const hit = topAt(e.point);
  if (hit) onPick(hit, e.lngLat);
}

export function showPopup(lngLat, node) {
  popup = new maplibre.Popup({ closeButton: false, maxWidth: '280px', offset: 8 }).setLngLat(lngLat).setDOMContent(node).addTo(map);
}

export const closePopup = () => popup?.remove();

// setData hands features to the map without their ids: MapLibre reads a text id as a decimal number, and one hash in
// ten thousand begins with so many digits that its tile is lost ("varint doesn't fit"). properties.id has it as text.
export function setData(source, data) {
  map?.getSource(source)?.setData({ type: data.type, features: data.features.map(({ type, geometry, properties }) => ({ type, geometry, properties })) });
}

export function setVisible(group, on) {
  for (const id of groups[group]) map?.setLayoutProperty(id, 'visibility', on ? 'visible' : 'none');
}

export function setStationBounds(limits) {
  map?.setPaintProperty('stations', 'icon-color', stationColor(limits));
  map?.setPaintProperty('stations-path', 'line-color', stationColor(limits));
}

const CROWD = 2000; // targets on the map above which the dots shrink

export function setCrowd(n) {
  map?.setPaintProperty('targets', 'circle-radius', targetRadius(n > CROWD ? 0.55 : 1));
}

// filterTargets shows one kind, or all, and lifts the picked target above the others.
export function filterTargets(kind, picked) {
  const only = kind ? ['==', ['get', 'kind'], kind] : true;
  map?.setFilter('targets', ['all', only, ['!=', ['get', 'id'], picked ?? '']]);
  map?.setFilter('targets-rank', ['all', only, ['!=', ['get', 'id'], picked ?? '']]);
  const mine = picked ? ['==', ['get', 'id'], picked] : NONE;
  map?.setFilter('target-picked', mine);
  map?.setFilter('target-picked-rank', mine);
}

// free is the padding that keeps what is fitted clear of the panels.
function free() {
  const covered = (id) => { const e = document.getElementById(id); return e.hidden ? 0 : e.offsetWidth; };
  const high = (id) => { const e = document.getElementById(id); return e.hidden ? 0 : e.offsetHeight; };
  if (window.innerWidth < 760) return { top: 70, bottom: 16 + Math.max(high('panel'), high('card')), left: 24, right: 56 };
  return { top: 24, bottom: 80, left: 24 + covered('panel'), right: 70 + covered('card') + covered('layers') };
}

export function fit(bounds, maxZoom = 15, animate = true) {
  map?.fitBounds(bounds, { padding: free(), maxZoom, duration: animate && !matchMedia('(prefers-reduced-motion: reduce)').matches ? 700 : 0 });
}

export function boundsOf(collection) {
  const box = new maplibre.LngLatBounds();
  const walk = (c) => (typeof c[0] === 'number' ? box.extend(c) : c.forEach(walk));
  for (const f of collection.features) if (f.geometry) walk(f.geometry.coordinates);
  return box.isEmpty() ? null : box;
}

// project goes a distance along a bearing on the sphere.
export function project(lon, lat, bearingDeg, distanceM) {
  const rad = Math.PI / 180;
  const [d, b, p, l] = [distanceM / EARTH_M, bearingDeg * rad, lat * rad, lon * rad];
  const p2 = Math.asin(Math.sin(p) * Math.cos(d) + Math.cos(p) * Math.sin(d) * Math.cos(b));
  const l2 = l + Math.atan2(Math.sin(b) * Math.sin(d) * Math.cos(p), Math.cos(d) - Math.sin(p) * Math.sin(p2));
  return [l2 / rad, p2 / rad];
}

// axesOf draws an arrow along each plume: as long as the plume, or a fixed length where that is not measured.
const DEFAULT_AXIS_M = 500;
export function axesOf(detections) {
  const features = [];
  for (const { properties: p } of detections.features) {
    if (!p.axis) continue;
    const end = project(p.axis.lon, p.axis.lat, p.axis.toward_deg, p.measures?.length_m?.value ?? DEFAULT_AXIS_M);
    features.push({ type: 'Feature', properties: { part: 'line' }, geometry: { type: 'LineString', coordinates: [[p.axis.lon, p.axis.lat], end] } });
    features.push({ type: 'Feature', properties: { part: 'head', toward_deg: p.axis.toward_deg }, geometry: { type: 'Point', coordinates: end } });
  }
  return { type: 'FeatureCollection', features };
}
