// @ts-check
// Where photos come from: the strip, a file, the clipboard, a drop, the camera.

import { hasCamera, takePhoto } from './camera.js';
import { button, h, icon } from './dom.js';

/** @import { KeptPhoto, PageProps, Texts } from './types' */

export class Photos {
  /**
   * @param {Texts} texts
   * @param {PageProps} props
   * @param {object} act
   * @param {(photo: {id: string, alt: string}) => void} act.openExample
   * @param {(file: File) => void} act.openFile
   * @param {(photo: KeptPhoto) => void} act.openKept
   * @param {(photo: KeptPhoto) => void} act.forget
   * @param {(sentence: string) => void} act.fail
   */
  constructor(texts, props, act) {
    this.texts = texts;
    this.act = act;
    /** @type {Map<string, {tile: HTMLElement, open: HTMLElement}>} tiles of uploads, by key */
    this.kept = new Map();
    this.file = h('input', { type: 'file', accept: 'image/*,.heic,.heif,.json', hidden: true, onchange: () => this.fileChosen() });
    this.tiles = props.gallery.map(photo => h('button', {
      type: 'button', class: 'es-thumb', title: photo.alt, 'aria-label': photo.alt, 'data-photo': photo.id,
      onclick: () => act.openExample(photo),
    }, h('img', { src: photo.thumb, alt: '', draggable: 'false' })));
    this.el = h('nav', { class: 'es-strip', 'aria-label': texts.photos },
      this.tile('upload', texts.upload, () => this.file.click()),
      hasCamera() ? this.tile('camera', texts.camera, () => this.openCamera()) : null, ...this.tiles);
  }

  /** @param {string} name @param {string} label @param {() => void} onclick */
  tile(name, label, onclick) { return button({ class: `es-tile es-tile-${name}`, icon: name, onclick }, label); }

  /** A tile for an upload, before the examples. @param {KeptPhoto} photo */
  addTile(photo) {
    const { texts, act } = this, { key, name, thumb } = photo;
    this.removeTile(key);
    const open = h('button', {
      type: 'button', class: 'es-thumb', title: name, 'aria-label': name, 'data-photo': key, onclick: () => act.openKept(photo),
    }, h('img', { src: thumb, alt: '', draggable: 'false' }));
    const forget = h('button', {
      type: 'button', class: 'es-forget', title: texts.forget, 'aria-label': `${texts.forget}: ${name}`,
      onclick: () => act.forget(photo),
    }, icon('remove'));
    const tile = h('div', { class: 'es-kept' }, open, forget);
    this.kept.set(key, { tile, open });
    this.el.insertBefore(tile, this.el.querySelector('.es-thumb, .es-kept'));
  }

  /** @param {string} key */
  removeTile(key) {
    this.kept.get(key)?.tile.remove();
    this.kept.delete(key);
  }

  /** The placeholder on the stage before a photo is opened. */
  invitation() {
    const { texts } = this, onclick = () => this.file.click();
    return [
      icon('photo'),
      h('p', { class: 'es-invite' }, texts.invite),
      h('p', { class: 'es-invite-more' }, texts.invite_more),
      button({ class: 'es-button es-primary', icon: 'upload', onclick }, texts.upload_photo),
    ];
  }

  fileChosen() {
    const file = this.file.files?.[0];
    this.file.value = '';  // the same file can be chosen again
    if (file) this.act.openFile(file);
  }

  async openCamera() {
    try {
      const shot = await takePhoto(this.texts, this.el);
      if (shot) this.act.openFile(shot);
    } catch {
      this.act.fail(this.texts.no_camera);
    }
  }

  /**
   * Listen for photos that are pasted or dropped anywhere.
   * @param {HTMLElement} root marked while a file is dragged over it
   */
  listen(root) {
    document.addEventListener('paste', event => {
      const file = [...(event.clipboardData?.files || [])].find(each => each.type.startsWith('image/'));
      if (file) { event.preventDefault(); this.act.openFile(file); }
    });
    document.addEventListener('dragover', event => {
      if (!event.dataTransfer?.types.includes('Files')) return;
      event.preventDefault();
      root.classList.add('es-dropping');
    });
    document.addEventListener('dragleave', event => {
      if (!event.relatedTarget) root.classList.remove('es-dropping');
    });
    document.addEventListener('drop', event => {
      root.classList.remove('es-dropping');
      const file = event.dataTransfer?.files[0];
      if (file) { event.preventDefault(); this.act.openFile(file); }
    });
  }

  /** Mark the open photo and scroll it into view. @param {string} id of an example, or key of an upload */
  mark(id) {
    const tiles = [...[...this.kept.values()].map(({ open }) => open), ...this.tiles], strip = this.el;
    for (const tile of tiles) tile.setAttribute('aria-current', String(tile.dataset.photo === id));
    const tile = tiles.find(each => each.dataset.photo === id);
    if (!tile) return;
    const left = tile.offsetLeft - strip.offsetLeft, right = left + tile.offsetWidth;
    if (left >= strip.scrollLeft && right <= strip.scrollLeft + strip.clientWidth) return;
    strip.scrollLeft = left - (strip.clientWidth - tile.offsetWidth) / 2;
  }
}
