// @ts-check
// Elements and icons. Text is always set as text, never as HTML.

/** @type {Record<string, string>} */
const ICONS = {
  point: 'M12 5v14M5 12h14',
  background: 'M5 12h14',
  box: 'M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4',
  brush: 'M4 20c3 1 6 0 6-3a3 3 0 0 0-5-2c-1 1 0 3-1 5M9 14 19 4l1 1-9 11',
  eraser: 'M8 20h12M4 15l9-9 6 6-8 8H9z',
  'how-correct': 'M5 12l5 5 9-10',
  'how-add': 'M4 4h11v11H4zM9 9h11v11H9zM14.5 12v5M12 14.5h5',
  'how-subtract': 'M4 4h11v11H4zM9 9h11v11H9zM12 14.5h5',
  undo: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3',
  redo: 'm15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3',
  clear: 'M6 6l12 12M18 6 6 18',
  subtract: 'M8 8h12v12H8zM4 14V4h10M11 14h6',
  opacity: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  photo: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4',
  upload: 'M12 16V4M7 9l5-5 5 5M4 16v4h16v-4',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 16a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  hidden: 'M3 3l18 18M10 5.2A10 10 0 0 1 12 5c6 0 10 7 10 7a17 17 0 0 1-3 3.7'
    + 'M6.5 6.6A17 17 0 0 0 2 12s4 7 10 7a10 10 0 0 0 5-1.4',
  remove: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13',
  add: 'M12 5v14M5 12h14',
  minus: 'M5 12h14',
  down: 'm6 9 6 6 6-6',
  download: 'M12 4v12M7 11l5 5 5-5M4 20h16',
};
const SVG = 'http://www.w3.org/2000/svg';

/**
 * Make an element. `on<event>` attributes are listeners; true sets an attribute, false and null leave it out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attrs]
 * @param {...(Node | string | null | undefined)} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  for (const child of children) if (child != null) node.append(child);
  return node;
}

/** @param {string} name */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'es-icon');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/**
 * A button with an icon and a label.
 * @param {{class: string, icon?: string, onclick: (event: MouseEvent) => void, [attribute: string]: any}} attrs
 * @param {...string} words
 */
export function button({ icon: name, ...attrs }, ...words) {
  return h('button', { type: 'button', ...attrs }, name ? icon(name) : null, ...words.map(word => h('span', {}, word)));
}

/** @param {number} value @param {number} low @param {number} high */
export const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
