// The route that draws worlds: an answer is words (JSON) and pictures (PNGs) in one piece, so that they belong together.

/** Return the answer of an address: its words, and `bitmaps`; raises Error with a sentence where there is none. */
export async function fetchWorld(address) {
  let response;
  try {
    response = await fetch(address);
  } catch {
    throw new Error("The server does not answer, so the pictures stay as they were. Move again once it does.");
  }
  if (!response.ok) throw new Error(response.status < 500 ? await response.text() : "The pictures could not be drawn. The server's log says why.");
  const bytes = await response.arrayBuffer();
  const length = new DataView(bytes).getUint32(0);
  const answer = JSON.parse(new TextDecoder().decode(new Uint8Array(bytes, 4, length)));
  let at = 4 + length;
  const files = answer.lengths.map((size) => {
    at += size;
    return new Blob([new Uint8Array(bytes, at - size, size)], { type: "image/png" });
  });
  answer.bitmaps = await Promise.all(files.map((file) => createImageBitmap(file)));
  return answer;
}

/** Asks one at a time; of what was wanted while an answer was under way, only the last is asked. */
export class Latest {
  /** @param ask () => promise: asks for what is wanted now, and takes up the answer */
  constructor(ask) {
    Object.assign(this, { ask, busy: false, again: false, ended: false });
  }

  async want() {
    this.again = true;
    if (this.busy) return;
    this.busy = true;
    while (this.again && !this.ended) {
      this.again = false;
      await this.ask();
    }
    this.busy = false;
  }

  end() {
    this.ended = true;
  }
}
