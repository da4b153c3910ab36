// The map of the office: an element <sanam-map> that draws points in the colour of their condition. Loaded only on the screen
// that shows one. Everything comes from this server; without a base map the ground is plain and the zones are named.
//
//   points    JSON: [[id, lat, lon, "good" | "watch" | "bad", heading], ...]
//   zones     JSON: [[title, lat, lon], ...]
//   language  th or en
//
// It says on itself:  sanam:open {detail: id}   a point was pressed
//                     sanam:map-failed          this browser cannot draw a map
import { Map, Marker, NavigationControl, AttributionControl, LngLatBounds, Popup, addProtocol, setWorkerUrl } from '{{maplibre}}';
import { Protocol } from '{{pmtiles}}';

const BASE = '/map/base.pmtiles';
const RANK = { good: 0, watch: 1, bad: 2 };
const LIGHT = { ground: '#eef3f1', earth: '#f7f8f4', water: '#b9d9ea', road: '#ffffff', edge: '#c9d4cf', house: '#e2e4dd', good: '#14622c', watch: '#b45f00', bad: '#b01010', ring: '#ffffff' };
const DARK = { ground: '#16211d', earth: '#1c2924', water: '#17323f', road: '#33433c', edge: '#26352f', house: '#25332d', good: '#5fc37d', watch: '#f2a63b', bad: '#ff7a70', ring: '#10211d' };
const WORDS = {
  th: {
    'NavigationControl.ZoomIn': 'ขยาย', 'NavigationControl.ZoomOut': 'ย่อ', 'NavigationControl.ResetBearing': 'หันทิศเหนือขึ้น',
    'CooperativeGesturesHandler.MobileHelpText': 'ใช้สองนิ้วเลื่อนแผนที่', 'CooperativeGesturesHandler.WindowsHelpText': 'กด Ctrl ค้างแล้วหมุนล้อเมาส์เพื่อย่อขยาย',
    'CooperativeGesturesHandler.MacHelpText': 'กด ⌘ ค้างแล้วหมุนล้อเมาส์เพื่อย่อขยาย', 'Map.Title': 'แผนที่', 'AttributionControl.ToggleAttribution': 'ที่มาของแผนที่', 'Popup.Close': 'ปิด',
  },
  en: {},
};

setWorkerUrl('{{worker}}');
addProtocol('pmtiles', new Protocol().tile);

// The office's own style sheet may not be enough: MapLibre's is loaded once, beside the first map.
function loadStyle() {
  if (document.querySelector('link[data-map]')) return;
  const link = document.createElement('link');
  Object.assign(link, { rel: 'stylesheet', href: '{{css}}' });
  link.dataset.map = '';
  document.head.append(link);
}

// The layers of a base map in the scheme of Protomaps: ground, water, houses, roads. No words: they would need fonts in a form
// that the browser does not have, and Thai is shaped badly by them.
function baseLayers(colours) {
  const of = (id, layer, type, paint, more = {}) => ({ id, source: 'base', 'source-layer': layer, type, paint, ...more });
  const width = (at10, at18) => ['interpolate', ['exponential', 1.6], ['zoom'], 10, at10, 18, at18];
  return [
    of('earth', 'earth', 'fill', { 'fill-color': colours.earth }),
    of('water', 'water', 'fill', { 'fill-color': colours.water }, { filter: ['==', ['geometry-type'], 'Polygon'] }),
    of('house', 'buildings', 'fill', { 'fill-color': colours.house }, { minzoom: 14 }),
    of('edge', 'roads', 'line', { 'line-color': colours.edge, 'line-width': width(1, 14) }),
    of('road', 'roads', 'line', { 'line-color': colours.road, 'line-width': width(0.5, 11) }),
  ];
}

class SanamMap extends HTMLElement {
  static observedAttributes = ['points', 'zones'];
  #map;
  #markers = [];

  async connectedCallback() {
    loadStyle();
    try {
      await this.#draw();
    } catch (error) {
      console.warn('map:', error);
      this.dispatchEvent(new CustomEvent('sanam:map-failed', { bubbles: true }));
    }
  }

  disconnectedCallback() {
    this.#map?.remove();
    this.#map = undefined;
  }

  attributeChangedCallback() {
    if (this.#map?.isStyleLoaded()) this.#fill();
  }

  #read(name) {
    try { return JSON.parse(this.getAttribute(name) ?? '[]'); } catch { return []; }
  }

