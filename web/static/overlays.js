// Picture previews on the map. Only those in view are loaded, and only so many.
import { get } from './api.js';
import { map } from './map.js';

const MAX_SHOWN = 40;
const MIN_PIXELS = 24; // smaller on the screen than this, a preview is a speck and not worth a texture
const BELOW = 'grid-4-line';

let list = [];
let visible = true;
const shown = new Set();

const boxOf = (o) => {
  const lon = o.corners.map((c) => c[0]), lat = o.corners.map((c) => c[1]);
  return { w: Math.min(...lon), e: Math.max(...lon), s: Math.min(...lat), n: Math.max(...lat) };
};

export async function loadOverlays() {
  list = (await get('/api/overlays')).overlays.map((o) => ({ ...o, id: `preview-${o.asset_id}`, box: boxOf(o) }));
  refreshOverlays();
}

export function setOverlaysVisible(on) {
  visible = on;
  refreshOverlays();
}

function wanted() {
  if (!visible) return [];
  const b = map.getBounds();
  return list.filter(({ box }) => {
    if (box.e < b.getWest() || box.w > b.getEast() || box.n < b.getSouth() || box.s > b.getNorth()) return false;
    const a = map.project([box.w, box.n]), z = map.project([box.e, box.s]);
    return Math.max(z.x - a.x, z.y - a.y) >= MIN_PIXELS;
  }).slice(-MAX_SHOWN);
}

export function refreshOverlays() {
  if (!map) return;
  const want = wanted();
  const keep = new Set(want.map((o) => o.id));
  for (const id of shown) {
    if (keep.has(id)) continue;
    map.removeLayer(id);
    map.removeSource(id);
    shown.delete(id);
  }
  for (const o of want) {
    if (shown.has(o.id)) continue;
    map.addSource(o.id, { type: 'image', url: o.url, coordinates: o.corners });
    map.addLayer({ id: o.id, type: 'raster', source: o.id, paint: { 'raster-opacity': 0.9, 'raster-fade-duration': 150 } }, BELOW);
    shown.add(o.id);
  }
}

// The probability map of the picked trace lies under its lines. It goes with the switch of the traces.
let traceMap = false;
let tracesVisible = true;

export function showTraceMap(place) {
  if (!map) return;
  if (traceMap) {
    map.removeLayer('trace-map');
    map.removeSource('trace-map');
  }
  traceMap = Boolean(place);
  if (!place) return;
  map.addSource('trace-map', { type: 'image', url: place.url, coordinates: place.corners });
  map.addLayer({ id: 'trace-map', type: 'raster', source: 'trace-map', layout: { visibility: tracesVisible ? 'visible' : 'none' }, paint: { 'raster-opacity': 0.85, 'raster-resampling': 'nearest', 'raster-fade-duration': 150 } }, 'picked-hpd90');
}

export function setTraceMapVisible(on) {
  tracesVisible = on;
  if (traceMap) map.setLayoutProperty('trace-map', 'visibility', on ? 'visible' : 'none');
}
