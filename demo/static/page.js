// @ts-check
// The page around the stage: header, panel, strip of photos and tabs.

import { Arrival } from './arrival.js';
import { h } from './dom.js';
import { Help } from './help.js';
import { Keeper, thumbnail } from './keeper.js';
import { keptMask } from './kept.js';
import { asDataUrl, mayBeMask } from './mask_files.js';
import { Models } from './models.js';
import { Panel } from './panel.js';
import { Photos } from './photos.js';
import { asPng } from './pictures.js';
import { Stage } from './stage.js';
import { Store } from './store.js';
import { Tabs } from './tabs.js';
import { Versus } from './versus.js';

/** @import { KeptPhoto, Mode, PageHost, PageProps, Photo, Prompt, Reply, SentMask } from './types' */

/**
 * Where a photo came from, so that it can be sent again.
 * @typedef {{key: string, name: string, example?: string, file?: File, send: () => Promise<Reply>, stop?: AbortController}} Source
 */

export class Page {
  /** @param {HTMLElement} root @param {PageHost} host @param {PageProps} props */
  constructor(root, host, props) {
    this.root = root;
    this.host = host;
    this.props = props;
    this.texts = host.texts;
    /** @type {Source | null} */
    this.source = null;
    /** @type {Source | null} the one that was chosen last; it may still be loading */
    this.opening = null;
    /** @type {{token: string | null, model: string | null}} the photo and the model last reported to Python */
    this.entered = { token: null, model: null };
    /** @type {Prompt | null} */
    this.published = null;
    this.welcoming = false;  // whether the first mask of a first visit is on its way

    const main = h('section', { class: 'es-main', 'aria-label': this.texts.stage });
    this.models = new Models(host, () => this.useModel());
    this.canvas = new Stage(main, { ...host, reopen: () => this.reopen() });
    this.store = new Store();
    this.keeper = new Keeper(this.store, this.canvas.history);
    this.photos = new Photos(this.texts, props, {
      openExample: photo => this.openExample(photo), openFile: file => this.openFile(file),
      openKept: photo => this.openKept(photo), forget: photo => this.forget(photo),
      fail: sentence => this.canvas.showMessage(sentence, 'error'),
    });
    this.arrival = new Arrival(this.texts, {
      cancel: () => this.cancel(), refuse: () => this.canvas.showMessage(this.texts.photo_coming, 'busy'),
    });
    this.canvas.el.append(this.arrival.el);
    this.panel = new Panel(this.canvas, props, this.models.note);
    this.models.offerIn(this.panel.slot);
    this.versus = new Versus(this.canvas);
    this.panel.results.prepend(this.versus.el);
    this.tabs = new Tabs(props.modes, this.texts, this.panel.slot, (mode, has) => this.setMode(mode, has));
    this.canvas.bar.el.prepend(this.tabs.el);
    this.canvas.empty.append(...this.photos.invitation());
    this.canvas.on((what, detail) => this.handle(what, detail));
    const help = new Help(this.texts, props.help);
    this.models.el.append(help.button, help.dialog);
    host.whenBack(() => this.connected());
    root.append(this.models.el, h('div', { class: 'es-work' }, main, this.panel.el), this.photos.el, this.photos.file);
    this.photos.listen(root);
    this.tabs.resume();
    this.models.poll();
    this.resume();
  }

  /** 'ready' once a model is loaded. */
  get state() { return this.models.state; }

  /** @param {HTMLImageElement | HTMLCanvasElement} picture */
  asPng(picture) { return asPng(picture); }

  /** @param {string} what @param {any} detail */
  handle(what, detail) {
    if (what === 'answer') {
      this.learn(detail);
      if (this.welcoming) this.canvas.showMessage(this.texts.welcome, 'note');
      this.welcoming = false;
    }
    if (what === 'paint') { this.panel.paint(); this.versus.paint(); }
    if (what === 'paint' || what === 'leave') this.keeper.keep();
    if (what === 'pick' || (what === 'paint' && this.canvas.active.prompt !== this.published)) this.publish();
  }