  #features() {
    return {
      type: 'FeatureCollection',
      features: this.#read('points').map(([id, lat, lon, condition, heading]) => ({
        type: 'Feature', geometry: { type: 'Point', coordinates: [lon, lat] }, properties: { id, condition, heading, rank: RANK[condition] ?? 0 },
      })),
    };
  }

  async #draw() {
    const colours = matchMedia('(prefers-color-scheme: dark)').matches ? DARK : LIGHT;
    const hasBase = await fetch(BASE, { method: 'HEAD' }).then((answer) => answer.ok, () => false);
    if (!this.isConnected) return;
    const condition = (good, watch, bad) => ['match', ['get', 'condition'], 'bad', bad, 'watch', watch, good];
    const grown = (size) => ['interpolate', ['linear'], ['zoom'], 9, ['*', 0.45, size], 16, size];
    const map = new Map({
      container: this,
      attributionControl: false,
      cooperativeGestures: true,
      dragRotate: false,
      pitchWithRotate: false,
      locale: WORDS[this.getAttribute('language')] ?? WORDS.th,
      maxZoom: 20,
      style: {
        version: 8,
        sources: {
          points: { type: 'geojson', data: this.#features() },
          ...(hasBase ? { base: { type: 'vector', url: `pmtiles://${location.origin}${BASE}` } } : {}),
        },
        layers: [
          { id: 'ground', type: 'background', paint: { 'background-color': colours.ground } },
          ...(hasBase ? baseLayers(colours) : []),
          {
            id: 'points', type: 'circle', source: 'points', layout: { 'circle-sort-key': ['get', 'rank'] },
            // Size and ring tell the same as the colour does.
            paint: {
              'circle-color': condition(colours.good, colours.watch, colours.bad),
              'circle-radius': grown(condition(6, 8, 10)),
              'circle-stroke-color': colours.ring,
              'circle-stroke-width': condition(1, 2, 3),
            },
          },
        ],
      },
    });
    this.#map = map;
    map.touchZoomRotate.disableRotation();
    map.addControl(new NavigationControl({ showCompass: false }), 'top-right');
    if (hasBase) map.addControl(new AttributionControl({ compact: true }));
    this.#fit();
    await new Promise((ready) => map.once('load', ready));
    this.#fill();
    const popup = new Popup({ closeButton: false, closeOnClick: false, offset: 12 });
    map.on('mousemove', 'points', ({ features: [point] }) => {
      map.getCanvas().style.cursor = 'pointer';
      popup.setLngLat(point.geometry.coordinates).setText(point.properties.heading).addTo(map);
    });
    map.on('mouseleave', 'points', () => {
      map.getCanvas().style.cursor = '';
      popup.remove();
    });
    // A finger is wider than a point: what lies nearest within reach is meant, the worst first.
    map.on('click', ({ point: { x, y } }) => {
      const reach = 14;
      const found = map.queryRenderedFeatures([[x - reach, y - reach], [x + reach, y + reach]], { layers: ['points'] });
      const distance = ({ geometry: { coordinates } }) => {
        const at = map.project(coordinates);
        return Math.hypot(at.x - x, at.y - y) - 6 * RANK[found[0].properties.condition];
      };
      const [nearest] = found.sort((a, b) => distance(a) - distance(b));
      if (nearest) this.dispatchEvent(new CustomEvent('sanam:open', { detail: nearest.properties.id, bubbles: true }));
    });
    this.dataset.drawn = 'yes';
  }

  // The screen position of a point, for whoever presses one without seeing.
  where(id) {
    const point = this.#read('points').find(([own]) => own === id);
    return point && this.#map?.project([point[2], point[1]]);
  }

  #fit() {
    const points = this.#read('points');
    if (points.length === 0) return;
    const bounds = new LngLatBounds();
    for (const [, lat, lon] of points) bounds.extend([lon, lat]);
    this.#map.fitBounds(bounds, { padding: 40, maxZoom: 17, animate: false });
  }

  #fill() {
    this.#map.getSource('points')?.setData(this.#features());
    for (const marker of this.#markers) marker.remove();
    this.#markers = this.#read('zones').map(([title, lat, lon]) => {
      const element = document.createElement('span');
      Object.assign(element, { className: 'outside-zone', textContent: title });
      element.setAttribute('aria-hidden', 'true');
      return new Marker({ element, anchor: 'bottom', offset: [0, -8] }).setLngLat([lon, lat]).addTo(this.#map);
    });
  }
}

customElements.define('sanam-map', SanamMap);
