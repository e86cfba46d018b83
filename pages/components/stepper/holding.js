// What is fetched of a clip, in constant memory: frames as decoded pictures, masks in pages; what was used longest ago leaves first.

const AT_ONCE = 4; // pictures under way
const MOST_FRAMES = 64;
const MOST_BYTES = 160e6; // of decoded pictures
const MOST_PAGES = 10;
const AHEAD = 16; // frames
const BEHIND = 6;

/** Return the answer to a request, or raise the sentence that says why there is none. */
async function fetched(address, signal) {
  const answer = await fetch(address, { signal });
  if (!answer.ok) throw new Error((await answer.text()).slice(0, 300) || `The server answered ${answer.status}.`);
  return answer;
}

/** Frames as pictures that can be drawn at once, by number. */
export class Frames {
  /** @param arrived (number) => void; failed (number, problem) => void */
  constructor({ address, count, height, width, arrived, failed }) {
    Object.assign(this, { address, count, arrived, failed, held: new Map(), under: new Map(), queue: [] });
    this.most = Math.max(8, Math.min(MOST_FRAMES, Math.floor(MOST_BYTES / (4 * height * width))));
  }

  get(number) {
    const found = this.held.get(number);
    if (found) {
      this.held.delete(number);
      this.held.set(number, found);
    }
    return found;
  }

  /** Fetch a frame now, then those around it, more of them in the direction of travel; what is no longer near is not fetched any more. */
  around(number, direction = 1) {
    const reach = Math.floor((this.most - 2) / 2);
    const [ahead, behind] = [Math.min(AHEAD, reach), Math.min(BEHIND, reach)];
    const wanted = [number];
    for (let k = 1; k <= ahead; k++) {
      wanted.push(number + direction * k);
      if (k <= behind) wanted.push(number - direction * k);
    }
    const near = new Set(wanted);
    for (const [n, cancel] of this.under) if (!near.has(n)) cancel.abort();
    this.queue = wanted.filter((n) => n !== number && n >= 0 && n < this.count && !this.held.has(n) && !this.under.has(n));
    if (this.held.has(number)) this.pump();
    else if (!this.under.has(number)) this.load(number); // the others wait for it
  }

  /** Begin what is queued, a few at a time. */
  pump() {
    while (this.queue.length && this.under.size < AT_ONCE) this.load(this.queue.shift());
  }

  async load(number) {
    const cancel = new AbortController();
    this.under.set(number, cancel);
    try {
      const answer = await fetched(`${this.address}&n=${number}`, cancel.signal);
      const picture = await createImageBitmap(await answer.blob());
      if (this.gone) return picture.close();
      this.held.set(number, picture);
      while (this.held.size > this.most) {
        const [oldest, left] = this.held.entries().next().value;
        this.held.delete(oldest);
        left.close();
      }
      this.arrived(number);
    } catch (problem) {
      if (problem.name !== "AbortError" && !this.gone) this.failed(number, problem);
    } finally {
      this.under.delete(number);
      if (!this.gone) this.pump();
    }
    return undefined;
  }

  destroy() {
    this.gone = true;
    this.queue = [];
    for (const cancel of this.under.values()) cancel.abort();
    for (const picture of this.held.values()) picture.close();
    this.held.clear();
  }
}

/** Pages of JSON by address. */
export class Pages {
  /** @param arrived () => void; failed (problem) => void */
  constructor({ arrived, failed }) {
    Object.assign(this, { arrived, failed, held: new Map(), under: new Set() });
  }

  /** Return a page that is here; else ask for it and return undefined. */
  get(address, most = MOST_PAGES) {
    const found = this.held.get(address);
    if (found) {
      this.held.delete(address);
      this.held.set(address, found);
      return found;
    }
    this.load(address, most);
    return undefined;
  }

  async load(address, most) {
    if (this.under.has(address)) return;
    this.under.add(address);
    try {
      const page = await (await fetched(address)).json();
      if (this.gone) return;
      this.held.set(address, page);
      while (this.held.size > most) this.held.delete(this.held.keys().next().value);
      this.under.delete(address);
      this.arrived();
    } catch (problem) {
      this.under.delete(address);
      if (!this.gone) this.failed(problem);
    }
  }

  destroy() {
    this.gone = true;
    this.held.clear();
  }
}
