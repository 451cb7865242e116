// @ts-check
// A button that opens a menu: arrow keys, letters, Escape; it keeps inside the window.

import { button, clamp, h } from './dom.js';

/** @import { MenuGroup } from './types' */

const GAP = 8;       // pixels to the button and to the edges of the window
const WIDTH = 340;
const ENOUGH = 320;  // pixels of height above or below the button; with less, the menu goes over it
let menus = 0;       // for ids

export class Menu {
  /**
   * @param {{label: string, about: string, icon: string}} face of the button; `about` names the menu
   * @param {MenuGroup[]} groups @param {(name: string) => void} choose
   */
  constructor({ label, about, icon }, groups, choose) {
    this.choose = choose;
    menus += 1;
    this.id = `es-menu-${menus}`;
    /** @type {HTMLButtonElement[]} */
    this.items = [];
    this.button = button({
      class: 'es-button es-opens', icon, 'aria-haspopup': 'menu', 'aria-expanded': 'false', 'aria-controls': this.id,
      onclick: () => (this.isOpen ? this.close(true) : this.open(0)),
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.buttonKey(event),
    }, label);
    this.list = h('div', {
      class: 'es-choices', id: this.id, role: 'menu', 'aria-label': about, popover: 'manual',
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
      onfocusout: (/** @type {FocusEvent} */ event) => { if (event.relatedTarget) this.left(event.relatedTarget); },
    }, ...groups.map(group => this.group(group)));
    this.el = h('div', { class: 'es-opener' }, this.button, this.list);
    this.listeners = new AbortController();
  }

  get isOpen() { return this.button.getAttribute('aria-expanded') === 'true'; }

  /** @param {MenuGroup} group */
  group([title, kinds]) {
    return h('div', { role: 'group', 'aria-label': title },
      h('div', { class: 'es-choices-title', 'aria-hidden': 'true' }, title),
      ...kinds.map(([name, label, about]) => this.item(name, label, about)));
  }

  /** @param {string} name @param {string} label @param {string} about */
  item(name, label, about) {
    const id = `${this.id}-${name}`;
    const item = h('button', {
      type: 'button', class: 'es-choice-item', role: 'menuitem', tabindex: '-1', 'data-export': name,
      'aria-label': label, 'aria-describedby': id, onclick: () => { this.close(true); this.choose(name); },
    }, h('b', {}, label), h('span', { id, class: 'es-about' }, about));
    this.items.push(item);
    return item;
  }

  /** @param {number} at the item that gets the focus; -1 is the last */
  open(at) {
    if (this.isOpen) return;
    this.list.showPopover();
    this.button.setAttribute('aria-expanded', 'true');
    this.place();
    this.focus(at);
    this.listeners = new AbortController();
    const { signal } = this.listeners;
    document.addEventListener('pointerdown', ({ target }) => this.left(target), { signal, capture: true });
    for (const event of ['resize', 'scroll']) {
      window.addEventListener(event, ({ target }) => { if (target !== this.list) this.place(); }, { signal, capture: true });
    }
  }

  /** @param {boolean} back whether the button gets the focus */
  close(back) {
    if (!this.isOpen) return;
    this.button.setAttribute('aria-expanded', 'false');
    this.listeners.abort();
    if (back) this.button.focus({ preventScroll: true });
    this.list.hidePopover();
  }

  /** Close if the pointer or the focus went elsewhere. @param {EventTarget | null} target */
  left(target) {
    if (!(target instanceof Node && this.el.contains(target))) this.close(false);
  }

  /** Put the menu below or above the button, or where it is too high for both, beside it. */
  place() {
    const { list } = this, at = this.button.getBoundingClientRect();
    const { innerWidth, innerHeight } = window, width = Math.min(WIDTH, innerWidth - 2 * GAP);
    const above = at.top - 2 * GAP, below = innerHeight - at.bottom - 2 * GAP;
    Object.assign(list.style, { width: `${width}px`, maxHeight: 'none' });
    const wanted = list.offsetHeight;
    let left = clamp(at.right - width, GAP, innerWidth - GAP - width), room = Math.max(above, below);
    let top = wanted <= below || below >= above ? at.bottom + GAP : at.top - GAP - Math.min(wanted, room);
    const beside = at.left - GAP - width;
    if (wanted > room && (beside >= GAP || room < ENOUGH)) {
      room = innerHeight - 2 * GAP;
      top = clamp(at.top, GAP, Math.max(GAP, innerHeight - GAP - wanted));
      if (beside >= GAP) left = beside;
    }
    Object.assign(list.style, { left: `${left}px`, top: `${top}px`, maxHeight: `${room}px` });
  }

  /** @param {number} at counted from the end if negative; around at both ends */
  focus(at) {
    const { items } = this;
    items[(at + items.length) % items.length].focus();
  }

  /** @param {KeyboardEvent} event */
  buttonKey(event) {
    if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return;
    event.preventDefault();
    this.open(event.key === 'ArrowDown' ? 0 : -1);
  }

  /** Keys in the menu are not the page's. @param {KeyboardEvent} event */
  key(event) {
    const { items } = this, { key } = event;
    event.stopPropagation();
    if (key === 'Tab') { this.close(true); return; }  // the browser goes on from the button
    const now = items.findIndex(item => item === document.activeElement);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: now + 1, ArrowUp: now - 1, Home: 0, End: -1 };
    if (key === 'Escape') this.close(true);
    else if (key in steps) this.focus(steps[key]);
    else if (key === ' ' || key === 'Enter' || !this.type(event, now)) return;
    event.preventDefault();
  }

  /** Go to the next item that starts with a letter; false if there is none. @param {KeyboardEvent} event @param {number} now */
  type({ key, ctrlKey, metaKey, altKey }, now) {
    if (key.length > 1 || ctrlKey || metaKey || altKey) return false;
    const order = [...this.items.slice(now + 1), ...this.items.slice(0, now + 1)];
    const found = order.find(item => item.ariaLabel?.toLowerCase().startsWith(key.toLowerCase()));
    found?.focus();
    return Boolean(found);
  }
}
