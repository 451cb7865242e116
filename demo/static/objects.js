// @ts-check
// The panel's list of objects: select, rename, hide, delete; and the button that adds one.

import { button, h, icon } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { PhotoObject } from './types' */

export class Objects {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    const { texts } = stage;
    /** @type {Map<number, Row>} by object; a row is kept, so that the focus stays in it */
    this.rows = new Map();
    this.list = h('ul', { class: 'es-objects', 'aria-label': texts.objects });
    this.add = button({ class: 'es-button', icon: 'add', onclick: () => stage.addObject() }, texts.add_object);
    this.el = h('section', { class: 'es-section es-grow' },
      h('div', { class: 'es-row' }, h('h2', {}, texts.objects), this.add),
      this.list);
  }

  paint() {
    const { stage } = this;
    this.add.disabled = !stage.hasMask(stage.active);
    const { objects } = stage.doc, rows = objects.map(({ id }) => this.rows.get(id) || new Row(stage, id));
    this.rows = new Map(rows.map(row => [row.id, row]));
    rows.forEach((row, i) => row.paint(objects[i]));
    const now = [...this.list.children];
    if (now.length !== rows.length || rows.some((row, i) => row.el !== now[i])) this.list.replaceChildren(...rows.map(row => row.el));
  }
}

/** One object of the list. */
class Row {
  /** @param {Stage} stage @param {number} id of the object */
  constructor(stage, id) {
    this.stage = stage;
    this.id = id;
    const { texts, history } = stage;
    this.swatch = h('i', { class: 'es-swatch' });
    this.name = h('input', {
      class: 'es-name', maxlength: 60, 'aria-label': texts.object_name, spellcheck: 'false',
      onfocus: () => history.select(id), onblur: () => this.rename(),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.keyDown(event),
    });
    this.eye = this.small('eye', () => history.toggle(id));
    this.removed = this.small('remove', () => { history.remove(id); stage.el.focus({ preventScroll: true }); });
    this.el = h('li', { class: 'es-object', onclick: () => history.select(id) },
      this.swatch, this.name, this.eye, this.removed);
  }

  /** @param {string} name of the icon @param {() => void} act */
  small(name, act) {
    return h('button', {
      type: 'button', class: 'es-small', onclick: (/** @type {Event} */ event) => { event.stopPropagation(); act(); },
    }, icon(name));
  }

  /** @param {PhotoObject} object */
  paint(object) {
    const { stage } = this, { texts } = stage;
    this.el.setAttribute('aria-current', String(object.id === stage.doc.active));
    this.el.dataset.hidden = String(object.hidden);
    this.swatch.style.background = object.colour;
    this.swatch.dataset.empty = String(!stage.hasMask(object));
    if (document.activeElement !== this.name) this.name.value = object.name;
    this.eye.replaceChildren(icon(object.hidden ? 'hidden' : 'eye'));
    const eye = object.hidden ? texts.show : texts.hide;
    Object.assign(this.eye, { title: eye, ariaLabel: `${eye}: ${object.name}` });
    Object.assign(this.removed, { title: texts.remove, ariaLabel: `${texts.remove}: ${object.name}` });
  }

  /** @param {KeyboardEvent} event */
  keyDown(event) {
    event.stopPropagation();
    if (event.key === 'Escape') this.name.value = this.object.name;
    if (event.key === 'Escape' || event.key === 'Enter') this.name.blur();
  }

  get object() { return this.stage.history.find(this.id); }

  rename() {
    const { object, name: { value } } = this;
    if (!object) return;
    if (value.trim() && value !== object.name) this.stage.history.rename(this.id, value);
    else this.name.value = object.name;
  }
}
