// The prompt canvas: a toolbar and a stage. One core for the Gradio page and for Jupyter.
//
//   const canvas = mount(el, host)         needs pictures.js before it
//
// `host` is what the surroundings offer:
//   host.ask(kind, payload) -> Promise<reply>   talks to Python; kind is 'prompt'
//   host.texts                                  every sentence that is shown (demo/texts.py)
//   host.reopen() -> Promise<photo>             optional: sends the photo again when it was forgotten
//   host.keys                                   where keys are heard (default: the canvas itself)
// The browser owns the prompts and sends all of them each time, so the server keeps no session.
// Coordinates are pixels of the original photo: pixel i spans [i, i + 1).
//
// Pictures other than the objects come in as layers, see setLayers().

const TOOLS = ['point', 'background', 'box'];
const HISTORY = 200;  // undo steps kept
const ANSWERS = 96;   // answers kept, so that undo and picking need no server
const TRIES = 3;      // how often a forgotten photo is sent again for one question
const SLIP = { mouse: 5, pen: 8, touch: 12 };  // CSS pixels a click may slip before it is a drag

const ICONS = {
  point: 'M12 5v14M5 12h14', background: 'M5 12h14', box: 'M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4',
  undo: 'M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3', redo: 'm15 14 5-5-5-5M20 9H10a6 6 0 0 0 0 12h3',
  clear: 'M6 6l12 12M18 6 6 18', subtract: 'M8 8h12v12H8zM4 14V4h10M11 14h6', opacity: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  photo: 'M4 5h16v14H4zM4 16l5-5 4 4 3-3 4 4', upload: 'M12 16V4M7 9l5-5 5 5M4 16v4h16v-4',
  camera: 'M4 8h3l2-3h6l2 3h3v11H4zM12 16a3 3 0 1 0 0-6 3 3 0 0 0 0 6', eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12M12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6',
  hidden: 'M3 3l18 18M10 5.2A10 10 0 0 1 12 5c6 0 10 7 10 7a17 17 0 0 1-3 3.7M6.5 6.6A17 17 0 0 0 2 12s4 7 10 7a10 10 0 0 0 5-1.4',
  remove: 'M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13', add: 'M12 5v14M5 12h14', down: 'm6 9 6 6 6-6', download: 'M12 4v12M7 11l5 5 5-5M4 20h16',
};

function h(tag, attrs = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attrs)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, '');
    else if (value !== false && value != null) node.setAttribute(name, value);
  }
  node.append(...children.filter(child => child != null));  // strings become text nodes, never HTML
  return node;
}

function icon(name) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('class', 'es-icon');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

const emptyPrompt = () => ({ point_coords: [], point_labels: [], box_xyxy: null });
const isEmpty = prompt => !prompt.point_coords.length && !prompt.box_xyxy;

class PromptStage {
  constructor(el, host) {
    Object.assign(this, {
      el, host, texts: host.texts, photo: null, tool: 'point', opacity: 0.5, mode: { name: 'points', prompts: true },
      model: null, understandsBackground: true, layers: {}, picked: new Set(), pointed: new Set(), hover: 0,
      listeners: [], answers: new Map(), failed: new Map(), shown: new Map(), pictures: new WeakMap(),
      busy: false, rev: 0, drag: null, cursor: null, clickedAt: 0, latencies: [], ids: 0,
      said: { text: '', tone: 'hint' },
    });
    this.startDocument();
    this.buildBar();
    this.buildStage();
    this.listen();
    this.render();
  }

  // ---- document: what undo and redo walk through; every step is a new frozen value ----

  startDocument() {
    const first = this.newObject(1);
    this.doc = { objects: [first], active: first.id, made: 1 };
    this.past = [];
    this.future = [];
  }

  newObject(number) {
    this.ids += 1;
    return {
      id: this.ids, name: `${this.texts.object} ${number}`, colour: PALETTE[(number - 1) % PALETTE.length],
      hidden: false, prompt: emptyPrompt(), choice: 0, model: this.model, subtract: false, mask: null,
    };
  }

