// @ts-check
// Loading, colouring and merging pictures. Masks are pictures that are opaque inside the mask.

/** @import { Picture, Rgb } from './types' */

/** @param {number} width @param {number} height */
export function newCanvas(width, height) {
  return Object.assign(document.createElement('canvas'), { width, height });
}

/**
 * The 2d context of a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function pen(canvas, settings) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d', settings));
}

/** @param {Picture} picture @returns {[number, number]} width and height in its own pixels */
export function sizeOf(picture) {
  if (picture instanceof HTMLCanvasElement) return [picture.width, picture.height];
  return [picture.naturalWidth, picture.naturalHeight];
}

/** @param {string} url */
export async function loadPicture(url) {
  const picture = new Image();
  picture.src = url;
  await picture.decode();
  return picture;
}

/** @param {string} colour '#rrggbb' @returns {Rgb} */
export const rgb = colour => [1, 3, 5].map(at => parseInt(colour.slice(at, at + 2), 16));

/**
 * Fill a picture's opaque part with one colour, as a canvas of the given size.
 * @param {Picture} picture @param {string} colour @param {number} width @param {number} height
 * @param {{left: number, top: number, width: number, height: number, smooth: boolean}} [place] of the picture on the canvas
 */
export function tint(picture, colour, width, height, place = { left: 0, top: 0, width, height, smooth: true }) {
  const out = newCanvas(width, height), g = pen(out);
  g.imageSmoothingEnabled = place.smooth;
  g.drawImage(picture, place.left, place.top, place.width, place.height);
  g.globalCompositeOperation = 'source-in';
  g.fillStyle = colour;
  g.fillRect(0, 0, width, height);
  return out;
}

/**
 * The outline of a tinted mask, `thick` pixels wide, outside the mask.
 * @param {HTMLCanvasElement} filled @param {number} thick
 */
export function rim(filled, thick) {
  const out = newCanvas(filled.width, filled.height), g = pen(out);
  for (let turn = 0; turn < 8; turn += 1) {
    const angle = turn * Math.PI / 4;
    g.drawImage(filled, Math.cos(angle) * thick, Math.sin(angle) * thick);
  }
  g.globalCompositeOperation = 'destination-out';
  g.drawImage(filled, 0, 0);
  return out;
}

/** @param {Picture} picture @returns {ImageData} its pixels, RGBA */
export function pixels(picture) {
  const canvas = newCanvas(...sizeOf(picture));
  const g = pen(canvas, { willReadFrequently: true, colorSpace: 'srgb' });
  g.drawImage(picture, 0, 0);
  return g.getImageData(0, 0, canvas.width, canvas.height);
}

/** Whether a picture is opaque at a place, in fractions of its size. @param {Picture} picture @param {number} u @param {number} v */
export function covers(picture, u, v) {
  const [width, height] = sizeOf(picture), g = pen(newCanvas(1, 1), { willReadFrequently: true });
  g.drawImage(picture, -Math.floor(u * width), -Math.floor(v * height));
  return g.getImageData(0, 0, 1, 1).data[3] > 127;
}

/** The union of pictures. @param {Picture[]} pictures */
export function union(pictures) {
  const out = newCanvas(...sizeOf(pictures[0])), g = pen(out);
  for (const picture of pictures) g.drawImage(picture, 0, 0, out.width, out.height);
  return out;
}

/** @param {Picture} picture @returns {string} a PNG data URL */
export function asPng(picture) {
  return (picture instanceof HTMLCanvasElement ? picture : union([picture])).toDataURL('image/png');
}

/**
 * Colour a grey picture (black = 0, white = 1) from cold to hot; cold parts stay transparent.
 * @param {Picture} picture
 * @param {Rgb[]} stops at equal steps
 */
export function heatPicture(picture, stops) {
  const image = pixels(picture), canvas = newCanvas(image.width, image.height);
  const ramp = Array.from({ length: 256 }, (_, value) => {
    const at = value / 255 * (stops.length - 1), low = Math.min(stops.length - 2, Math.floor(at));
    return stops[low].map((part, i) => part + (stops[low + 1][i] - part) * (at - low));
  });
  for (let i = 0; i < image.data.length; i += 4) {
    const value = image.data[i];
    image.data.set([...ramp[value], Math.min(230, 40 + value)], i);
  }
  pen(canvas).putImageData(image, 0, 0);
  return canvas;
}
