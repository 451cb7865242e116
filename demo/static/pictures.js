// Pictures for the canvas: masks in colour, label maps, heat, prompts. Nothing here knows the page.

const PALETTE = ['#5b7cfa', '#f2733f', '#23b08a', '#d64f8a', '#e0a91b', '#8a63d2', '#2ba3c6', '#86a832'];

const clamp = (value, low, high) => Math.max(low, Math.min(high, value));
const newCanvas = (width, height) => Object.assign(document.createElement('canvas'), { width, height });

async function loadPicture(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return picture;
}

/** Return a canvas of the given size: the picture's opaque part in one colour. */
function tint(picture, colour, width, height) {
  const out = newCanvas(width, height), g = out.getContext('2d');
  g.drawImage(picture, 0, 0, width, height);
  g.globalCompositeOperation = 'source-in';
  g.fillStyle = colour;
  g.fillRect(0, 0, width, height);
  return out;
}

/** Return the rim of a tinted mask, `thick` pixels wide, outside of it. */
function rim(filled, thick) {
  const out = newCanvas(filled.width, filled.height), g = out.getContext('2d');
  for (let turn = 0; turn < 8; turn += 1) {
    const angle = turn * Math.PI / 4;
    g.drawImage(filled, Math.cos(angle) * thick, Math.sin(angle) * thick);
  }
  g.globalCompositeOperation = 'destination-out';
  g.drawImage(filled, 0, 0);
  return out;
}

function rgb(colour) {
  return [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));
}

function pixels(picture) {
  const canvas = newCanvas(picture.naturalWidth, picture.naturalHeight);
  const g = canvas.getContext('2d', { willReadFrequently: true, colorSpace: 'srgb' });
  g.drawImage(picture, 0, 0);
  return g.getImageData(0, 0, canvas.width, canvas.height);
}

/** Return one picture that covers what any of the pictures covers. */
function union(pictures) {
  const [first] = pictures, out = newCanvas(first.naturalWidth || first.width, first.naturalHeight || first.height);
  for (const picture of pictures) out.getContext('2d').drawImage(picture, 0, 0, out.width, out.height);
  return out;
}

/** A label map: the red and green of each pixel are its mask's id, 0 is no mask. */
class LabelLayer {
  constructor(picture, colours) {
    const { data, width, height } = pixels(picture);
    Object.assign(this, { width, height, ids: new Uint16Array(width * height), boxes: new Map(), regions: new Map(), whole: new Set() });
    this.colours = colours && colours.map(rgb);
    for (let i = 0; i < this.ids.length; i += 1) this.ids[i] = data[4 * i] + 256 * data[4 * i + 1];
    this.measure();
    this.all = this.colourAll();
  }

  measure() {
    for (let y = 0, i = 0; y < this.height; y += 1) {
      for (let x = 0; x < this.width; x += 1, i += 1) {
        const id = this.ids[i];
        if (!id) continue;
        const box = this.boxes.get(id);
        if (!box) this.boxes.set(id, [x, y, x + 1, y + 1]);
        else { box[0] = Math.min(box[0], x); box[2] = Math.max(box[2], x + 1); box[3] = y + 1; }
      }
    }
  }

  colourAll() {
    const canvas = newCanvas(this.width, this.height), g = canvas.getContext('2d');
    const image = g.createImageData(this.width, this.height), colours = PALETTE.map(rgb);
    for (let i = 0; i < this.ids.length; i += 1) {
      const id = this.ids[i];
      if (!id) continue;
      const edge = id !== this.ids[i - 1] || id !== this.ids[i - this.width];
      const colour = this.colours ? this.colours[id - 1] : colours[(id * 5) % colours.length];
      image.data.set([...colour, edge ? 255 : 140], 4 * i);
    }
    g.putImageData(image, 0, 0);
    return canvas;
  }

  at(u, v) {  // u, v in [0, 1)
    const x = clamp(Math.floor(u * this.width), 0, this.width - 1);
    const y = clamp(Math.floor(v * this.height), 0, this.height - 1);
    return this.ids[y * this.width + x];
  }

  /** Return one mask as a white picture of the map's size. */
  region(id) {
    if (!this.regions.has(id)) {
      const canvas = newCanvas(this.width, this.height), g = canvas.getContext('2d');
      const [x0, y0, x1, y1] = this.boxes.get(id) || [0, 0, 1, 1];
      const image = g.createImageData(x1 - x0, y1 - y0), white = new Uint32Array(image.data.buffer);
      for (let y = y0, i = 0; y < y1; y += 1) {
        for (let x = x0; x < x1; x += 1, i += 1) if (this.ids[y * this.width + x] === id) white[i] = 0xffffffff;
      }
      g.putImageData(image, x0, y0);
      this.regions.set(id, canvas);
    }
    return this.regions.get(id);
  }

  /** From now on this picture is the mask: in the map, smaller masks lie on it. */
  setWhole(id, picture) { this.regions.set(id, picture); this.whole.add(id); }
}

/** Colour a grey picture (black = 0, white = 1): cold parts stay see-through. */
function heatPicture(picture) {
  const image = pixels(picture), canvas = newCanvas(image.width, image.height);
  const stops = [[36, 20, 92], [122, 28, 109], [207, 68, 70], [247, 142, 40], [252, 232, 120]];
  const ramp = Array.from({ length: 256 }, (_, value) => {
    const at = value / 255 * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(at));
    return stops[low].map((part, i) => part + (stops[low + 1][i] - part) * (at - low));
  });
  for (let i = 0; i < image.data.length; i += 4) {
    const value = image.data[i];
    image.data.set([...ramp[value], Math.min(230, 40 + value)], i);
  }
  canvas.getContext('2d').putImageData(image, 0, 0);
  return canvas;
}

// ---- prompts; a pen is {g, sx, sy, zoom}: a 2d context and canvas pixels per photo and per CSS pixel ----

function drawBox({ g, sx, sy, zoom }, [x0, y0, x1, y1]) {
  const rect = [x0 * sx, y0 * sy, (x1 - x0) * sx, (y1 - y0) * sy];
  g.lineWidth = 3.5 * zoom; g.strokeStyle = 'rgba(10, 12, 20, .45)'; g.strokeRect(...rect);
  g.lineWidth = 1.75 * zoom; g.strokeStyle = '#fff'; g.strokeRect(...rect);
}

function drawPoint({ g, sx, sy, zoom }, x, y, label) {
  const cx = (x + 0.5) * sx, cy = (y + 0.5) * sy, arm = 3.5 * zoom;
  g.beginPath(); g.arc(cx, cy, 7.5 * zoom, 0, 7); g.fillStyle = label ? '#12a150' : '#d92d4b'; g.fill();
  g.lineWidth = 2 * zoom; g.strokeStyle = '#fff'; g.stroke();
  // A sign, not only a colour, tells the two labels apart.
  g.beginPath(); g.moveTo(cx - arm, cy); g.lineTo(cx + arm, cy);
  if (label) { g.moveTo(cx, cy - arm); g.lineTo(cx, cy + arm); }
  g.stroke();
}

function drawCross({ g, sx, sy, zoom }, x, y) {
  const cx = (x + 0.5) * sx, cy = (y + 0.5) * sy, arm = 14 * zoom;
  for (const [wide, colour] of [[4, 'rgba(10, 12, 20, .5)'], [1.75, '#fff']]) {
    g.beginPath(); g.moveTo(cx - arm, cy); g.lineTo(cx + arm, cy); g.moveTo(cx, cy - arm); g.lineTo(cx, cy + arm);
    g.lineWidth = wide * zoom; g.strokeStyle = colour; g.stroke();
  }
}