  get active() { return this.doc.objects.find(object => object.id === this.doc.active); }

  commit(doc) {
    this.past = [...this.past.slice(1 - HISTORY), this.doc];
    this.future = [];
    this.show(doc);
  }

  show(doc) {
    this.doc = doc;
    this.failed.clear();  // the next step is a new try
    if (this.said.tone === 'error') this.say('');
    this.render();
    this.pump();
  }

  edit(id, change) {
    const objects = this.doc.objects.map(object => (object.id === id ? { ...object, ...change } : object));
    this.commit({ ...this.doc, objects });
  }

  prompt(change) {
    const prompt = { ...this.active.prompt, ...change };
    this.edit(this.doc.active, { prompt, choice: 0, model: this.model, mask: null, hidden: false });
  }

  undo() { this.step(this.past, this.future); }
  redo() { this.step(this.future, this.past); }

  step(from, to) {
    if (!from.length) return;
    to.push(this.doc);
    this.show(from.pop());
  }

  addPoint(x, y, label) {
    const { point_coords, point_labels } = this.active.prompt;
    this.prompt({ point_coords: [...point_coords, [x, y]], point_labels: [...point_labels, label] });
  }

  setBox(box) { this.prompt({ box_xyxy: box }); }
  clear() { if (!isEmpty(this.active.prompt) || this.active.mask) this.prompt(emptyPrompt()); }
  pick(choice) { if (choice !== this.active.choice) this.edit(this.doc.active, { choice }); }
  rename(id, name) { if (name.trim()) this.edit(id, { name: name.trim().slice(0, 60) }); else this.render(); }
  toggle(id) { this.edit(id, { hidden: !this.doc.objects.find(object => object.id === id).hidden }); }
  setSubtract(subtract) { this.edit(this.doc.active, { subtract, choice: 0 }); }
  select(id) { if (id !== this.doc.active) this.commit({ ...this.doc, active: id }); }

  addObject() {
    if (!this.hasMask(this.active)) { this.say(this.texts.nothing_to_keep, 'note'); return; }
    const made = this.doc.made + 1, object = this.newObject(made);
    this.commit({ objects: [...this.doc.objects, object], active: object.id, made });
  }

  /** Keep pictures (canvas or image, opaque where the mask is) as objects of their own. */
  addMasks(pictures, names = []) {
    let made = this.doc.made;
    const kept = this.doc.objects.filter(object => this.hasMask(object));
    const added = pictures.map((picture, i) => {
      made += 1;
      const object = { ...this.newObject(made), mask: { picture } };
      return names[i] ? { ...object, name: names[i] } : object;
    });
    if (!added.length) return;
    this.commit({ objects: [...kept, ...added], active: added[added.length - 1].id, made });
  }

  remove(id) {
    let objects = this.doc.objects.filter(object => object.id !== id), { active, made } = this.doc;
    if (!objects.length) { made += 1; objects = [this.newObject(made)]; }
    if (!objects.some(object => object.id === active)) active = objects[objects.length - 1].id;
    this.commit({ objects, active, made });
  }

  // ---- answers: one request in flight, the newest state wins ----

  keyOf(object) { return JSON.stringify([object.model, object.subtract, object.prompt]); }
  hasMask(object) { return Boolean(this.maskOf(object)); }
  hasPrompt(object) { return !object.mask && !isEmpty(object.prompt); }

  /** The answer on show: the object's own, or its last one while the new one is on its way. */
  answerOf(object) {
    if (!this.hasPrompt(object)) return null;
    return this.answers.get(this.keyOf(object)) || this.answers.get(this.shown.get(object.id)) || null;
  }

  maskOf(object) {
    if (object.mask) return object.mask.picture;
    const answer = this.answerOf(object);
    return answer ? (answer.candidates[object.choice] || answer.candidates[0]).picture : null;
  }

