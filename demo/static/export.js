// @ts-check
// The panel's export: Python makes the files, in the full size of the photo.

import { button, h } from './dom.js';
import { payloadOf, payloadOfMask } from './kept.js';

/** @import { Stage } from './stage.js' */

export class Export {
  /** @param {Stage} stage @param {[string, string][]} kinds name and label of each file */
  constructor(stage, kinds) {
    this.stage = stage;
    const { texts } = stage;
    this.scope = h('select', { class: 'es-select', 'aria-label': texts.scope },
      h('option', { value: 'active' }, texts.scope_active), h('option', { value: 'visible' }, texts.scope_visible));
    this.buttons = kinds.map(([kind, label]) => button({
      class: 'es-button', icon: 'download', 'data-export': kind, onclick: () => this.download(kind),
    }, label));
    this.el = h('section', { class: 'es-section' },
      h('h2', {}, texts.export), this.scope, h('div', { class: 'es-exports' }, ...this.buttons));
  }

  paint() {
    const { stage } = this, { objects } = stage.doc;
    const masks = objects.filter(object => stage.hasMask(object)).length;
    this.scope.hidden = masks < 2;
    if (this.scope.hidden && objects.length < 2) this.scope.value = 'active';
    for (const each of this.buttons) each.disabled = !masks && !stage.picked.size;
  }

  /** The objects to export: the selected or all visible ones; without a mask, the last object that has one. */
  chosen() {
    const { stage } = this, { objects } = stage.doc, visible = objects.filter(object => !object.hidden);
    const wanted = (this.scope.value === 'visible' ? visible : [stage.active]).filter(object => stage.hasMask(object));
    return wanted.length ? wanted : visible.filter(object => stage.hasMask(object)).slice(-1);
  }

  /** What to send; null if the selection could not be fetched. */
  async objects() {
    // A selection in a label map is exported even if it was not added as an object.
    const picked = await this.stage.pictures.masksOf([...this.stage.picked]);
    if (!picked) return null;
    return picked.length ? picked.map(payloadOfMask) : this.chosen().map(payloadOf);
  }

  /** @param {string} kind */
  async download(kind) {
    const { stage } = this;
    if (!stage.photo) return;
    stage.showMessage(stage.texts.exporting, 'busy');
    const objects = await this.objects();
    if (!objects) return;
    if (!objects.length) { stage.showMessage(''); return; }
    const ask = () => stage.ask('export', { kind, token: stage.photo?.token, objects });
    let reply = await ask();
    if (reply.code === 'photo_gone' && await stage.reopen()) reply = await ask();
    stage.showMessage(reply.error || reply.message || '', reply.error ? 'error' : reply.message ? 'note' : 'hint');
    if (reply.error) return;
    const link = h('a', { href: reply.file, download: reply.name });
    this.el.append(link);
    link.click();
    link.remove();
  }
}
