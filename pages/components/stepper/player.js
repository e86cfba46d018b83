// Plays: draws the next frame when its time has come and it is here; no frame is left out, and each is on the screen at least once.

const EARLY = 2; // milliseconds that a frame may come before its time

export class Player {
  /** @param told {ends(), loops(), frame(), here(), go(frame), rate(), changed(playing)} */
  constructor(told) {
    Object.assign(this, { told, playing: false });
  }

  toggle() {
    if (this.playing) return this.stop();
    const [first, last] = this.told.ends();
    if (this.told.frame() >= last) this.told.go(first);
    Object.assign(this, { playing: true, due: performance.now(), drawn: this.told.frame() });
    this.told.changed(true);
    this.ticking = requestAnimationFrame((now) => this.tick(now));
    return undefined;
  }

  stop() {
    if (!this.playing) return;
    this.playing = false;
    cancelAnimationFrame(this.ticking);
    this.told.changed(false);
  }

  tick(now) {
    if (!this.playing) return;
    this.ticking = requestAnimationFrame((then) => this.tick(then));
    const [[first, last], frame] = [this.told.ends(), this.told.frame()];
    const late = frame !== this.drawn; // it came since the last tick, and was not on the screen yet
    this.drawn = frame;
    if (late || !this.told.here() || now < this.due - EARLY) return;
    if (frame >= last && !this.told.loops()) {
      this.stop();
      return;
    }
    const each = 1000 / this.told.rate();
    this.due = Math.max(this.due + each, now - each);
    this.told.go(frame >= last ? first : frame + 1);
    this.drawn = this.told.frame();
  }
}