  wanted() {
    const rest = this.doc.objects.filter(object => object.id !== this.doc.active);
    return [this.active, ...rest].find(object => {
      const key = this.keyOf(object);
      return this.hasPrompt(object) && !this.answers.has(key) && !this.failed.has(key);
    });
  }

  async pump() {
    const object = this.photo && !this.busy && this.wanted();
    if (!object) return;
    this.busy = true;
    this.render();
    const { photo } = this, key = this.keyOf(object);
    this.rev += 1;
    const { model, subtract, prompt } = object;
    let reply = await this.ask('prompt', { token: photo.token, model, subtract, prompt, rev: this.rev });
    for (let tries = 0; tries < TRIES && reply.code === 'photo_gone' && photo.url === this.photo.url; tries += 1) reply = await this.askAgain(object, reply);
    if (photo.url === (this.photo && this.photo.url)) await this.receive(object, key, reply);
    this.busy = false;
    this.render();
    this.pump();
  }

  async ask(kind, payload) {
    try {
      return await this.host.ask(kind, payload);
    } catch (error) {
      return { error: error.message || String(error) };
    }
  }

  /** The server forgot the photo (restarted, or many visitors): send it again, lose nothing. */
  async askAgain(object, reply) {
    if (!this.host.reopen) return reply;
    const photo = await this.host.reopen();
    if (!photo) return reply;
    photo.url = this.photo.url;
    this.photo = photo;
    const { model, subtract, prompt } = object;
    return this.ask('prompt', { token: photo.token, model, subtract, prompt, rev: this.rev });
  }

  async receive(object, key, reply) {
    if (reply.error) {
      this.failed.set(key, reply.error);
      this.say(reply.error, 'error');
      return;
    }
    const candidates = await Promise.all(reply.candidates.map(async candidate => ({
      ...candidate, picture: await loadPicture(candidate.png),
    })));
    this.answers.set(key, { candidates, note: reply.note });
    if (this.answers.size > ANSWERS) this.answers.delete(this.answers.keys().next().value);
    this.shown.set(object.id, key);
    this.say(reply.note || '', 'note');
    this.measured = this.clickedAt;
    this.emit('answer', reply);
  }

  // ---- photo, model, mode, layers ----

  /** Show a photo {token, url, width, height, name}; prompts and objects start afresh. */
  async setPhoto(photo) {
    const picture = await loadPicture(photo.url);
    this.photo = photo;
    this.picture = picture;
    this.img.src = photo.url;
    this.img.alt = photo.name || '';
    this.answers.clear();
    this.shown.clear();
    this.failed.clear();
    this.layers = {};
    this.tip.hidden = true;
    this.hover = 0;
    this.picked.clear();
    this.cursor = null;
    this.startDocument();
    this.say('');
    this.fit();
    this.emit('photo', photo);
  }

  setModel(name, understandsBackground) {
    const changed = name !== this.model;
    this.model = name;
    this.understandsBackground = understandsBackground;
    if (changed) {
      // Kept objects keep the masks they were given; only the one at work is asked again.
      const objects = this.doc.objects.map(o => (o.id === this.doc.active || isEmpty(o.prompt) ? { ...o, model: name } : o));
      this.show({ ...this.doc, objects });
    } else this.render();
  }

  setMode(mode) { this.mode = mode; this.hover = 0; this.tip.hidden = true; this.picked.clear(); this.render(); }

