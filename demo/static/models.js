// @ts-check
// The header: the current model, its times, and the menu of models with their downloads.

import { button, h, icon } from './dom.js';
import { recalled, remember } from './memory.js';

/** @import { Downloadable, ModelInfo, PageHost, Reply } from './types' */

const POLL_MS = 700;  // interval for polling a loading model or a download
const STORED = 'esam-model';

export class Models {
  /**
   * @param {PageHost} host
   * @param {(name: string) => void} chosen called when another model is chosen
   */
  constructor(host, chosen) {
    this.host = host;
    this.texts = host.texts;
    this.chosen = chosen;
    /** @type {'loading' | 'ready' | 'error'} */
    this.state = 'loading';
    this.error = '';
    /** @type {ModelInfo[]} */
    this.all = [];
    /** @type {Downloadable[]} the models that read texts */
    this.readers = [];
    /** @type {Set<string>} names of what was asked for here, until it has come */
    this.asked = new Set();
    /** @type {HTMLElement | null} where elements with data-download offer a download, too */
    this.places = null;
    /** @type {string | null} */
    this.name = null;
    /** @type {Record<string, number>} milliseconds of the last replies */
    this.times = {};
    this.chip = h('button', {
      type: 'button', class: 'es-chip', 'aria-haspopup': 'true', 'aria-expanded': 'false', onclick: () => this.toggle(),
    });
    this.menu = h('div', { class: 'es-menu', hidden: true, role: 'dialog', 'aria-label': this.texts.choose_model });
    this.note = h('p', { class: 'es-note', hidden: true });
    this.box = h('div', { class: 'es-chipbox', onkeydown: (/** @type {KeyboardEvent} */ event) => this.keyDown(event) },
      this.chip, this.menu);
    this.el = h('header', { class: 'es-head' }, h('h1', { class: 'es-brand' }, this.texts.title), this.box);
    document.addEventListener('pointerdown', event => {
      if (!this.box.contains(/** @type {Node} */ (event.target))) this.close();
    });
  }

  get info() { return this.all.find(model => model.name === this.name); }

  /** Request the list of models; poll while one is loading or downloading. */
  async poll() {
    /** @type {Reply} */
    const reply = await this.host.ask('status', {}).catch(error => ({ error: error.message }));
    this.state = reply.state || 'error';
    this.error = reply.error || '';
    this.all = reply.models || this.all;
    this.readers = reply.text_models || this.readers;
    if (!this.name && reply.default) this.use(this.first(reply.default));
    this.arrive();
    this.paint();
    const { state, all, readers } = this;
    if (state === 'loading' || [...all, ...readers].some(model => model.downloading)) setTimeout(() => this.poll(), POLL_MS);
  }

  /** The model of the last visit, if it is still here. @param {string} otherwise */
  first(otherwise) {
    const name = recalled(STORED, 'window');
    return name && this.all.some(model => model.name === name && model.present) ? name : otherwise;
  }

  /** @param {string} name */
  use(name) {
    remember(STORED, name, 'window');
    this.name = name;
    this.times = {};
    this.paint();
    this.chosen(name);
  }

  /** Show the model and the times of a reply. @param {Reply} reply */
  learn({ times, model_info: info }) {
    this.times = { ...this.times, ...times };
    if (info) this.all = this.all.map(model => (model.name === info.name ? { ...model, ...info } : model));
    this.paint();
  }

  /** Use a model that was asked for here as soon as it has come. */
  arrive() {
    for (const model of [...this.all, ...this.readers]) {
      if (!model.present || !this.asked.delete(model.name)) continue;
      if (this.all.some(({ name }) => name === model.name)) this.use(model.name);
    }
  }

  /** Offer downloads in a part of the page, too, whenever it changes. @param {HTMLElement} places */
  offerIn(places) {
    this.places = places;
    new MutationObserver(() => this.paintPlaces(true)).observe(places, { childList: true, subtree: true });
  }

  /** @param {Downloadable} model */
  async download(model) {
    this.asked.add(model.name);
    await this.host.ask('fetch', { model: model.name }).catch(() => null);  // the next poll shows the error
    this.poll();
  }

  toggle() {
    if (!this.menu.hidden) { this.close(); return; }
    this.menu.hidden = false;
    this.chip.setAttribute('aria-expanded', 'true');
    this.paint();
    this.poll();
  }

