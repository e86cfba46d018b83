// Asks the warm process what networks say: at once to the pictures that are shown, and to enough units to count once the hand holds still.
//
// One question at a time; of what was wanted meanwhile the last. A count that a move overtakes is given up.

const STILL = 160; // milliseconds without a move before units are counted
const COUNTED = 400; // units
const SLOW = 1200; // milliseconds after which it is said what takes so long

export class Asking {
  /** @param client {shown(answer, world), counted(now, before, world), say(text, wrong)} */
  constructor(client) {
    Object.assign(this, { client, busy: false, wanted: null, turn: 0, base: {}, ended: false });
    this.name = crypto.randomUUID?.() || String(Math.random());
  }

  /** Ask about a world, {live, system, with, do, given, seed, networks, n}; no networks: nothing is asked. */
  async want(world) {
    this.wanted = world;
    this.counting?.abort();
    if (this.busy) return;
    this.busy = true;
    while (this.wanted && !this.ended) {
      const next = this.wanted;
      this.wanted = null;
      if (next.networks.length) await this.answer(next);
    }
    this.busy = false;
  }

  async answer(world) {
    const slow = setTimeout(() => this.client.say("The networks are being made ready: a few seconds the first time."), SLOW);
    try {
      const quick = await this.post(world, { n: world.n });
      clearTimeout(slow);
      if (this.wanted || this.ended) return;
      this.client.shown(quick, world);
      await new Promise((resolve) => setTimeout(resolve, STILL));
      if (!this.wanted && !this.ended) await this.count(world);
    } catch (problem) {
      if (problem.name !== "AbortError" && !this.wanted && !this.ended) this.client.say(problem.message, true);
    } finally {
      clearTimeout(slow);
    }
  }

  /** Count over many units, and over the same where nothing is done; where too few meet a condition, over those that are shown. */
  async count(world) {
    this.counting = new AbortController();
    const { signal } = this.counting;
    const now = await this.post(world, { n: COUNTED, least: world.n }, signal);
    const untouched = { ...world, do: "", given: "" };
    const key = JSON.stringify(untouched);
    if (this.base.key !== key) this.base = { key, answer: world.do || world.given ? await this.post(untouched, { n: COUNTED }, signal) : now };
    if (!this.wanted && !this.ended) this.client.counted(now, this.base.answer, world);
  }

  /** Return the answer to a question; raises Error with a sentence where there is none. */
  async post({ live, system, with: numbers, do: done, given, seed, networks }, more, signal) {
    const question = { kind: "units", system, with: numbers, do: done, given, seed, networks, ...more };
    let response;
    try {
      const body = JSON.stringify({ client: this.name, turn: ++this.turn, question });
      response = await fetch(live, { method: "POST", body, headers: { "Content-Type": "application/json" }, signal });
    } catch (problem) {
      if (problem.name === "AbortError") throw problem;
      throw new Error("The server does not answer. Move again once it does.");
    }
    if (response.status === 403) throw new Error(await response.text());
    if (response.status >= 500) throw new Error("The networks could not be asked. The server's log says why.");
    const told = await response.json();
    if (response.status === 409) throw new DOMException("Overtaken", "AbortError");
    if (!response.ok) throw new Error([told.error, told.hint].filter(Boolean).join(" "));
    return told.answer;
  }

  end() {
    this.ended = true;
    this.counting?.abort();
  }
}

const Z = 1.959963984540054; // 95 %

/** Return Wilson's 95 % interval of k of n: "Probable inference, the law of succession, and statistical inference", 1927. */
export function wilson(k, n) {
  const share = k / n;
  const middle = (share + (Z * Z) / (2 * n)) / (1 + (Z * Z) / n);
  const half = (Z / (1 + (Z * Z) / n)) * Math.sqrt((share * (1 - share)) / n + (Z * Z) / (4 * n * n));
  return [k === 0 ? 0 : middle - half, k === n ? 1 : middle + half];
}

/** Return how many units a network is right on: {right, n, share, low, high}. */
export function accuracy(answer, i) {
  const n = answer.labels.length;
  const right = answer.predicted[i].filter((said, j) => said === answer.labels[j]).length;
  const [low, high] = wilson(right, n);
  return { right, n, share: right / n, low, high };
}