  /** @param {Mode} mode @param {boolean} hasControls */
  setMode(mode, hasControls) {
    this.panel.setMode(mode, hasControls);
    this.canvas.setMode(mode);
    this.versus.show(Boolean(mode.compares));
    this.publish();
  }

  /** The component's value: what handlers get when the canvas is an input. */
  publish() {
    const { photo, mode, active, picked } = this.canvas;
    const token = photo ? photo.token : null, model = this.models.name, last = this.entered;
    this.published = active.prompt;
    this.props.value = { mode: mode.name, token, model, picked: [...picked], prompt: active.prompt };
    if (token === last.token && model === last.model) return;
    this.entered = { token, model };
    const fresh = token !== last.token;
    this.host.notify('entered', { token, model, left: fresh ? last.token : null, fresh });
  }

  // ---- photos ----

  /** @param {{id: string, alt: string}} photo */
  openExample({ id, alt }) {
    return this.open({ key: `example ${id}`, name: alt, example: id, send: () => this.host.ask('example', { id }) });
  }

  /** Show the photo and the work of the last visit. */
  async resume() {
    const kept = await this.store.photos().catch(() => []);
    for (const photo of kept.filter(({ file }) => file).reverse()) this.photos.addTile(photo);
    if (this.opening) return;
    if (kept.length) this.openKept(kept[0]); else await this.welcome();
  }

  /** Show an example with a first mask, or the one that the address asks for: `?photo=<id>`, `?photo=none`. */
  async welcome() {
    const asked = new URLSearchParams(window.location.search).get('photo'), { welcome, gallery } = this.props;
    const photo = gallery.find(({ id }) => id === (asked || welcome.id));
    if (!photo || !await this.openExample(photo) || asked || !this.canvas.history.isClear) return;
    this.welcoming = true;
    this.canvas.click(...welcome.point, 1);
  }

  /** @param {KeptPhoto} photo */
  openKept({ key, name, example, file }) {
    if (file) this.open(this.sourceOf(key, name, file));
    else if (example) this.openExample({ id: example, alt: name });
  }

  /** Forget an upload and the work on it. @param {KeptPhoto} photo */
  async forget({ key }) {
    this.photos.removeTile(key);
    if (this.keeper.key === key) this.keeper.key = null;
    await this.keeper.written;  // what is still being written would be kept otherwise
    await this.store.forget(key);
  }

  /** Keep an opened photo for the next visit. @param {Source} source */
  async keepPhoto({ key, name, example, file }) {
    const photo = { key, name, example, file, opened: Date.now() };
    const thumb = file && this.canvas.picture ? thumbnail(this.canvas.picture) : undefined;
    if (file) this.photos.addTile({ ...photo, thumb });
    this.photos.mark(example || key);
    await this.store.keepPhoto({ ...photo, thumb });
  }

  /** @param {string} key @param {string} name @param {File} file @returns {Source} */
  sourceOf(key, name, file) {
    /** @type {Source} */
    const source = {
      key, name, file, send: () => this.host.upload(file, share => this.sent(source, share), source.stop?.signal),
    };
    return source;
  }

  /** @param {File} file */
  async openFile(file) {
    if (file.size > this.props.max_bytes) { this.canvas.showMessage(this.texts.file_too_large, 'error'); return; }
    const source = this.sourceOf(`${file.name} ${file.size} ${file.lastModified}`, file.name, file);
    const { photo } = this.canvas;
    if (photo && mayBeMask(file)) {
      this.expect(source);
      if (await this.openMask(photo, source, file)) return;
    }
    this.open(source);
  }

  /** Show that a photo is on its way; one that was before is not wanted any more. @param {Source} source */
  expect(source) {
    this.stop();
    this.opening = source;
    if (source.file && !source.name.endsWith('.json')) this.arrival.show(source.file);
    this.setInert(this.arrival.isShown);
  }

  /** The way to the photo has ended. */
  stop() {
    this.opening?.stop?.abort();
    this.opening = null;
    this.arrival.hide();
    this.setInert(false);
  }

