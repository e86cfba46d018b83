// COCO run-length codes in the browser: column by column, starting with the zeros, packed into printable characters.

/** Return the lengths of a code's runs, zeros first. */
export function runLengths(text) {
  const found = [];
  for (let place = 0; place < text.length; ) {
    let [value, shift, more] = [0, 0, true];
    while (more) {
      const code = text.charCodeAt(place++) - 48;
      value |= (code & 31) << shift;
      shift += 5;
      more = (code & 32) !== 0;
      if (!more && code & 16) value |= -1 << shift;
    }
    if (found.length > 2) value += found[found.length - 2];
    found.push(value);
  }
  return found;
}

/**
 * Put a mask into a plane of bits, row by row, and widen a box to what it covers.
 * @param text the code, or null for an empty mask
 * @param put (plane, place) => void for each pixel of the mask, or a number whose bits are added
 * @param box [left, top, right, bottom], exclusive at the end
 */
export function fillMask(text, height, width, plane, put, box) {
  if (!text) return 0;
  const lengths = runLengths(text);
  let [start, area] = [0, 0];
  for (let k = 0; k < lengths.length; k++) {
    const end = start + lengths[k];
    if (k % 2 && end > start) {
      const [first, last] = [Math.floor(start / height), Math.floor((end - 1) / height)];
      box[0] = Math.min(box[0], first);
      box[2] = Math.max(box[2], last + 1);
      box[1] = Math.min(box[1], first === last ? start - first * height : 0);
      box[3] = Math.max(box[3], first === last ? end - first * height : height);
      area += end - start;
      for (let x = first; x <= last; x++) {
        const from = Math.max(start - x * height, 0) * width + x;
        const until = Math.min(end - x * height, height) * width + x;
        if (typeof put === "number") for (let at = from; at < until; at += width) plane[at] |= put;
        else for (let at = from; at < until; at += width) plane[at] = put(plane[at]);
      }
    }
    start = end;
  }
  return area;
}
