// @ts-check
// The panel's export: Python makes the files, in the full size of the photo.

import { h } from './dom.js';
import { payloadOf, payloadOfMask } from './kept.js';
import { Menu } from './menu.js';

/** @import { Stage } from './stage.js' */
/** @import { MenuGroup, Reply, Tone } from './types' */

const COPY = 'copy';       // goes to the clipboard
const ALL = 'everything';  // is of all visible objects, whatever is selected

export class Export {
  /** @param {Stage} stage @param {MenuGroup[]} groups of files */
  constructor(stage, groups) {
    this.stage = stage;
    const { texts } = stage;
    this.scope = h('select', { class: 'es-select', 'aria-label': texts.scope },
      h('option', { value: 'active' }, texts.scope_active), h('option', { value: 'visible' }, texts.scope_visible));
    this.menu = new Menu({ label: texts.export, about: texts.export_help, icon: 'download' }, groups,
      kind => { if (kind === COPY) this.copy(); else this.download(kind); });
    // On a phone the status line is out of sight; it is what screen readers read.
    this.told = h('p', { class: 'es-told', 'aria-hidden': 'true', hidden: true });
    this.el = h('section', { class: 'es-section es-export', 'aria-label': texts.export },
      h('div', { class: 'es-export-row' }, this.scope, this.menu.el), this.told);
  }

  paint() {
    const { stage } = this, { objects } = stage.doc;
    const masks = objects.filter(object => stage.hasMask(object)).length;
    this.scope.hidden = masks < 2;
    if (this.scope.hidden && objects.length < 2) this.scope.value = 'active';
    this.menu.button.disabled = !masks && !stage.picked.size;
    this.told.hidden = true;
  }

  /** @param {string} sentence @param {Tone} [tone] */
  tell(sentence, tone = 'hint') {
    this.stage.showMessage(sentence, tone);
    this.told.textContent = sentence;
    this.told.dataset.tone = tone;
    this.told.hidden = !sentence;
  }

  /**
   * The objects to export: the selected or all visible ones; without a mask, the last object that has one.
   * @param {boolean} all
   */
  chosen(all) {
    const { stage } = this, { objects } = stage.doc, visible = objects.filter(object => !object.hidden);
    const wanted = (all ? visible : [stage.active]).filter(object => stage.hasMask(object));
    return wanted.length ? wanted : visible.filter(object => stage.hasMask(object)).slice(-1);
  }

  /** What to send; null if the selection could not be fetched. @param {string} kind */
  async objects(kind) {
    // A selection in a label map is exported even if it was not added as an object.
    const picked = await this.stage.pictures.masksOf([...this.stage.picked]);
    if (!picked) return null;
    const shown = () => this.chosen(kind === ALL || this.scope.value === 'visible').map(payloadOf);
    if (!picked.length) return shown();
    return [...(kind === ALL ? shown() : []), ...picked.map(payloadOfMask)];
  }

  /** Let Python make a file; null if there is none, which has been said. @param {string} kind @returns {Promise<Reply | null>} */
  async make(kind) {
    const { stage } = this;
    if (!stage.photo) return null;
    this.tell(stage.texts.exporting, 'busy');
    const objects = await this.objects(kind);
    if (!objects) return null;
    if (!objects.length) { this.tell(''); return null; }
    const reply = await stage.askAbout('export', { kind, objects });
    this.tell(reply.error || reply.message || '', reply.error ? 'error' : reply.message ? 'note' : 'hint');
    return reply.error ? null : reply;
  }

  /** @param {string} kind */
  async download(kind) {
    const reply = await this.make(kind);
    if (!reply) return;
    const link = h('a', { href: reply.file, download: reply.name });
    this.el.append(link);
    link.click();
    link.remove();
  }

  /** Put the cut-out on the clipboard. */
  async copy() {
    const { texts } = this.stage;
    if (!window.isSecureContext || !navigator.clipboard?.write || !window.ClipboardItem) {
      this.tell(texts.copy_impossible, 'error');
      return;
    }
    const making = this.make(COPY);
    // Browsers want to be asked during the click, before the picture is there.
    const picture = making.then(async reply => {
      if (!reply) throw new Error();
      return (await fetch(reply.file)).blob();
    });
    picture.catch(() => null);  // a browser that refuses does not wait for it
    try {
      await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture })]);
    } catch {
      if (await making) this.tell(texts.copy_refused, 'error');
      return;
    }
    const { message } = /** @type {Reply} */ (await making);
    this.tell([message, texts.copied].filter(Boolean).join(' '), 'note');
  }
}