  /** Whatever would act on the photo beneath waits. @param {boolean} inert */
  setInert(inert) {
    for (const el of [this.panel.el, this.canvas.bar.el]) el.inert = inert;
  }

  /** Back to the former photo and its work. */
  cancel() {
    this.stop();
    this.canvas.showMessage(this.texts.photo_cancelled, 'note');
  }

  /** @param {Source} source @param {number} share of its file */
  sent(source, share) { if (this.opening === source) this.arrival.progress(share); }

  /** Add the masks of a file as objects; false if it is another photo. @param {Photo} photo @param {Source} source @param {File} file */
  async openMask(photo, source, file) {
    const { canvas, texts } = this;
    canvas.showMessage(this.arrival.isShown ? texts.opening : texts.opening_mask, 'busy');
    const reply = await canvas.ask('mask', { token: photo.token, name: file.name, data: await asDataUrl(file) });
    if (this.opening !== source || canvas.photo !== photo) return true;
    if (reply.photo) return false;
    this.stop();
    if (reply.error) { canvas.showMessage(reply.error, 'error'); return true; }
    canvas.addMasks(await Promise.all(/** @type {SentMask[]} */ (reply.masks).map(keptMask)));
    canvas.showMessage(texts.mask_opened, 'note');
    return true;
  }

  /** Show a photo; false if that failed, or another one was chosen meanwhile. @param {Source} source */
  async open(source) {
    if (this.opening !== source) this.expect(source);
    this.canvas.showMessage(this.texts.opening, 'busy');
    const photo = await this.send(source);
    if (this.opening !== source) return false;
    if ('error' in photo) { this.stop(); this.canvas.showMessage(photo.error, 'error'); return false; }
    await this.keeper.keep();
    const work = await this.keeper.read(source.key);
    if (this.opening !== source) return false;
    await this.canvas.setPhoto(photo, work);
    if (this.opening === source) { this.arrival.hide(); this.setInert(false); }
    this.source = source;
    this.keeper.begin(source.key);
    document.title = `${source.name} – ${this.texts.title}`;
    this.keepPhoto(source);
    this.publish();
    if (photo.note) this.canvas.showMessage(photo.note, 'note');
    this.embed(photo.note);
    return true;
  }

  /** @param {Source} source @returns {Promise<Photo | {error: string}>} */
  async send(source) {
    source.stop = new AbortController();
    try {
      const reply = await source.send();
      return /** @type {Photo | {error: string}} */ ({ ...reply, name: source.name });
    } catch (error) {
      return { error: error instanceof Error ? error.message : String(error) };
    }
  }

  async reopen() {
    const photo = this.source && await this.send(this.source);
    if (!photo || 'error' in photo) return null;
    setTimeout(() => this.publish());  // after the stage has the new token
    return photo;
  }

  /** The connection is back: ask again for what was not answered. */
  connected() {
    this.canvas.showMessage(this.texts.connected, 'note');
    this.canvas.answers.retry();
    this.canvas.maskRequests.next();
    this.models.poll();
  }

  // ---- models ----

  useModel() {
    const { name, info } = this.models;
    if (name) this.canvas.setModel(name, !info || info.understands_background, Boolean(info?.looks_again));
    this.publish();
    this.embed();
  }

  /** @param {Reply} reply */
  learn(reply) {
    const { model_info: info } = reply;
    this.models.learn(reply);
    if (info && info.name === this.models.name) this.canvas.setModel(info.name, info.understands_background, info.looks_again);
  }

  /** Let the server embed the photo now, so that the first click is quick. @param {string} [note] to show then */
  async embed(note = '') {
    const { canvas, models } = this, { photo } = canvas;
    if (!photo || !models.name) return;
    canvas.showMessage(this.texts.reading, 'busy');
    const reply = await canvas.ask('embed', { token: photo.token, model: models.name });
    if (photo !== canvas.photo) return;
    const error = reply.code === 'photo_gone' ? '' : reply.error;  // the first click sends it again
    if (canvas.message.tone === 'busy') canvas.showMessage(error || note, error ? 'error' : note ? 'note' : 'hint');
    if (!reply.error) this.learn(reply);
  }
}
