// @ts-check
// Pictures of modes over the photo, and the hovered and picked masks of a label map.
// The kinds of layers are listed at Layer in types.d.ts.

import { keptMask } from './kept.js';
import { LabelMap } from './labels.js';
import { heatPicture, loadPicture } from './pictures.js';

/** @import { KeptMask, Layer, Photo, Picture, Reply, Rgb, SentMask } from './types' */

const AT_ONCE = 32;  // masks in one request

/** @typedef {Layer & {labels?: LabelMap, picture?: Picture, loaded?: {picture: Picture, colour: string}[], kept?: KeptMask[]}} Loaded */

/**
 * @typedef {object} Surroundings
 * @property {string[]} palette
 * @property {Rgb[]} heat
 * @property {() => string} mode the name of the current mode
 * @property {(kind: string, payload: object) => Promise<Reply>} ask never rejects
 * @property {(masks: KeptMask[]) => void} keep make objects of masks
 * @property {(text: string) => void} fail show an error
 * @property {(ids: number[]) => void} picked called when the selection has changed
 * @property {() => void} changed called when the layers must be drawn again
 */

export class Layers {
  /** @param {Surroundings} around */
  constructor(around) {
    this.around = around;
    /** @type {Record<string, Loaded>} */
    this.shown = {};
    /** @type {Set<number>} ids of the label map */
    this.picked = new Set();
    this.hover = 0;
    /** @type {Promise<unknown>} the end of what is being loaded: layers are shown in the order they came */
    this.loading = Promise.resolve();
  }

  clear() {
    this.shown = {};
    this.unpick();
  }

  unpick() {
    this.hover = 0;
    this.picked.clear();
  }

  /**
   * Show layers by name; null removes one.
   * @param {Record<string, Layer | null>} layers
   * @param {() => Photo | null} photo the photo on the stage; if it changes while loading, the rest is dropped
   */
  set(layers, photo) {
    const shown = this.loading.then(() => this.show(layers, photo));
    this.loading = shown.catch(() => null);
    return shown;
  }

  /** @param {Record<string, Layer | null>} layers @param {() => Photo | null} photo */
  async show(layers, photo) {
    const now = photo();
    for (const [name, layer] of Object.entries(layers)) {
      const ready = layer && layer.token === now?.token ? await this.load(layer) : null;
      if (photo() !== now) return;
      if (ready) this.put(name, ready); else delete this.shown[name];
    }
    this.around.changed();
  }

  /** @param {string} name @param {Loaded} layer */
  put(name, layer) {
    if (layer.kind === 'objects') {
      this.around.keep(layer.kept || []);
      delete this.shown[name];
    } else {
      this.shown[name] = layer;
      if (layer.kind === 'labels') { this.unpick(); this.around.picked([]); }
    }
  }

  /** @param {Layer} layer @returns {Promise<Loaded>} */
  async load(layer) {
    const { palette, heat } = this.around;
    if (layer.kind === 'labels') {
      const labels = new LabelMap(await loadPicture(layer.png), {
        colours: layer.colours, palette, partial: layer.partial,
      });
      return { ...layer, labels };
    }
    if (layer.kind === 'heat') return { ...layer, picture: heatPicture(await loadPicture(layer.png), heat) };
    if (layer.kind === 'objects') return { ...layer, kept: await Promise.all(layer.masks.map(keptMask)) };
    if (layer.kind === 'masks') {
      const loaded = await Promise.all(layer.masks.map(async (mask, i) => (
        { picture: await loadPicture(mask.png), colour: mask.colour || palette[i % palette.length] })));
      return { ...layer, loaded };
    }
    return layer;
  }

  /**
   * The layers of a kind that the current mode shows.
   * @template {Layer['kind']} K
   * @param {K} kind
   */
  visible(kind) {
    const mode = this.around.mode();
    return /** @type {(Loaded & {kind: K})[]} */ (Object.values(this.shown).filter(
      layer => layer.kind === kind && (!layer.mode || layer.mode === mode)));
  }

  get labelLayer() { return this.visible('labels')[0] || null; }
  get labels() { return this.labelLayer?.labels || null; }

  /** Text about the mask under the pointer. */
  get tip() { return (this.hover && this.labelLayer?.tips?.[this.hover - 1]) || ''; }

  /** Select masks of the label map. @param {number[]} ids */
  pick(ids) {
    this.picked = new Set(ids);
    this.around.picked(ids);
    return this.makeWhole();
  }

  /** Fetch the picked masks whole: in the map, smaller masks cover parts of them. False if that failed. */
  async makeWhole() {
    const layer = this.labelLayer, labels = layer?.labels;
    const ids = layer?.shown && labels ? [...this.picked].filter(id => !labels.whole.has(id)) : [];
    if (!layer || !labels || !ids.length) return true;
    const { token, shown } = layer, reply = await this.around.ask('regions', { token, shown, ids });
    if (reply.error) { this.around.fail(reply.error); return false; }
    /** @type {{id: number, png: string}[]} */
    const masks = reply.masks;
    await Promise.all(masks.map(async mask => labels.setWhole(mask.id, await loadPicture(mask.png))));
    this.around.changed();
    return layer === this.labelLayer;
  }

  /** The masks of the label map that can be selected. */
  get ids() { return (this.labelLayer?.rows || []).map(([id]) => id); }

  /**
   * Masks of the label map, each whole and in the photo's size; null if they could not be fetched.
   * @param {number[]} ids
   * @returns {Promise<KeptMask[] | null>}
   */
  async masksOf(ids) {
    const layer = this.labelLayer, labels = layer?.labels;
    if (!layer || !labels || !ids.length) return [];
    const { token, shown } = layer;
    if (!shown) return ids.map(id => onlyPicture(labels.region(id)));
    /** @type {KeptMask[]} */
    const masks = [];
    for (let start = 0; start < ids.length; start += AT_ONCE) {
      const part = ids.slice(start, start + AT_ONCE);
      const reply = await this.around.ask('regions', { token, shown, ids: part, keep: true });
      if (reply.error) { this.around.fail(reply.error); return null; }
      masks.push(...await Promise.all(/** @type {SentMask[]} */ (reply.masks).map(keptMask)));
      if (layer !== this.labelLayer) return null;
    }
    return masks;
  }
}

/** @param {Picture} picture @returns {KeptMask} */
const onlyPicture = picture => ({
  picture, pngs: [], name: '', model: null, predicted_iou: null, stability_score: null, score: null,
});