  /**
   * Show pictures over the photo: {name: layer or null}; null takes a layer away.
   *   {kind: 'labels', token, png, mode?}               label map, id = R + 256 G: hover, click, shift click
   *     also colours: ['#rrggbb'] and tips: ['text'], one per id from 1; shown: what host.ask('regions',
   *     {token, shown, ids}) is told, which answers {masks: [{id, png}]}, each mask as a whole
   *   {kind: 'pick', token, ids}                        no picture: selects masks of the label map
   *   {kind: 'masks', token, masks: [{png, colour?}], outline?, mode?}   opaque where the mask is
   *   {kind: 'heat', token, png, mode?}                 grey picture, white is hot
   *   {kind: 'objects', token, masks: [{png, name?}]}   masks that become objects, once
   *   {kind: 'markers', token, points: [[x, y, label]], boxes: [[x0, y0, x1, y1]], mode?}   in photo pixels
   * `token` is the photo's: a layer of another photo is dropped. `mode` hides it in other modes.
   */
  async setLayers(layers) {
    const { photo } = this;
    for (const [name, layer] of Object.entries(layers || {})) {
      const ready = layer && photo && layer.token === photo.token ? await this.loadLayer(layer) : null;
      if (photo !== this.photo) return;
      if (ready && ready.kind === 'pick') { this.setPicked(ready.ids); continue; }
      if (ready) this.layers[name] = ready; else delete this.layers[name];
      if (ready && ready.kind === 'labels') { this.picked.clear(); this.hover = 0; this.tip.hidden = true; }
    }
    this.render();
    this.emit('layers', Object.keys(this.layers));
  }

  async loadLayer(layer) {
    const ready = { ...layer };
    if (layer.kind === 'labels') ready.labels = new LabelLayer(await loadPicture(layer.png), layer.colours);
    if (layer.kind === 'heat') ready.picture = heatPicture(await loadPicture(layer.png));
    if (layer.kind === 'objects') {
      this.addMasks(await Promise.all(layer.masks.map(mask => loadPicture(mask.png))), layer.masks.map(mask => mask.name));
      return null;
    }
    if (layer.kind === 'masks') {
      ready.masks = await Promise.all(layer.masks.map(async (mask, i) => ({
        picture: await loadPicture(mask.png), colour: mask.colour || PALETTE[i % PALETTE.length],
      })));
    }
    return ready;
  }

  visibleLayers(kind) {
    return Object.values(this.layers).filter(layer => layer.kind === kind && (!layer.mode || layer.mode === this.mode.name));
  }

  get labelLayer() { return this.visibleLayers('labels')[0] || null; }
  get labels() { const layer = this.labelLayer; return layer ? layer.labels : null; }

  setPicked(ids) {
    this.picked = new Set(ids);
    this.render();
    this.emit('pick', ids);
    return this.makeWhole();
  }

  /** Fetch the picked masks as a whole; false if that failed. */
  async makeWhole() {
    const layer = this.labelLayer, ids = layer && layer.shown ? [...this.picked].filter(id => !layer.labels.whole.has(id)) : [];
    if (!ids.length) return true;
    const reply = await this.ask('regions', { token: layer.token, shown: layer.shown, ids });
    if (reply.error) { this.say(reply.error, 'error'); return false; }
    await Promise.all(reply.masks.map(async mask => layer.labels.setWhole(mask.id, await loadPicture(mask.png))));
    this.render();
    return layer === this.labelLayer;
  }

  /** Return the pictures of the picked masks, each as a whole, or none if they cannot be had. */
  async pickedMasks() {
    if (!this.labels || !this.picked.size || !await this.makeWhole()) return [];
    return [...this.picked].map(id => this.labels.region(id));
  }

  /** Keep the picked masks of the label map as objects, or all as one. */
  async keepPicked(merged = false) {
    const masks = await this.pickedMasks();
    if (!masks.length) return;
    this.picked.clear();
    this.addMasks(merged ? [union(masks)] : masks);
    this.emit('pick', []);
  }

  // ---- building ----

  button(name, label, keys, act) {
    const title = keys ? `${label} (${keys})` : label;
    return h('button', { type: 'button', class: `es-tool es-tool-${name}`, title, 'aria-label': label, onclick: act },
      icon(name), h('span', { class: 'es-label' }, label));
  }

