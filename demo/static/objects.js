// @ts-check
// The panel's list of objects: select, rename, hide, delete; and the buttons that add one.

import { button, h, icon } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { PhotoObject } from './types' */

export class Objects {
  /** @param {Stage} stage @param {() => void} repaint draws the panel even if no object has changed */
  constructor(stage, repaint) {
    this.stage = stage;
    this.repaint = repaint;
    const { texts } = stage;
    this.list = h('ul', { class: 'es-objects', 'aria-label': texts.objects });
    this.add = button({ class: 'es-button', icon: 'add', onclick: () => this.addObject() }, texts.add_object);
    this.merge = h('button', {
      type: 'button', class: 'es-button', hidden: true, title: texts.merge_help, onclick: () => stage.keepPicked(true),
    }, texts.merge_picked);
    this.el = h('section', { class: 'es-section es-grow' },
      h('div', { class: 'es-row' }, h('h2', {}, texts.objects), h('div', { class: 'es-group' }, this.merge, this.add)),
      this.list);
  }

  /** Add the picked masks of a label map as objects; without any, start the next object. */
  addObject() {
    if (this.stage.picked.size) this.stage.keepPicked(); else this.stage.addObject();
  }

  paint() {
    const { stage } = this, { texts } = stage, picked = stage.picked.size;
    this.merge.hidden = picked < 2;
    this.add.disabled = !picked && !stage.hasMask(stage.active);
    /** @type {HTMLElement} */ (this.add.lastElementChild).textContent = picked ? texts.add_picked : texts.add_object;
    const typing = document.activeElement instanceof HTMLInputElement && this.list.contains(document.activeElement);
    if (!typing) this.list.replaceChildren(...stage.doc.objects.map(object => this.row(object)));
  }

  /** @param {PhotoObject} object */
  row(object) {
    const { stage } = this, { texts, history } = stage;
    return h('li', {
      class: 'es-object', 'aria-current': String(object.id === stage.doc.active), 'data-hidden': String(object.hidden),
      onclick: () => history.select(object.id),
    },
    h('i', { class: 'es-swatch', style: `background:${object.colour}`, 'data-empty': String(!stage.hasMask(object)) }),
    this.nameField(object),
    object.hidden
      ? this.small('hidden', texts.show, object, id => history.toggle(id))
      : this.small('eye', texts.hide, object, id => history.toggle(id)),
    this.small('remove', texts.remove, object, id => history.remove(id)));
  }

  /** @param {string} name @param {string} label @param {PhotoObject} object @param {(id: number) => void} act */
  small(name, label, object, act) {
    return h('button', {
      type: 'button', class: 'es-small', title: label, 'aria-label': `${label}: ${object.name}`,
      onclick: (/** @type {Event} */ event) => { event.stopPropagation(); act(object.id); },
    }, icon(name));
  }

  /** @param {PhotoObject} object */
  nameField(object) {
    const { stage } = this, { texts, history } = stage;
    const field = h('input', {
      class: 'es-name', value: object.name, maxlength: 60, 'aria-label': texts.object_name, spellcheck: 'false',
      onfocus: () => history.select(object.id),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        event.stopPropagation();
        if (event.key === 'Escape') field.value = object.name;
        if (event.key === 'Escape' || event.key === 'Enter') field.blur();
      },
      onblur: () => {
        const name = field.value;
        this.repaint();
        if (name.trim() && name !== object.name) history.rename(object.id, name);
      },
    });
    return field;
  }
}
