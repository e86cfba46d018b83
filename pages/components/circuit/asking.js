// Questions to the circuit itself, live: of several the last one counts.

/** Asks at a page's live address; answers that a newer question has overtaken are dropped. */
export class Asking {
  constructor() {
    Object.assign(this, { turn: 0, client: Math.random().toString(36).slice(2) });
  }

  /** Return {answer, arrays}, null where a newer question came; raises Error with a sentence where there is no answer. */
  async ask(live, question) {
    this.turn += 1;
    const { client, turn } = this;
    let response;
    let said;
    try {
      response = await fetch(live, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ client, turn, question }) });
      said = response.status === 403 ? { error: await response.text(), hint: "" } : await response.json();
    } catch {
      if (turn !== this.turn) return null;
      throw new Error("The server does not answer. Try again once it does.");
    }
    if (turn !== this.turn || response.status === 409) return null;
    if (!response.ok) throw new Error(`${said.error} ${said.hint || ""}`);
    return { answer: said.answer, arrays: Object.fromEntries(Object.entries(said.arrays || {}).map(([name, array]) => [name, decoded(array)])) };
  }

  end() {
    this.turn += 1;
  }
}

function decoded({ dtype, shape, data }) {
  const bytes = Uint8Array.from(atob(data), (c) => c.charCodeAt(0));
  return { shape, data: dtype === "uint8" ? bytes : new Float32Array(bytes.buffer) };
}