  buildBar() {
    const T = this.texts;
    this.toolButtons = TOOLS.map((tool, i) => this.button(tool, T[`tool_${tool}`], String(i + 1), () => this.setTool(tool)));
    this.undoButton = this.button('undo', T.undo, 'Ctrl+Z', () => this.undo());
    this.redoButton = this.button('redo', T.redo, 'Ctrl+Shift+Z', () => this.redo());
    this.clearButton = this.button('clear', T.clear, 'Esc', () => this.clear());
    this.subtractButton = this.button('subtract', T.subtract, '', () => this.setSubtract(!this.active.subtract));
    this.subtractButton.title = T.subtract_help;
    this.opacityInput = h('input', { type: 'range', min: 0.05, max: 1, step: 0.05, value: this.opacity, 'aria-label': T.opacity,
      oninput: () => { this.opacity = Number(this.opacityInput.value); this.render(); } });
    this.bar = h('div', { class: 'es-bar', role: 'toolbar', 'aria-label': T.toolbar },
      h('div', { class: 'es-group es-segment', role: 'group', 'aria-label': T.tools }, ...this.toolButtons),
      h('div', { class: 'es-group' }, this.undoButton, this.redoButton, this.clearButton),
      h('div', { class: 'es-group' }, this.subtractButton),
      h('label', { class: 'es-group es-opacity', title: T.opacity }, icon('opacity'), this.opacityInput));
  }

  buildStage() {
    this.img = h('img', { class: 'es-photo', alt: '', draggable: 'false' });
    this.overlay = h('canvas', { class: 'es-layer' });
    this.marks = h('canvas', { class: 'es-layer es-marks' });
    this.frame = h('div', { class: 'es-frame' }, this.img, this.overlay, this.marks);
    this.tip = h('div', { class: 'es-tip', hidden: true });
    this.status = h('div', { class: 'es-status', role: 'status', 'aria-live': 'polite' });
    this.empty = h('div', { class: 'es-empty' });
    this.stage = h('div', { class: 'es-stage', tabindex: '0', role: 'application', 'aria-label': this.texts.stage },
      this.frame, this.empty, this.status, this.tip);
    // JupyterLab would take single keys as notebook commands without the data attribute.
    this.root = h('div', { class: 'es-canvas', 'data-lm-suppress-shortcuts': 'true' }, this.bar, this.stage);
    this.el.append(this.root);
  }

  listen() {
    this.gone = new AbortController();
    const { signal } = this.gone, on = (node, name, act) => node.addEventListener(name, act, { signal });
    on(this.marks, 'contextmenu', event => { event.preventDefault(); event.stopPropagation(); });
    on(this.marks, 'pointerdown', event => this.pointerDown(event));
    on(this.marks, 'pointermove', event => this.pointerMove(event));
    on(this.marks, 'pointerup', event => this.pointerUp(event));
    on(this.marks, 'pointercancel', () => { this.drag = null; this.render(); });
    on(this.marks, 'pointerleave', event => { if (event.pointerType !== 'touch') { this.hover = 0; this.paintTip(event); this.render(); } });
    on(this.host.keys || this.root, 'keydown', event => this.keyDown(event));
    this.resize = new ResizeObserver(() => this.fit());
    this.resize.observe(this.stage);
  }

  destroy() { this.gone.abort(); this.resize.disconnect(); this.root.remove(); }

  on(listener) { this.listeners.push(listener); }
  emit(what, detail) { for (const listener of this.listeners) listener(what, detail); }

  // ---- pointer and keys ----

  setTool(tool) { this.tool = tool; this.render(); }

  /** CSS position to photo pixel: exact at any scale, zoom or device pixel ratio. */
  pixelAt(event) {
    const rect = this.marks.getBoundingClientRect();
    return [
      clamp(Math.floor((event.clientX - rect.left) * this.photo.width / rect.width), 0, this.photo.width - 1),
      clamp(Math.floor((event.clientY - rect.top) * this.photo.height / rect.height), 0, this.photo.height - 1),
    ];
  }