  close() {
    this.menu.hidden = true;
    this.chip.setAttribute('aria-expanded', 'false');
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    if (event.key !== 'Escape' || this.menu.hidden) return;
    event.preventDefault();
    event.stopPropagation();
    this.close();
    this.chip.focus();
  }

  paint() {
    this.paintChip();
    this.paintNote();
    this.paintPlaces();
    if (this.menu.hidden) return;
    const error = this.error ? h('p', { class: 'es-error' }, this.error) : '';
    const title = this.readers.length ? h('p', { class: 'es-menu-title' }, this.texts.text_models) : '';
    const readers = this.readers.map(reader => this.reader(reader));
    this.menu.replaceChildren(...this.all.map(model => this.row(model)), error, title, ...readers);
  }

  paintChip() {
    const { texts, info } = this, { embed_ms, decode_ms } = this.times;
    /** @param {string} label @param {number | undefined} ms */
    const time = (label, ms) => (
      info && ms != null ? h('span', { class: 'es-ms' }, `${label} ${Math.round(ms)} ms`) : '');
    const placeholder = this.state === 'error' ? texts.no_model : texts.model_loading;
    const where = info?.device ? `${info.device} · ${info.precision}` : this.state === 'loading' ? texts.loading : '';
    this.chip.replaceChildren(
      h('i', { class: 'es-dot', 'data-state': this.state }),
      h('span', { class: 'es-chip-name' }, info ? info.title : placeholder),
      info && where ? h('span', {}, where) : '',
      time(texts.photo_ms, embed_ms), time(texts.click_ms, decode_ms), icon('down'));
    this.chip.title = this.error || info?.provenance || '';
  }

  /** @param {ModelInfo} model */
  row(model) {
    const about = h('span', { class: 'es-about' }, model.about), title = h('b', {}, model.title);
    if (model.present) {
      const pressed = String(model.name === this.name);
      return h('button', {
        type: 'button', class: 'es-model', 'aria-pressed': pressed,
        onclick: () => { this.close(); this.use(model.name); },
      }, title, about, model.provenance ? h('span', { class: 'es-about' }, model.provenance) : null);
    }
    return h('div', { class: 'es-model es-absent' }, title, about, h('code', {}, model.command), ...this.get(model));
  }

  /** A model that reads texts; it is chosen in its tab. @param {Downloadable} reader */
  reader(reader) {
    const about = h('span', { class: 'es-about' }, reader.about);
    return h('div', { class: 'es-model es-absent' }, h('b', {}, reader.title), about,
      ...(reader.present ? [h('span', { class: 'es-about' }, this.texts.is_here)] : this.get(reader)));
  }

  /** The download of an absent model: its button or its progress, and why it failed. @param {Downloadable} model */
  get(model) {
    const { texts } = this, { downloading, download_error: error } = model;
    const now = downloading
      ? h('progress', { max: 1, value: downloading, 'aria-label': `${texts.downloading} ${model.title}` })
      : button({
        class: 'es-button', icon: 'download', 'aria-label': `${model.download_label}: ${model.title}`,
        onclick: () => this.download(model),
      }, model.download_label || '');
    const failed = error && !downloading
      ? h('details', { class: 'es-failed' }, h('summary', {}, texts.download_failed), h('p', {}, error)) : null;
    return failed ? [now, failed] : [now];
  }

  /** @param {boolean} [onlyEmpty] leave what is filled in already */
  paintPlaces(onlyEmpty = false) {
    const places = /** @type {HTMLElement[]} */ ([...(this.places?.querySelectorAll('[data-download]') || [])]);
    for (const place of places) {
      const reader = this.readers.find(({ name }) => name === place.dataset.download);
      if (!reader || (onlyEmpty && place.childElementCount)) continue;
      const { present } = reader, sentence = present ? this.texts.is_here : this.texts.not_here;
      place.replaceChildren(h('p', {}, sentence), ...(present ? [] : this.get(reader)));
    }
  }

  /** Show a note about the current model, or the error why there is none. */
  paintNote() {
    const { info } = this, failed = this.state === 'error', text = failed ? this.error : info?.note;
    this.note.hidden = !text;
    if (!text) return;
    this.note.replaceChildren(text, ...(failed || !info ? [] : [' ', h('code', {}, info.note_command)]));
  }
}
