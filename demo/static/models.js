// @ts-check
// The header: the current model, its times, and the menu of models with their downloads.

import { button, h, icon } from './dom.js';

/** @import { ModelInfo, PageHost, Reply } from './types' */

const POLL_MS = 700;  // interval for polling a loading model or a download

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
    if (!this.name && reply.default) this.use(reply.default);
    this.paint();
    if (this.state === 'loading' || this.all.some(model => model.downloading)) setTimeout(() => this.poll(), POLL_MS);
  }

  /** @param {string} name */
  use(name) {
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

  /** @param {ModelInfo} model */
  async download(model) {
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
    if (this.menu.hidden) return;
    const error = this.error ? h('p', { class: 'es-error' }, this.error) : '';
    this.menu.replaceChildren(...this.all.map(model => this.row(model)), error);
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
    const { texts } = this, about = h('span', { class: 'es-about' }, model.about), title = h('b', {}, model.title);
    if (model.present) {
      const pressed = String(model.name === this.name);
      return h('button', {
        type: 'button', class: 'es-model', 'aria-pressed': pressed,
        onclick: () => { this.close(); this.use(model.name); },
      }, title, about, model.provenance ? h('span', { class: 'es-about' }, model.provenance) : null);
    }
    const label = model.download_label || '';
    const get = model.downloading
      ? h('progress', { max: 1, value: model.downloading, 'aria-label': texts.downloading })
      : button({ class: 'es-button', icon: 'download', onclick: () => this.download(model) }, label);
    return h('div', { class: 'es-model es-absent' }, title, about, h('code', {}, model.command), get,
      model.download_error ? h('p', { class: 'es-error' }, model.download_error) : null);
  }

  /** Show a note about the current model, or the error why there is none. */
  paintNote() {
    const { info } = this, failed = this.state === 'error', text = failed ? this.error : info?.note;
    this.note.hidden = !text;
    if (!text) return;
    this.note.replaceChildren(text, ...(failed || !info ? [] : [' ', h('code', {}, info.note_command)]));
  }
}