  pointerDown(event) {
    if (!this.photo || !event.isPrimary || this.drag) return;
    event.preventDefault();
    this.stage.focus({ preventScroll: true });
    this.marks.setPointerCapture(event.pointerId);
    const background = event.button === 2 || event.shiftKey || this.tool === 'background';
    // A finger slips easily: on touch only the box tool drags.
    const boxes = this.tool === 'box' || event.pointerType !== 'touch';
    this.cursor = null;
    this.drag = { x: event.clientX, y: event.clientY, from: this.pixelAt(event), background, boxes, shift: event.shiftKey, box: null };
  }

  pointerMove(event) {
    if (!this.photo) return;
    if (!this.drag) { this.hoverAt(event); return; }
    const { drag } = this, slip = Math.hypot(event.clientX - drag.x, event.clientY - drag.y);
    if (!this.mode.prompts || !drag.boxes || (!drag.box && slip <= (SLIP[event.pointerType] || 5))) return;
    const [x, y] = this.pixelAt(event), [x0, y0] = drag.from;
    drag.box = [Math.min(x, x0), Math.min(y, y0), Math.max(x, x0) + 1, Math.max(y, y0) + 1];
    this.render();
  }

  pointerUp(event) {
    const { drag } = this;
    if (!drag) return;
    this.drag = null;
    this.clickedAt = performance.now();
    if (!this.mode.prompts) this.pickAt(event, drag.shift);
    else if (drag.box) this.setBox(drag.box);
    else if (this.tool === 'box') { this.say(this.texts.drag_a_box, 'note'); this.render(); }
    else this.addPoint(...drag.from, drag.background ? 0 : 1);
  }

  labelAt(event) {
    const rect = this.marks.getBoundingClientRect();
    return this.labels ? this.labels.at((event.clientX - rect.left) / rect.width, (event.clientY - rect.top) / rect.height) : 0;
  }

  hoverAt(event) {
    const id = this.labelAt(event), changed = id !== this.hover;
    this.hover = id;
    this.paintTip(event);
    if (changed) this.render();
  }

  /** What is known about the mask under the pointer, beside it and within the stage. */
  paintTip(event) {
    const layer = this.labelLayer, text = layer && layer.tips && this.hover ? layer.tips[this.hover - 1] : '';
    this.tip.hidden = !text;
    if (!text) return;
    this.tip.textContent = text;
    const rect = this.stage.getBoundingClientRect(), { offsetWidth: w, offsetHeight: hgt } = this.tip;
    const x = event.clientX - rect.left, y = event.clientY - rect.top;
    this.tip.style.left = `${clamp(x + 14, 4, Math.max(4, rect.width - w - 4))}px`;
    this.tip.style.top = `${y + 18 + hgt > rect.height ? y - hgt - 10 : y + 18}px`;
  }

  /** Select the mask under the pointer; Shift adds, and so does a finger, which has no Shift. */
  pickAt(event, shift) {
    const id = this.labelAt(event), add = shift || (id && event.pointerType === 'touch'), drop = add && this.picked.has(id);
    if (!add) this.picked.clear();
    if (drop) this.picked.delete(id); else if (id) this.picked.add(id);
    if (event.pointerType === 'touch') { this.hover = id; this.paintTip(event); }
    this.setPicked([...this.picked]);
  }

  keyDown(event) {
    const { target } = event;
    if (event.defaultPrevented || (target.matches && target.matches('input:not([type=range]), textarea, select, [contenteditable=true]'))) return;
    const act = event.ctrlKey || event.metaKey ? this.shortcut(event) : this.plainKey(event);
    if (!act) return;
    event.preventDefault();
    act();
  }

  shortcut(event) {
    const key = event.key.toLowerCase();
    if (key === 'z') return event.shiftKey ? () => this.redo() : () => this.undo();
    return key === 'y' ? () => this.redo() : null;
  }

