// @ts-check
// The masks of a label map as a table: a row is selected with its mask on the photo, and kept as an object.

import { h } from './dom.js';

/** @import { Stage } from './stage.js' */
/** @import { MaskRow } from './types' */

/** Rows in the order of a column; equal ones stay by number. @param {MaskRow[]} rows @param {number} column @param {boolean} falling */
export const sorted = (rows, column, falling) => (
  [...rows].sort((a, b) => (falling ? b[column] - a[column] : a[column] - b[column]) || a[0] - b[0]));

export class Found {
  /** @param {Stage} stage */
  constructor(stage) {
    this.stage = stage;
    const { texts } = stage;
    /** @type {unknown} the layer whose rows are in the table */
    this.layer = null;
    this.order = { column: 0, falling: false };
    /** @type {Map<number, HTMLTableRowElement>} by id */
    this.rows = new Map();
    this.keepAll = this.button(texts.keep_all, texts.keep_all_help, () => stage.keepAll());
    this.keepPicked = this.button(texts.keep_picked, texts.keep_picked_help, () => stage.keepPicked());
    this.merge = this.button(texts.merge_picked, texts.merge_help, () => stage.keepPicked(true));
    this.heads = [texts.column_id, texts.column_area, texts.column_score, texts.column_stability].map((name, column) => (
      h('th', { scope: 'col' }, h('button', { type: 'button', onclick: () => this.sort(column) }, name))));
    this.body = h('tbody', {
      onclick: (/** @type {MouseEvent} */ event) => this.clicked(event),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.keyDown(event),
    });
    this.table = h('table', { role: 'grid', 'aria-multiselectable': 'true', 'aria-label': texts.masks },
      h('thead', {}, h('tr', {}, ...this.heads)), this.body);
    this.box = h('div', { class: 'es-found-rows' }, this.table);
    this.el = h('section', { class: 'es-section es-found', hidden: true, 'aria-label': texts.masks },
      h('div', { class: 'es-keeps' }, this.keepAll, this.keepPicked, this.merge),
      this.box);
  }

  /** @param {string} label @param {string} title @param {() => void} onclick */
  button(label, title, onclick) { return h('button', { type: 'button', class: 'es-button', title, onclick }, label); }

  paint() {
    const { labelLayer: layer, picked } = this.stage.pictures, rows = layer?.rows || [];
    this.el.hidden = !rows.length;
    this.keepPicked.disabled = !picked.size;
    this.merge.hidden = picked.size < 2;
    if (layer !== this.layer) this.fill(rows, layer?.colours || []);
    this.layer = layer;
    let current = null;
    for (const [id, row] of this.rows) {
      const selected = picked.has(id);
      if (selected && row.getAttribute('aria-selected') !== 'true') current = row;
      row.setAttribute('aria-selected', String(selected));
    }
    if (!current) return;
    this.goTo(current, false);
    this.reveal(current);
  }

  /** Scroll the table to a row, but not the page: the photo stays where it is. @param {HTMLTableRowElement} row */
  reveal(row) {
    const { box } = this, room = box.getBoundingClientRect(), at = row.getBoundingClientRect();
    const head = /** @type {HTMLElement} */ (this.table.tHead).offsetHeight;
    if (at.top < room.top + head) box.scrollTop -= room.top + head - at.top;
    else if (at.bottom > room.bottom) box.scrollTop += at.bottom - room.bottom;
  }

  /** @param {MaskRow[]} rows @param {string[]} colours */
  fill(rows, colours) {
    this.rows = new Map(rows.map(([id, area, score, stability]) => {
      const swatch = h('i', { class: 'es-swatch', style: `background:${colours[id - 1]}` });
      return [id, h('tr', { 'data-id': id, 'aria-selected': 'false', tabindex: '-1' },
        h('th', { scope: 'row' }, swatch, String(id)),
        ...[area, score, stability].map(value => h('td', {}, value.toFixed(2))))];
    }));
    this.data = rows;
    this.arrange();
  }

  /** Sort by a column, or turn its order round. @param {number} column */
  sort(column) {
    const { order } = this;
    this.order = { column, falling: order.column === column ? !order.falling : column > 0 };
    this.arrange();
  }

  arrange() {
    const { column, falling } = this.order;
    this.heads.forEach((head, i) => head.setAttribute('aria-sort', i !== column ? 'none' : falling ? 'descending' : 'ascending'));
    const rows = sorted(this.data || [], column, falling).map(([id]) => /** @type {HTMLTableRowElement} */ (this.rows.get(id)));
    this.body.replaceChildren(...rows);
    if (rows.length && !rows.some(row => row.tabIndex === 0)) rows[0].tabIndex = 0;
  }

  /** Make a row the one that Tab reaches. @param {HTMLTableRowElement} row @param {boolean} focus */
  goTo(row, focus) {
    for (const other of this.rows.values()) other.tabIndex = other === row ? 0 : -1;
    if (focus) row.focus();
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const row = rowOf(event);
    if (row) this.select(row, event.shiftKey || event.ctrlKey || event.metaKey);
  }

  /** Arrows, Home and End go through the rows; Space selects more, Enter this one. @param {KeyboardEvent} event */
  keyDown(event) {
    const row = rowOf(event);
    if (!row) return;
    const rows = /** @type {HTMLTableRowElement[]} */ ([...this.body.children]), at = rows.indexOf(row);
    /** @type {Record<string, number>} */
    const moves = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: rows.length - 1 };
    const next = rows[moves[event.key]];
    if (event.key in moves) { if (next) this.goTo(next, true); }
    else if (event.key === 'Enter' || event.key === ' ') this.select(row, event.key === ' ' || event.shiftKey);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Select the mask of a row alone, or turn it on or off among others. @param {HTMLTableRowElement} row @param {boolean} adds */
  select(row, adds) {
    const { pictures } = this.stage, id = Number(row.dataset.id), ids = new Set(adds ? pictures.picked : []);
    if (pictures.picked.has(id) && (adds || pictures.picked.size === 1)) ids.delete(id); else ids.add(id);
    this.goTo(row, true);
    pictures.pick([...ids]);
  }
}

/** @param {Event} event */
const rowOf = event => /** @type {HTMLTableRowElement | null} */ (/** @type {Element} */ (event.target).closest('tr'));