  plainKey(event) {
    if (event.altKey) return null;
    const tool = TOOLS[Number(event.key) - 1];
    if (tool) return () => this.setTool(tool);
    if (event.key === 'Escape') return () => (this.drag ? this.dropDrag() : this.picked.size ? this.setPicked([]) : this.clear());
    if (event.key === 'n' || event.key === 'N') return () => this.addObject();
    return event.target === this.stage ? this.cursorKey(event) : null;
  }

  dropDrag() { this.drag = null; this.render(); }

  /** Arrows move a cross over the photo, Enter clicks there: the stage without a mouse. */
  cursorKey(event) {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const move = moves[event.key], { photo } = this;
    if (!photo || !this.mode.prompts) return null;
    const [x, y] = this.cursor || [photo.width >> 1, photo.height >> 1];
    if (event.key === 'Enter' && this.cursor) return () => this.addPoint(x, y, this.tool === 'background' || event.shiftKey ? 0 : 1);
    if (!move) return null;
    const step = Math.max(1, Math.round(Math.max(photo.width, photo.height) * (event.shiftKey ? 0.05 : 0.01)));
    return () => {
      this.cursor = [clamp(x + move[0] * step, 0, photo.width - 1), clamp(y + move[1] * step, 0, photo.height - 1)];
      this.render();
    };
  }

  // ---- drawing ----

  say(text, tone = 'hint') { this.said = { text, tone }; this.render(); }

  /** Lay the photo and its layers into the stage, as large as they fit. */
  fit() {
    const { photo, stage, frame } = this;
    if (photo) {
      stage.style.setProperty('--es-aspect', photo.width / photo.height);
      const scale = Math.min(stage.clientWidth / photo.width, stage.clientHeight / photo.height);
      frame.style.width = `${Math.round(photo.width * scale)}px`;
      frame.style.height = `${Math.round(photo.height * scale)}px`;
    }
    this.render();
  }

  render() {
    if (this.frameAsked) return;
    this.frameAsked = true;
    requestAnimationFrame(() => { this.frameAsked = false; this.paint(); });
  }

  paint() {
    this.paintBar();
    this.paintStatus();
    this.stage.classList.toggle('es-has-photo', Boolean(this.photo));
    if (this.photo) { this.paintOverlay(); this.paintMarks(); }
    if (this.measured) { this.latencies.push(performance.now() - this.measured); this.measured = 0; this.clickedAt = 0; }
    this.emit('paint');
  }

  paintBar() {
    this.toolButtons[0].parentElement.hidden = !this.mode.prompts;
    this.toolButtons.forEach((button, i) => button.setAttribute('aria-pressed', String(TOOLS[i] === this.tool)));
    this.undoButton.disabled = !this.past.length;
    this.redoButton.disabled = !this.future.length;
    this.clearButton.disabled = isEmpty(this.active.prompt) && !this.active.mask;
    this.subtractButton.hidden = this.understandsBackground;
    this.subtractButton.setAttribute('aria-pressed', String(this.active.subtract));
  }

  paintStatus() {
    const { text, tone } = this.statusNow();
    if (this.status.textContent !== text) this.status.textContent = text;
    this.status.dataset.tone = tone;
    this.status.hidden = !text;
  }

  statusNow() {
    if (this.said.text) return this.said;
    if (!this.photo) return { text: '', tone: 'hint' };
    const note = (this.answerOf(this.active) || {}).note;
    if (note) return { text: note, tone: 'note' };
    if (!this.mode.prompts) return { text: this.needsHint() ? this.hintOf(this.mode) : '', tone: 'hint' };
    return { text: isEmpty(this.active.prompt) && !this.active.mask ? this.hintOf(this.texts) : '', tone: 'hint' };
  }

  /** A finger neither hovers nor clicks right. */
  hintOf({ hint = '', hint_touch }) { return (hint_touch && window.matchMedia('(hover: none)').matches) ? hint_touch : hint; }

  /** A mode's hint leads to its results; over them it would be in the way. A label map it explains. */
  needsHint() {
    if (this.hover || this.picked.size) this.pointed.add(this.mode.name);
    const shown = Object.values(this.layers).some(layer => layer.mode === this.mode.name && layer.kind !== 'labels');
    return !shown && !this.pointed.has(this.mode.name);
  }

  sized(canvas) {
    const rect = canvas.getBoundingClientRect();
    const zoom = Math.min(window.devicePixelRatio || 1, 2048 / Math.max(1, rect.width, rect.height));
    const width = Math.max(1, Math.round(rect.width * zoom)), height = Math.max(1, Math.round(rect.height * zoom));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const g = canvas.getContext('2d');
    g.clearRect(0, 0, width, height);
    return { g, width, height, zoom };
  }

  /** The tinted mask and its rim, kept until the colour or the size changes. */
  inked(picture, colour, width, height, zoom) {
    const key = `${colour} ${width} ${height}`, had = this.pictures.get(picture);
    if (had && had.key === key) return had;
    const filled = tint(picture, colour, width, height);
    const inked = { key, filled, rim: rim(filled, 1.75 * zoom) };
    this.pictures.set(picture, inked);
    return inked;
  }

  paintOverlay() {
    const { g, width, height, zoom } = this.sized(this.overlay);
    const ink = (picture, colour, strength = 1) => {
      const { filled, rim: edge } = this.inked(picture, colour, width, height, zoom);
      g.globalAlpha = Math.min(1, this.opacity * strength);
      g.drawImage(filled, 0, 0);
      g.globalAlpha = 1;
      g.drawImage(edge, 0, 0);
    };
    for (const layer of this.visibleLayers('heat')) {
      g.globalAlpha = Math.min(1, this.opacity * 1.5);
      g.drawImage(layer.picture, 0, 0, width, height);
    }
    for (const layer of this.visibleLayers('masks')) for (const mask of layer.masks) ink(mask.picture, mask.colour, layer.outline ? 0 : 1);
    const { labels } = this;
    if (labels) {
      g.globalAlpha = this.opacity;
      g.imageSmoothingEnabled = false;
      g.drawImage(labels.all, 0, 0, width, height);
      g.imageSmoothingEnabled = true;
      for (const id of this.picked) ink(labels.region(id), '#ffffff', 1.2);
      if (this.hover && !this.picked.has(this.hover)) ink(labels.region(this.hover), '#ffffff', 0.6);
    }
    // Where a mode shows masks of its own, the objects step back to their outlines.
    const shown = !this.mode.prompts && (labels || this.visibleLayers('masks').length || this.visibleLayers('heat').length);
    for (const object of this.doc.objects) {
      const picture = !object.hidden && this.maskOf(object);
      if (picture) ink(picture, object.colour, shown ? 0 : object.id === this.doc.active ? 1 : 0.85);
    }
    g.globalAlpha = 1;
  }

  paintMarks() {
    const { g, width, height, zoom } = this.sized(this.marks);
    const sx = width / this.photo.width, sy = height / this.photo.height;
    const pen = { g, sx, sy, zoom };
    for (const layer of this.visibleLayers('markers')) {
      for (const box of layer.boxes || []) drawBox(pen, box);
      for (const [x, y, label] of layer.points || []) drawPoint(pen, x, y, label);
    }
    if (!this.mode.prompts) return;
    const { prompt, hidden } = this.active, box = (this.drag && this.drag.box) || prompt.box_xyxy;
    if (hidden && !this.drag) return;
    if (box) drawBox(pen, box);
    prompt.point_coords.forEach(([x, y], i) => drawPoint(pen, x, y, prompt.point_labels[i]));
    if (this.cursor) drawCross(pen, ...this.cursor);
  }
}

function mount(el, host) { return new PromptStage(el, host); }
